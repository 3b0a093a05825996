package android.net.wifi.p2p;

/** Android's, with what it has since API level 29, as far as it is used: only to compile with. */
public class WifiP2pConfig {
    public static final class Builder {
        public Builder setNetworkName(String name) {
            throw new UnsupportedOperationException();
        }

        public Builder setPassphrase(String passphrase) {
            throw new UnsupportedOperationException();
        }

        public WifiP2pConfig build() {
            throw new UnsupportedOperationException();
        }
    }
}
