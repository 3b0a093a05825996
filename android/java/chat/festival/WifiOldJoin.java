package chat.festival;

import android.net.ConnectivityManager;
import android.net.LinkProperties;
import android.net.Network;
import android.net.NetworkCapabilities;
import android.net.NetworkRequest;
import android.net.wifi.WifiConfiguration;
import android.net.wifi.WifiInfo;
import android.net.wifi.WifiManager;

/**
 * A network that another device makes, as it is joined before Android 10: it is added to those that the phone knows and
 * chosen, and afterwards removed, and the one before chosen again. Android asks nobody.
 */
final class WifiOldJoin extends ConnectivityManager.NetworkCallback implements WifiGroup {
    private static final int NONE = -1;

    private final Wifi owner;
    private int before = NONE;
    private int chosen = NONE;
    private Network joined;

    WifiOldJoin(Wifi owner) {
        this.owner = owner;
    }

    @Override
    public void begin(String ssid, String passphrase) {
        before = current();
        WifiConfiguration network = new WifiConfiguration();
        network.SSID = "\"" + ssid + "\"";
        network.preSharedKey = "\"" + passphrase + "\"";
        network.allowedKeyManagement.set(WifiConfiguration.KeyMgmt.WPA_PSK);
        WifiManager wifi = owner.wifi;
        chosen = wifi.addNetwork(network);
        if (chosen == NONE) {
            owner.settle(this, Wifi.FAILED, 0, null, null);
            return;
        }
        NetworkRequest anyWifi = new NetworkRequest.Builder()
            .addTransportType(NetworkCapabilities.TRANSPORT_WIFI)
            .removeCapability(NetworkCapabilities.NET_CAPABILITY_INTERNET)
            .build();
        owner.networks.registerNetworkCallback(anyWifi, this);
        wifi.disconnect();
        wifi.enableNetwork(chosen, true);
        wifi.reconnect();
    }

    /** The number of the network in use. */
    private int current() {
        WifiInfo info = owner.wifi.getConnectionInfo();
        return info == null ? NONE : info.getNetworkId();
    }

    @Override
    public void onAvailable(Network network) {
        look(network);
    }

    @Override
    public void onLinkPropertiesChanged(Network network, LinkProperties properties) {
        look(network);
    }

    private void look(Network network) {
        synchronized (owner) {
            if (chosen != NONE && current() == chosen) {
                joined = network;
                owner.joined(this, network);
            }
        }
    }

    @Override
    public void onLost(Network network) {
        synchronized (owner) {
            if (network.equals(joined)) {
                joined = null;
                owner.lost(this);
            }
        }
    }

    @Override
    public void end(long attempt) {
        if (chosen != NONE) {
            owner.networks.unregisterNetworkCallback(this);
            owner.wifi.removeNetwork(chosen);
            chosen = NONE;
            if (before != NONE) {
                owner.wifi.enableNetwork(before, true);
            }
            owner.wifi.reconnect();
        }
        owner.left(attempt);
    }
}
