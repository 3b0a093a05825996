package android.net.wifi.p2p;

import android.content.Context;
import android.os.Looper;

/** Android's, with a method it has since API level 29, as far as it is used: only to compile with. */
public class WifiP2pManager {
    public static final String WIFI_P2P_CONNECTION_CHANGED_ACTION = "android.net.wifi.p2p.CONNECTION_STATE_CHANGE";
    public static final int P2P_UNSUPPORTED = 1;

    WifiP2pManager() {}

    public Channel initialize(Context context, Looper looper, ChannelListener listener) {
        throw new UnsupportedOperationException();
    }

    public void createGroup(Channel channel, WifiP2pConfig config, ActionListener listener) {
        throw new UnsupportedOperationException();
    }

    public void removeGroup(Channel channel, ActionListener listener) {
        throw new UnsupportedOperationException();
    }

    public void requestGroupInfo(Channel channel, GroupInfoListener listener) {
        throw new UnsupportedOperationException();
    }

    public static class Channel {
        Channel() {}
    }

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
