package chat.festival;

import android.net.wifi.WifiManager;
import android.net.wifi.WifiNetworkSpecifier;
import java.util.concurrent.Executor;

/** Hears why a network could not be joined, since Android 14. A class of its own, since before there is nothing it could be. */
final class WifiFailure implements WifiManager.LocalOnlyConnectionFailureListener, Executor {
    private final Wifi owner;
    private final WifiJoin join;

    WifiFailure(Wifi owner, WifiJoin join) {
        this.owner = owner;
        this.join = join;
    }

    @Override
    public void execute(Runnable task) {
        owner.main.post(task);
    }

    @Override
    public void onConnectionFailed(WifiNetworkSpecifier network, int reason) {
        owner.settle(join, outcome(reason), reason, null, null);
    }

    private static int outcome(int reason) {
        switch (reason) {
            case WifiManager.STATUS_LOCAL_ONLY_CONNECTION_FAILURE_AUTHENTICATION:
                return Wifi.REFUSED;
            case WifiManager.STATUS_LOCAL_ONLY_CONNECTION_FAILURE_NOT_FOUND:
            case WifiManager.STATUS_LOCAL_ONLY_CONNECTION_FAILURE_NO_RESPONSE:
                return Wifi.NOT_FOUND;
            default:
                return reason == declined() ? Wifi.DECLINED : Wifi.NOT_JOINED;
        }
    }

    /** What Android says since version 16 if the person says no. Looked up by its name, since only its class knows the number. */
    private static int declined() {
        try {
            return WifiManager.class.getField("STATUS_LOCAL_ONLY_CONNECTION_FAILURE_USER_REJECT").getInt(null);
        } catch (ReflectiveOperationException older) {
            return -1;
        }
    }
}
