package android.net.wifi;

import android.os.Handler;
import java.util.concurrent.Executor;

/** Android's, with what it has since the API levels 26, 30, 31 and 34, as far as it is used: only to compile with. */
public class WifiManager {
    public static final int STATUS_LOCAL_ONLY_CONNECTION_FAILURE_AUTHENTICATION = 2;
    public static final int STATUS_LOCAL_ONLY_CONNECTION_FAILURE_NOT_FOUND = 4;
    public static final int STATUS_LOCAL_ONLY_CONNECTION_FAILURE_NO_RESPONSE = 5;

    WifiManager() {}

    public boolean isWifiEnabled() {
        throw new UnsupportedOperationException();
    }

    public boolean isP2pSupported() {
        throw new UnsupportedOperationException();
    }

    public boolean isStaApConcurrencySupported() {
        throw new UnsupportedOperationException();
    }

    public boolean isStaConcurrencyForLocalOnlyConnectionsSupported() {
        throw new UnsupportedOperationException();
    }

    public WifiInfo getConnectionInfo() {
        throw new UnsupportedOperationException();
    }

    public int addNetwork(WifiConfiguration network) {
        throw new UnsupportedOperationException();
    }

    public boolean removeNetwork(int network) {
        throw new UnsupportedOperationException();
    }

    public boolean enableNetwork(int network, boolean isOnlyOne) {
        throw new UnsupportedOperationException();
    }

    public boolean disconnect() {
        throw new UnsupportedOperationException();
    }

    public boolean reconnect() {
        throw new UnsupportedOperationException();
    }

    public void startLocalOnlyHotspot(LocalOnlyHotspotCallback callback, Handler handler) {
        throw new UnsupportedOperationException();
    }

    public void addLocalOnlyConnectionFailureListener(Executor executor, LocalOnlyConnectionFailureListener listener) {
        throw new UnsupportedOperationException();
    }

    public void removeLocalOnlyConnectionFailureListener(LocalOnlyConnectionFailureListener listener) {
        throw new UnsupportedOperationException();
    }

    public MulticastLock createMulticastLock(String tag) {
        throw new UnsupportedOperationException();
    }

    public class MulticastLock {
        MulticastLock() {}

        public void setReferenceCounted(boolean isCounted) {
            throw new UnsupportedOperationException();
        }

        public void acquire() {
            throw new UnsupportedOperationException();
        }

        public void release() {
            throw new UnsupportedOperationException();
        }
    }

    public static class LocalOnlyHotspotCallback {
        public void onStarted(LocalOnlyHotspotReservation reservation) {}

        public void onStopped() {}

        public void onFailed(int reason) {}
    }

    public class LocalOnlyHotspotReservation implements AutoCloseable {
        LocalOnlyHotspotReservation() {}

        public WifiConfiguration getWifiConfiguration() {
            throw new UnsupportedOperationException();
        }

        public SoftApConfiguration getSoftApConfiguration() {
            throw new UnsupportedOperationException();
        }

        @Override
        public void close() {
            throw new UnsupportedOperationException();
        }
    }

    public interface LocalOnlyConnectionFailureListener {
        void onConnectionFailed(WifiNetworkSpecifier network, int reason);
    }
}
