package chat.festival;

import android.content.Context;
import android.content.pm.PackageManager;
import android.net.ConnectivityManager;
import android.net.LinkAddress;
import android.net.LinkProperties;
import android.net.Network;
import android.net.NetworkCapabilities;
import android.net.wifi.WifiInfo;
import android.net.wifi.WifiManager;
import android.os.Build;
import android.os.Handler;
import android.os.Looper;
import android.util.Log;

/**
 * Wi-Fi without a router, for the native library: it says what to do, one thing after the other, and is told once what came
 * of each. Nothing is decided here. What Android calls comes on threads of its own; all of it holds the lock of this object.
 */
final class Wifi {
    /** What came of something, by the numbers that the native library knows it by. */
    static final int DONE = 0;
    static final int DENIED = 1;
    static final int FAILED = 2;
    static final int NOT_JOINED = 3;
    static final int DECLINED = 4;
    static final int REFUSED = 5;
    static final int NOT_FOUND = 6;

    /** How things are, in bits. */
    private static final int IS_THERE = 1;
    private static final int IS_ON = 2;
    private static final int MAY_MAKE = 4;
    private static final int IN_GROUP = 8;
    private static final int ON_WIFI = 16;
    private static final int HAS_DIRECT = 32;
    private static final int KEEPS_BY_HOTSPOT = 64;
    private static final int KEEPS_BY_JOINING = 128;
    private static final int ASKS = 256;

    /** Android says so of a network whose name it does not tell. */
    private static final String UNKNOWN = "<unknown ssid>";
    private static final int ANDROID_10 = 29;
    private static final int ANDROID_11 = 30;
    private static final int ANDROID_12 = 31;
    private static final int ANDROID_13 = 33;

    final Context context;
    final WifiManager wifi;
    final ConnectivityManager networks;
    final Handler main = new Handler(Looper.getMainLooper());
    /** By which number the native library knows this. */
    private final long number;
    private WifiGroup group;
    private long attempt;
    private boolean isSettled;
    private boolean isInGroup;
    /** The network that was joined. */
    private Network joined;

    /** What came of an attempt; the name and the passphrase that hold, of a network that was made. */
    static native void onOutcome(long wifi, long attempt, int outcome, int reason, String ssid, String passphrase);

    /** The network that was joined, by the number for sockets, and its addresses; 0 if there is none any more. */
    static native void onNetwork(long wifi, long network, String addresses);

    /** Called from the native library. */
    Wifi(Context context, long number) {
        this.context = context.getApplicationContext();
        this.number = number;
        wifi = (WifiManager) this.context.getSystemService(Context.WIFI_SERVICE);
        networks = (ConnectivityManager) this.context.getSystemService(Context.CONNECTIVITY_SERVICE);
    }

    /** Called from the native library: how things are, in bits; 0 if there is no Wi-Fi. */
    synchronized int look() {
        if (wifi == null || networks == null) {
            return 0;
        }
        int level = Build.VERSION.SDK_INT;
        return IS_THERE
            | (wifi.isWifiEnabled() ? IS_ON : 0)
            | (mayMake() ? MAY_MAKE : 0)
            | (isInGroup ? IN_GROUP : 0)
            | (isOnWifi() ? ON_WIFI : 0)
            | (level >= ANDROID_10 ? ASKS : 0)
            | (level >= ANDROID_10 && wifi.isP2pSupported() ? HAS_DIRECT : 0)
            | (level >= ANDROID_11 && wifi.isStaApConcurrencySupported() ? KEEPS_BY_HOTSPOT : 0)
            | (level >= ANDROID_12 && wifi.isStaConcurrencyForLocalOnlyConnectionsSupported() ? KEEPS_BY_JOINING : 0);
    }

    /** Called from the native library: the name of the network in use, empty if Android does not tell. */
    synchronized String network() {
        WifiInfo info = wifi.getConnectionInfo();
        String ssid = info == null ? null : info.getSSID();
        return ssid == null || ssid.equals(UNKNOWN) ? "" : unquoted(ssid);
    }

