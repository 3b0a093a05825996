package android.net.wifi;

import android.content.BroadcastReceiver;
import android.content.Context;
import android.content.Intent;
import android.content.IntentFilter;
import android.content.pm.PackageManager;
import android.net.ConnectivityManager;
import android.net.ConnectivityManager.NetworkCallback;
import android.net.Network;
import android.net.wifi.p2p.WifiP2pManager;
import android.os.Build;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A phone with Wi-Fi in a test, as an app that runs on it sees it. Everything holds the lock of the air. */
public final class WifiPhone extends Context {
    public static final String HOTSPOT = "AndroidShare_1234";
    public static final String HOTSPOT_PASSPHRASE = "abcdefgh2345678";
    /** What is said of a failure that Android gives no reason for, and since version 16 of a no. */
    static final int UNKNOWN = 0;
    static final int REJECTED = 6;

    public final WifiAir air;
    public final Set<NetworkCallback> callbacks = new HashSet<NetworkCallback>();
    public final Set<BroadcastReceiver> receivers = new HashSet<BroadcastReceiver>();
    final Set<WifiManager.LocalOnlyConnectionFailureListener> failures =
        new HashSet<WifiManager.LocalOnlyConnectionFailureListener>();
    final WifiManager wifi = new WifiManager(this);
    public final WifiP2pManager direct = new WifiP2pManager(this);
    private final ConnectivityManager connectivity = new ConnectivityManager(this);
    private final ExecutorService thread = Executors.newSingleThreadExecutor();
    private final Set<String> rights = new HashSet<String>();

    boolean isThere = true;
    boolean isOn = true;
    boolean hasLocation = true;
    boolean keepsByHotspot;
    boolean keepsByJoining;
    public boolean hasDirect = true;
    public boolean hasAddress = true;
    /** What the person says where Android asks: "yes", "no", or nothing. */
    String answer = "yes";
    /** Android's reason why it makes none; -1 has it say nothing. */
    public int directFails;
    int hotspotFails;
    boolean throwsOnce;
    /** The network that the phone was in, and that it would be in. */
    String home = "Home";
    private boolean isHome = true;
    private Network joined;
    private NetworkCallback joiner;
    private long networks = 100;
    Executor executor;
    /** Networks that the app has open. */
    public int held;

    public WifiPhone(WifiAir air) {
        this.air = air;
    }

    // What a test does to it.

    public void allow(String right) {
        synchronized (air) {
            rights.add("android.permission." + right);
        }
    }

    public void set(String what, String value) {
        synchronized (air) {
            boolean is = value.equals("yes");
            switch (what) {
                case "there": isThere = is; break;
                case "on": isOn = is; break;
                case "location": hasLocation = is; break;
                case "keepsByHotspot": keepsByHotspot = is; break;
                case "keepsByJoining": keepsByJoining = is; break;
                case "hasDirect": hasDirect = is; break;
                case "hasAddress": hasAddress = is; break;
                case "throws": throwsOnce = is; break;
                case "answer": answer = value; break;
                case "directFails": directFails = Integer.parseInt(value); break;
                case "hotspotFails": hotspotFails = Integer.parseInt(value); break;
                case "home": home = value.isEmpty() ? null : value; isHome = home != null; break;
                default: throw new IllegalArgumentException(what);
            }
        }
    }

    /** The names of the networks it is in, and how much of the system's the app holds. */
    public String state() {
        synchronized (air) {
            String in = isHome ? home : "nowhere";
            String also = joined == null ? "" : " and " + joined.ssid;
            return in + also + ", holds " + (callbacks.size() + receivers.size() + failures.size() + held);
        }
    }

    /** The network that was joined goes away. */
    public void lose() {
        synchronized (air) {
            final Network network = joined;
            final NetworkCallback callback = joiner;
            joined = null;
            onThread(new Runnable() {
                @Override
                public void run() {
                    callback.onLost(network);
                }
            });
        }
    }

    /** Its person switches off what the app had made. */
    public void stopMaking() {
        wifi.stop();
        direct.stop();
    }

    /** Android tells of the network that was joined again and again. */
    public void flood(final int times) {
        synchronized (air) {
            final Network network = joined;
            final NetworkCallback callback = joiner;
            onThread(new Runnable() {
                @Override
                public void run() {
                    for (int time = 0; time < times; time++) {
                        hasAddress = time % 2 == 1;
                        callback.onAvailable(network);
                        callback.onLinkPropertiesChanged(network, connectivity.getLinkProperties(network));
                        callback.onUnavailable();
                    }
                }
            });
        }
    }

