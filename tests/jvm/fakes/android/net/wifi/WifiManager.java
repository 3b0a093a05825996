package android.net.wifi;

import android.os.Handler;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;

public class WifiManager {
    public static final int STATUS_LOCAL_ONLY_CONNECTION_FAILURE_AUTHENTICATION = 2;
    public static final int STATUS_LOCAL_ONLY_CONNECTION_FAILURE_NOT_FOUND = 4;
    public static final int STATUS_LOCAL_ONLY_CONNECTION_FAILURE_NO_RESPONSE = 5;
    public static final int STATUS_LOCAL_ONLY_CONNECTION_FAILURE_USER_REJECT = 6;

    private final WifiPhone phone;
    private final List<WifiConfiguration> known = new ArrayList<WifiConfiguration>();
    private int chosen = -1;
    private LocalOnlyHotspotCallback hotspot;

    /** Of a phone on which nothing is done with Wi-Fi. */
    public WifiManager() {
        this(null);
    }

    WifiManager(WifiPhone phone) {
        this.phone = phone;
        // The number of the network that the phone knows from before is 0.
        known.add(null);
    }

    public boolean isWifiEnabled() {
        synchronized (phone.air) {
            phone.check();
            return phone.isOn;
        }
    }

    public boolean isP2pSupported() {
        return phone.hasDirect;
    }

    public boolean isStaApConcurrencySupported() {
        return phone.keepsByHotspot;
    }

    public boolean isStaConcurrencyForLocalOnlyConnectionsSupported() {
        return phone.keepsByJoining;
    }

    public WifiInfo getConnectionInfo() {
        synchronized (phone.air) {
            String ssid = phone.current();
            boolean isHome = ssid != null && ssid.equals(phone.home);
            int network = ssid == null ? -1 : isHome ? 0 : chosen;
            return new WifiInfo(phone.tellsNames() && ssid != null ? "\"" + ssid + "\"" : "<unknown ssid>", network);
        }
    }

    public int addNetwork(WifiConfiguration network) {
        synchronized (phone.air) {
            phone.check();
            boolean isWhole = network.SSID.startsWith("\"") && network.preSharedKey.startsWith("\"")
                && network.allowedKeyManagement.get(WifiConfiguration.KeyMgmt.WPA_PSK);
            if (!isWhole) {
                return -1;
            }
            known.add(network);
            phone.held++;
            return known.size() - 1;
        }
    }

    public boolean removeNetwork(int network) {
        synchronized (phone.air) {
            phone.held--;
            known.set(network, null);
            return true;
        }
    }

    public boolean enableNetwork(int network, boolean isOnlyOne) {
        synchronized (phone.air) {
            chosen = network;
            return true;
        }
    }

    public boolean disconnect() {
        return true;
    }

    public boolean reconnect() {
        synchronized (phone.air) {
            phone.choose(chosen == 0, known.get(chosen));
            return true;
        }
    }

    public void startLocalOnlyHotspot(final LocalOnlyHotspotCallback callback, Handler handler) {
        synchronized (phone.air) {
            phone.checkMaking(true);
            if (hotspot != null) {
                throw new IllegalStateException("Caller already has an active LocalOnlyHotspot request");
            }
            final int fails = phone.hotspotFails;
            if (fails == -1) {
                return;
            }
            hotspot = fails == 0 ? callback : null;
            phone.held += fails == 0 ? 1 : 0;
            handler.post(new Runnable() {
                @Override
                public void run() {
                    if (fails == 0) {
                        phone.air.make(WifiPhone.HOTSPOT, WifiPhone.HOTSPOT_PASSPHRASE);
                        callback.onStarted(new LocalOnlyHotspotReservation());
                    } else {
                        callback.onFailed(fails);
                    }
                }
            });
        }
    }

    void stop() {
        if (hotspot != null) {
            hotspot.onStopped();
            hotspot = null;
        }
    }

    public void addLocalOnlyConnectionFailureListener(Executor executor, LocalOnlyConnectionFailureListener listener) {
        synchronized (phone.air) {
            phone.failures.add(listener);
            phone.executor = executor;
        }
    }

    public void removeLocalOnlyConnectionFailureListener(LocalOnlyConnectionFailureListener listener) {
        synchronized (phone.air) {
            phone.failures.remove(listener);
        }
    }

    public interface LocalOnlyConnectionFailureListener {
        void onConnectionFailed(WifiNetworkSpecifier network, int reason);
    }

    public static class LocalOnlyHotspotCallback {
        public void onStarted(LocalOnlyHotspotReservation reservation) {}

        public void onStopped() {}

        public void onFailed(int reason) {}
    }

    public class LocalOnlyHotspotReservation implements AutoCloseable {
        public WifiConfiguration getWifiConfiguration() {
            WifiConfiguration chosen = new WifiConfiguration();
            chosen.SSID = WifiPhone.HOTSPOT;
            chosen.preSharedKey = WifiPhone.HOTSPOT_PASSPHRASE;
            return chosen;
        }

        public SoftApConfiguration getSoftApConfiguration() {
            return new SoftApConfiguration();
        }

        @Override
        public void close() {
            synchronized (phone.air) {
                phone.held--;
                hotspot = null;
                phone.air.end(WifiPhone.HOTSPOT);
            }
        }
    }

    public MulticastLock createMulticastLock(String tag) {
        return new MulticastLock();
    }

    public class MulticastLock {
        private boolean isCounted = true;
        private int held;

        public void setReferenceCounted(boolean isCounted) {
            this.isCounted = isCounted;
        }

        public void acquire() {
            held = isCounted ? held + 1 : 1;
        }

        public void release() {
            if (held == 0 && isCounted) {
                throw new RuntimeException("MulticastLock under-locked");
            }
            held = Math.max(0, held - 1);
        }

        public boolean isHeld() {
            return held > 0;
        }
    }
}
