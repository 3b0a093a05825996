package chat.festival;

import android.net.ConnectivityManager;
import android.net.LinkProperties;
import android.net.Network;
import android.net.NetworkCapabilities;
import android.net.NetworkRequest;
import android.net.wifi.WifiNetworkSpecifier;
import android.os.Build;

/**
 * A network that another device makes, as it is joined since Android 10: Android asks the person, the network is for this
 * app alone, and when the app lets go of it Android goes back by itself.
 */
final class WifiJoin extends ConnectivityManager.NetworkCallback implements WifiGroup {
    private static final int ANDROID_14 = 34;
    /** How long Android may take to say why, after it has said that there will be no network. */
    private static final long REASON_MILLIS = 500;

    private final Wifi owner;
    private WifiFailure failure;

    WifiJoin(Wifi owner) {
        this.owner = owner;
    }

    @Override
    public void begin(String ssid, String passphrase) {
        if (Build.VERSION.SDK_INT >= ANDROID_14) {
            failure = new WifiFailure(owner, this);
            owner.wifi.addLocalOnlyConnectionFailureListener(failure, failure);
        }
        WifiNetworkSpecifier network =
            new WifiNetworkSpecifier.Builder().setSsid(ssid).setWpa2Passphrase(passphrase).build();
        NetworkRequest request = new NetworkRequest.Builder()
            .addTransportType(NetworkCapabilities.TRANSPORT_WIFI)
            .removeCapability(NetworkCapabilities.NET_CAPABILITY_INTERNET)
            .setNetworkSpecifier(network)
            .build();
        owner.networks.requestNetwork(request, this);
    }

    @Override
    public void onAvailable(Network network) {
        owner.joined(this, network);
    }

    @Override
    public void onLinkPropertiesChanged(Network network, LinkProperties properties) {
        owner.joined(this, network);
    }

    @Override
    public void onLost(Network network) {
        owner.lost(this);
        // Else Android would look for it again, and ask the person.
        letGo();
    }

    /** There will be none. An override since Android 8. */
    public void onUnavailable() {
        owner.main.postDelayed(new Runnable() {
            @Override
            public void run() {
                owner.settle(WifiJoin.this, Wifi.NOT_JOINED, 0, null, null);
            }
        }, REASON_MILLIS);
    }

    @Override
    public void end(long attempt) {
        letGo();
        owner.left(attempt);
    }

    private void letGo() {
        synchronized (owner) {
            if (failure != null) {
                owner.wifi.removeLocalOnlyConnectionFailureListener(failure);
                failure = null;
            }
            try {
                owner.networks.unregisterNetworkCallback(this);
            } catch (IllegalArgumentException alreadyGone) {
                // That is what was wanted.
            }
        }
    }
}