    private boolean mayMake() {
        String right = Build.VERSION.SDK_INT >= ANDROID_13
            ? "android.permission.NEARBY_WIFI_DEVICES"
            : "android.permission.ACCESS_FINE_LOCATION";
        return context.checkSelfPermission(right) == PackageManager.PERMISSION_GRANTED;
    }

    private boolean isOnWifi() {
        for (Network network : networks.getAllNetworks()) {
            NetworkCapabilities has = networks.getNetworkCapabilities(network);
            if (has != null && has.hasTransport(NetworkCapabilities.TRANSPORT_WIFI) && !network.equals(joined)) {
                return true;
            }
        }
        return false;
    }

    /** Called from the native library: makes a Wi-Fi Direct group, since Android 10. */
    void makeDirect(long attempt, String ssid, String passphrase) {
        begin(attempt, new WifiDirect(this), ssid, passphrase);
    }

    /** Called from the native library: makes a local-only hotspot, whose name and passphrase Android chooses. */
    void makeHotspot(long attempt) {
        begin(attempt, new WifiHotspot(this), null, null);
    }

    /** Called from the native library: joins a network. */
    void join(long attempt, String ssid, String passphrase) {
        boolean isNew = Build.VERSION.SDK_INT >= ANDROID_10;
        begin(attempt, isNew ? new WifiJoin(this) : new WifiOldJoin(this), ssid, passphrase);
    }

    private synchronized void begin(long attempt, WifiGroup group, String ssid, String passphrase) {
        this.attempt = attempt;
        this.group = group;
        isSettled = false;
        try {
            group.begin(ssid, passphrase);
        } catch (RuntimeException why) {
            failed(group, why);
        }
    }

    /** Called from the native library: ends what was begun, whatever came of it. */
    synchronized void leave(long attempt) {
        WifiGroup old = group;
        group = null;
        over();
        if (old == null) {
            left(attempt);
            return;
        }
        try {
            old.end(attempt);
        } catch (RuntimeException why) {
            Log.w("festival", "Wi-Fi could not be left", why);
            left(attempt);
        }
    }

    /** What was begun has ended. */
    void left(long attempt) {
        onOutcome(number, attempt, DONE, 0, null, null);
    }

    /** Whether this is what goes on, and not something that was ended. */
    boolean isCurrent(WifiGroup which) {
        return which == group;
    }

    /** Android threw something. */
    synchronized void failed(WifiGroup which, RuntimeException why) {
        Log.w("festival", "Wi-Fi failed", why);
        settle(which, why instanceof SecurityException ? DENIED : FAILED, 0, null, null);
    }

    /** Tells what came of an attempt; only the first word counts. */
    synchronized void settle(WifiGroup which, int outcome, int reason, String ssid, String passphrase) {
        if (which != group || isSettled) {
            return;
        }
        isSettled = true;
        isInGroup = outcome == DONE;
        onOutcome(number, attempt, outcome, reason, ssid, passphrase);
    }

    /** A network was joined, or has other addresses than before; it counts once it has any. */
    synchronized void joined(WifiGroup which, Network network) {
        if (which != group) {
            return;
        }
        String addresses = addresses(networks.getLinkProperties(network));
        if (!addresses.isEmpty()) {
            joined = network;
            onNetwork(number, network.getNetworkHandle(), addresses);
            settle(which, DONE, 0, null, null);
        }
    }

    /** The network that was made or joined is gone. */
    synchronized void lost(WifiGroup which) {
        if (which == group) {
            over();
            settle(which, FAILED, 0, null, null);
        }
    }

    private void over() {
        isInGroup = false;
        if (joined != null) {
            joined = null;
            onNetwork(number, 0, "");
        }
    }

    private static String addresses(LinkProperties properties) {
        StringBuilder addresses = new StringBuilder();
        if (properties != null) {
            for (LinkAddress address : properties.getLinkAddresses()) {
                addresses.append(address.getAddress().getHostAddress()).append('/').append(address.getPrefixLength()).append(' ');
            }
        }
        return addresses.toString();
    }

    /** Android writes most names between quotation marks. */
    static String unquoted(String text) {
        boolean isQuoted = text.length() >= 2 && text.startsWith("\"") && text.endsWith("\"");
        return isQuoted ? text.substring(1, text.length() - 1) : text;
    }
}
