package chat.festival;

import android.content.BroadcastReceiver;
import android.content.Context;
import android.content.Intent;
import android.content.IntentFilter;
import android.net.wifi.p2p.WifiP2pConfig;
import android.net.wifi.p2p.WifiP2pGroup;
import android.net.wifi.p2p.WifiP2pManager;
import android.os.Looper;

/**
 * A Wi-Fi Direct group with a name and a passphrase of our own, which every device can join as an ordinary network. The
 * phone stays in the network that it is in.
 */
final class WifiDirect extends BroadcastReceiver
    implements WifiGroup, WifiP2pManager.ActionListener, WifiP2pManager.GroupInfoListener {
    private final Wifi owner;
    private WifiP2pManager manager;
    private WifiP2pManager.Channel channel;
    private String ssid;
    private String passphrase;
    private boolean isThere;

    WifiDirect(Wifi owner) {
        this.owner = owner;
    }

    @Override
    public void begin(String ssid, String passphrase) {
        this.ssid = ssid;
        this.passphrase = passphrase;
        manager = (WifiP2pManager) owner.context.getSystemService(Context.WIFI_P2P_SERVICE);
        channel = manager == null ? null : manager.initialize(owner.context, Looper.getMainLooper(), null);
        if (channel == null) {
            owner.settle(this, Wifi.FAILED, WifiP2pManager.P2P_UNSUPPORTED, null, null);
            return;
        }
        owner.context.registerReceiver(this, new IntentFilter(WifiP2pManager.WIFI_P2P_CONNECTION_CHANGED_ACTION));
        WifiP2pConfig config = new WifiP2pConfig.Builder().setNetworkName(ssid).setPassphrase(passphrase).build();
        manager.createGroup(channel, config, this);
    }

    /** Android begins to make it; that there is a group, it tells as a change. */
    @Override
    public void onSuccess() {
        look();
    }

    @Override
    public void onFailure(int reason) {
        owner.settle(this, Wifi.FAILED, reason, null, null);
    }

    @Override
    public void onReceive(Context context, Intent intent) {
        look();
    }

    private void look() {
        synchronized (owner) {
            if (!owner.isCurrent(this)) {
                return;
            }
            try {
                manager.requestGroupInfo(channel, this);
            } catch (RuntimeException why) {
                owner.failed(this, why);
            }
        }
    }

    @Override
    public void onGroupInfoAvailable(WifiP2pGroup group) {
        synchronized (owner) {
            boolean isOurs = group != null && group.isGroupOwner() && ssid.equals(group.getNetworkName());
            if (isOurs) {
                isThere = true;
                owner.settle(this, Wifi.DONE, 0, ssid, passphrase);
            } else if (isThere) {
                isThere = false;
                owner.lost(this);
            }
        }
    }

    @Override
    public void end(final long attempt) {
        if (channel == null) {
            owner.left(attempt);
            return;
        }
        owner.context.unregisterReceiver(this);
        manager.removeGroup(channel, new WifiP2pManager.ActionListener() {
            @Override
            public void onSuccess() {
                owner.left(attempt);
            }

            /** There was none. */
            @Override
            public void onFailure(int reason) {
                owner.left(attempt);
            }
        });
    }
}
