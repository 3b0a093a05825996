package android.net.wifi;

import java.util.HashMap;
import java.util.Map;

/** The networks that are near, with what lets in. Not a class of Android's. */
public final class WifiAir {
    final Map<String, String> networks = new HashMap<String, String>();

    public void make(String ssid, String passphrase) {
        synchronized (this) {
            networks.put(ssid, passphrase);
        }
    }

    void end(String ssid) {
        networks.remove(ssid);
    }
}
