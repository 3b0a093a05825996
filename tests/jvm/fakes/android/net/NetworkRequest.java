package android.net;

public class NetworkRequest {
    public NetworkSpecifier specifier;

    public static class Builder {
        private final NetworkRequest request = new NetworkRequest();
        private boolean isForInternet = true;
        private boolean isForWifi;

        public Builder addTransportType(int transport) {
            isForWifi = transport == NetworkCapabilities.TRANSPORT_WIFI;
            return this;
        }

        public Builder removeCapability(int capability) {
            isForInternet &= capability != NetworkCapabilities.NET_CAPABILITY_INTERNET;
            return this;
        }

        public Builder setNetworkSpecifier(NetworkSpecifier network) {
            request.specifier = network;
            return this;
        }

        public NetworkRequest build() {
            if (!isForWifi || isForInternet) {
                throw new IllegalStateException("no network of devices could ever be that");
            }
            return request;
        }
    }
}
