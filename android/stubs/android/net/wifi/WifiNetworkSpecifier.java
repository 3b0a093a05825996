package android.net.wifi;

import android.net.NetworkSpecifier;

/** Android's since API level 29, as far as it is used: only to compile with. */
public final class WifiNetworkSpecifier extends NetworkSpecifier {
    private WifiNetworkSpecifier() {}

    public static final class Builder {
        public Builder setSsid(String ssid) {
            throw new UnsupportedOperationException();
        }

        public Builder setWpa2Passphrase(String passphrase) {
            throw new UnsupportedOperationException();
        }

        public WifiNetworkSpecifier build() {
            throw new UnsupportedOperationException();
        }
    }
}
