package android.net.wifi.p2p;

import android.content.Context;
import android.net.wifi.WifiPhone;
import android.os.Handler;
import android.os.Looper;

public class WifiP2pManager {
    public static final String WIFI_P2P_CONNECTION_CHANGED_ACTION = "android.net.wifi.p2p.CONNECTION_STATE_CHANGE";
    public static final int P2P_UNSUPPORTED = 1;
    private static final int BUSY = 2;

    private final WifiPhone phone;
    private final Handler handler = new Handler(Looper.getMainLooper());
    private WifiP2pGroup group;

    public WifiP2pManager(WifiPhone phone) {
        this.phone = phone;
    }

    public Channel initialize(Context context, Looper looper, ChannelListener listener) {
        return new Channel();
    }

    /** Android says that it begins at once, and that there is a group a moment later. */
    public void createGroup(Channel channel, final WifiP2pConfig config, final ActionListener listener) {
        phone.checkMaking(false);
        final int fails = group != null ? BUSY : phone.directFails;
        if (fails == -1) {
            return;
        }
        handler.post(new Runnable() {
            @Override
            public void run() {
                if (fails != 0) {
                    listener.onFailure(fails);
                    return;
                }
                listener.onSuccess();
                handler.post(new Runnable() {
                    @Override
                    public void run() {
                        group = new WifiP2pGroup(config.name);
                        phone.held++;
                        phone.air.make(config.name, config.passphrase);
                        phone.broadcast(WIFI_P2P_CONNECTION_CHANGED_ACTION);
                    }
                });
            }
        });
    }

    public void removeGroup(Channel channel, final ActionListener listener) {
        handler.post(new Runnable() {
            @Override
            public void run() {
                if (group == null) {
                    listener.onFailure(BUSY);
                    return;
                }
                stop();
                listener.onSuccess();
            }
        });
    }

    /** The group ends, whoever wanted that. */
    public void stop() {
        if (group != null) {
            group = null;
            phone.held--;
            phone.broadcast(WIFI_P2P_CONNECTION_CHANGED_ACTION);
        }
    }

    public void requestGroupInfo(Channel channel, final GroupInfoListener listener) {
        phone.checkMaking(false);
        handler.post(new Runnable() {
            @Override
            public void run() {
                listener.onGroupInfoAvailable(group);
            }
        });
    }

    public static class Channel {}

    public interface ChannelListener {
        void onChannelDisconnected();
    }

    public interface ActionListener {
        void onSuccess();

        void onFailure(int reason);
    }

    public interface GroupInfoListener {
        void onGroupInfoAvailable(WifiP2pGroup group);
    }
}
