package android.net;

import android.net.wifi.WifiNetworkSpecifier;
import android.net.wifi.WifiPhone;

/** The networks of a phone. What it tells comes on a thread of its own, as on a phone. */
public class ConnectivityManager {
    private final WifiPhone phone;

    public ConnectivityManager(WifiPhone phone) {
        this.phone = phone;
    }

    public Network[] getAllNetworks() {
        synchronized (phone.air) {
            phone.check();
            return phone.networks().toArray(new Network[0]);
        }
    }

    public NetworkCapabilities getNetworkCapabilities(Network network) {
        synchronized (phone.air) {
            return phone.networks().contains(network) ? new NetworkCapabilities() : null;
        }
    }

    public LinkProperties getLinkProperties(Network network) {
        synchronized (phone.air) {
            if (!phone.networks().contains(network)) {
                return null;
            }
            return phone.hasAddress ? new LinkProperties("192.168.49.23", "fe80::23") : new LinkProperties();
        }
    }

    /** Has Android ask the person, and join. */
    public void requestNetwork(NetworkRequest request, NetworkCallback callback) {
        synchronized (phone.air) {
            phone.check();
            phone.callbacks.add(callback);
            phone.asked((WifiNetworkSpecifier) request.specifier, callback);
        }
    }

    public void registerNetworkCallback(NetworkRequest request, NetworkCallback callback) {
        synchronized (phone.air) {
            phone.check();
            phone.callbacks.add(callback);
            for (Network network : phone.networks()) {
                phone.tell(callback, network);
            }
        }
    }

    public void unregisterNetworkCallback(NetworkCallback callback) {
        synchronized (phone.air) {
            phone.check();
            if (!phone.callbacks.remove(callback)) {
                throw new IllegalArgumentException("NetworkCallback was already unregistered");
            }
            phone.letGo(callback);
        }
    }

    public static class NetworkCallback {
        public void onAvailable(Network network) {}

        public void onLinkPropertiesChanged(Network network, LinkProperties properties) {}

        public void onLost(Network network) {}

        public void onUnavailable() {}
    }
}
