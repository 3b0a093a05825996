package chat.festival;

import android.net.wifi.SoftApConfiguration;
import android.net.wifi.WifiConfiguration;
import android.net.wifi.WifiManager;
import android.os.Build;

/** A network for those near, which is there as long as it is held. Android chooses its name and passphrase. */
final class WifiHotspot extends WifiManager.LocalOnlyHotspotCallback implements WifiGroup {
    private static final int ANDROID_11 = 30;

    private final Wifi owner;
    private WifiManager.LocalOnlyHotspotReservation held;

    WifiHotspot(Wifi owner) {
        this.owner = owner;
    }

    @Override
    public void begin(String ssid, String passphrase) {
        owner.wifi.startLocalOnlyHotspot(this, owner.main);
    }

    @Override
    public void onStarted(WifiManager.LocalOnlyHotspotReservation reservation) {
        synchronized (owner) {
            if (!owner.isCurrent(this)) {
                // It was called off before it began.
                reservation.close();
                return;
            }
            held = reservation;
            try {
                tell(reservation);
            } catch (RuntimeException why) {
                owner.failed(this, why);
            }
        }
    }

    private void tell(WifiManager.LocalOnlyHotspotReservation reservation) {
        String ssid = null;
        String passphrase = null;
        if (Build.VERSION.SDK_INT >= ANDROID_11) {
            SoftApConfiguration chosen = reservation.getSoftApConfiguration();
            ssid = chosen.getSsid();
            passphrase = chosen.getPassphrase();
        } else {
            WifiConfiguration chosen = reservation.getWifiConfiguration();
            ssid = chosen == null ? null : chosen.SSID;
            passphrase = chosen == null ? null : chosen.preSharedKey;
        }
        if (ssid == null || passphrase == null) {
            owner.settle(this, Wifi.FAILED, 0, null, null);
        } else {
            owner.settle(this, Wifi.DONE, 0, Wifi.unquoted(ssid), Wifi.unquoted(passphrase));
        }
    }

    @Override
    public void onStopped() {
        owner.lost(this);
    }

    @Override
    public void onFailed(int reason) {
        owner.settle(this, Wifi.FAILED, reason, null, null);
    }

    @Override
    public void end(long attempt) {
        if (held != null) {
            held.close();
            held = null;
        }
        owner.left(attempt);
    }
}