    /** Waits until everything was told that was to be told so far. */
    public void settle() throws Exception {
        thread.submit(new Runnable() {
            @Override
            public void run() {}
        }).get();
    }

    // What happens in it.

    /** What an app may not do at this moment. */
    public void check() {
        if (throwsOnce) {
            throwsOnce = false;
            throw new IllegalStateException("Android is not itself today");
        }
    }

    public void checkMaking(boolean needsLocation) {
        check();
        boolean isNew = Build.VERSION.SDK_INT >= 33;
        String right = isNew ? "NEARBY_WIFI_DEVICES" : "ACCESS_FINE_LOCATION";
        if (!rights.contains("android.permission." + right) || (!isNew && needsLocation && !hasLocation)) {
            throw new SecurityException("UID 10123 does not have " + right + " or location is off");
        }
    }

    public List<Network> networks() {
        List<Network> networks = new ArrayList<Network>();
        if (isHome) {
            networks.add(new Network(99, home));
        }
        if (joined != null) {
            networks.add(joined);
        }
        return networks;
    }

    boolean tellsNames() {
        return rights.contains("android.permission.ACCESS_FINE_LOCATION");
    }

    /** Android asks the person about the network, and joins it for the app that wants it. */
    public void asked(WifiNetworkSpecifier network, final NetworkCallback callback) {
        if (answer.equals("yes") && network.passphrase.equals(air.networks.get(network.ssid))) {
            isHome &= keepsByJoining;
            join(network.ssid, callback);
            return;
        }
        if (!answer.equals("yes") && !answer.equals("no")) {
            return;
        }
        boolean isKnown = air.networks.containsKey(network.ssid);
        int no = Build.VERSION.SDK_INT >= 36 ? REJECTED : UNKNOWN;
        fail(network, answer.equals("no") ? no : isKnown ? 2 : 4);
        onThread(new Runnable() {
            @Override
            public void run() {
                callback.onUnavailable();
            }
        });
    }

    private void fail(final WifiNetworkSpecifier network, final int reason) {
        for (final WifiManager.LocalOnlyConnectionFailureListener listener : failures) {
            executor.execute(new Runnable() {
                @Override
                public void run() {
                    listener.onConnectionFailed(network, reason);
                }
            });
        }
    }

    private void join(String ssid, NetworkCallback callback) {
        networks++;
        joined = new Network(networks, ssid);
        joiner = callback;
        tell(callback, joined);
    }

    public void tell(final NetworkCallback callback, final Network network) {
        onThread(new Runnable() {
            @Override
            public void run() {
                callback.onAvailable(network);
                callback.onLinkPropertiesChanged(network, connectivity.getLinkProperties(network));
            }
        });
    }

    /** The app lets go of a network: Android goes back by itself. */
    public void letGo(NetworkCallback callback) {
        if (callback == joiner) {
            joiner = null;
            joined = null;
        }
        if (Build.VERSION.SDK_INT >= 29) {
            isHome = home != null;
        }
    }

    /** A network that the phone knows was chosen, or one that it knows no more. */
    void choose(boolean isHomeChosen, WifiConfiguration network) {
        isHome = isHomeChosen && home != null;
        joined = null;
        if (network == null) {
            return;
        }
        String ssid = network.SSID.replace("\"", "");
        if (network.preSharedKey.equals("\"" + air.networks.get(ssid) + "\"")) {
            for (NetworkCallback callback : callbacks) {
                join(ssid, callback);
            }
        }
    }

    String current() {
        return isHome ? home : joined == null ? null : joined.ssid;
    }

    /** Tells the app of a change. */
    public void broadcast(String action) {
        for (BroadcastReceiver receiver : new ArrayList<BroadcastReceiver>(receivers)) {
            receiver.onReceive(this, new Intent(action));
        }
    }

    private void onThread(Runnable task) {
        thread.execute(task);
    }

    // What it is to an app.

    @Override
    public Object getSystemService(String name) {
        switch (name) {
            case WIFI_SERVICE: return isThere ? wifi : null;
            case WIFI_P2P_SERVICE: return hasDirect ? direct : null;
            case CONNECTIVITY_SERVICE: return connectivity;
            default: return super.getSystemService(name);
        }
    }

    @Override
    public int checkSelfPermission(String right) {
        synchronized (air) {
            return rights.contains(right) ? PackageManager.PERMISSION_GRANTED : PackageManager.PERMISSION_DENIED;
        }
    }

    @Override
    public Intent registerReceiver(BroadcastReceiver receiver, IntentFilter filter) {
        receivers.add(receiver);
        return null;
    }

    @Override
    public void unregisterReceiver(BroadcastReceiver receiver) {
        receivers.remove(receiver);
    }
}
