package android.net;

/** Android's, with a method it has since API level 26, as far as it is used: only to compile with. */
public class NetworkRequest {
    NetworkRequest() {}

    public static class Builder {
        public Builder addTransportType(int transport) {
            throw new UnsupportedOperationException();
        }

        public Builder removeCapability(int capability) {
            throw new UnsupportedOperationException();
        }

        public Builder setNetworkSpecifier(NetworkSpecifier network) {
            throw new UnsupportedOperationException();
        }

        public NetworkRequest build() {
            throw new UnsupportedOperationException();
        }
    }
}
