package android.net.wifi;

import android.net.NetworkSpecifier;

public final class WifiNetworkSpecifier extends NetworkSpecifier {
    String ssid;
    String passphrase;

    public static final class Builder {
        private final WifiNetworkSpecifier network = new WifiNetworkSpecifier();

        public Builder setSsid(String ssid) {
            network.ssid = ssid;
            return this;
        }

        public Builder setWpa2Passphrase(String passphrase) {
            network.passphrase = passphrase;
            return this;
        }

        public WifiNetworkSpecifier build() {
            return network;
        }
    }
}
