package android.net.wifi.p2p;

public class WifiP2pConfig {
    String name;
    String passphrase;

    public static final class Builder {
        private final WifiP2pConfig config = new WifiP2pConfig();

        public Builder setNetworkName(String name) {
            if (!name.matches("DIRECT-[a-zA-Z0-9]{2}.*") || name.length() > 32) {
                throw new IllegalArgumentException("network name does not match the pattern");
            }
            config.name = name;
            return this;
        }

        public Builder setPassphrase(String passphrase) {
            config.passphrase = passphrase;
            return this;
        }

        public WifiP2pConfig build() {
            return config;
        }
    }
}
