package chat.festival;

import android.bluetooth.BluetoothAdapter;
import android.bluetooth.BluetoothDevice;
import android.bluetooth.BluetoothManager;
import android.content.BroadcastReceiver;
import android.content.Context;
import android.content.Intent;
import android.content.IntentFilter;
import android.content.pm.PackageManager;
import android.os.Build;
import android.util.Log;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;

/**
 * Bluetooth LE, in both roles, for the native library: it says what to do, and is told what happens. Nothing is decided
 * here. What Android calls comes on threads of its own; all of it holds the lock of this object, so that it is told in
 * the order in which it happened. Whatever Android throws ends this run of the radio, and is told as a state.
 */
final class Bluetooth extends BroadcastReceiver {
    static final UUID SERVICE = UUID.fromString("fe570001-6368-4174-9d1a-c05e2f0ba11e");
    static final UUID TO_PERIPHERAL = UUID.fromString("fe570002-6368-4174-9d1a-c05e2f0ba11e");
    static final UUID TO_CENTRAL = UUID.fromString("fe570003-6368-4174-9d1a-c05e2f0ba11e");
    /** Tells by which number an L2CAP channel is opened. */
    static final UUID PSM = UUID.fromString("fe570004-6368-4174-9d1a-c05e2f0ba11e");
    /** The descriptor by which a central asks to be notified: the standard's. */
    static final UUID SUBSCRIPTION = UUID.fromString("00002902-0000-1000-8000-00805f9b34fb");

    /** States, by the numbers that the native library knows them by. */
    private static final int STARTING = 0;
    private static final int READY = 1;
    private static final int OFF = 2;
    private static final int MISSING = 3;
    private static final int DENIED = 4;
    private static final int UNSUPPORTED = 5;

    /** The MTU before a larger one is agreed. */
    static final int LEAST_MTU = 23;
    /** The longest value: other systems drop longer ones. */
    private static final int MAX_VALUE = 509;
    /** Packets that may wait for one connection: as many as all its links have on their way. */
    static final int MAX_WAITING = 256;
    /** Devices heard that may be connected to. */
    private static final int MAX_HEARD = 256;
    /** Looks after which a GATT server that does not begin is tried anew. */
    private static final int MAX_LOOKS = 3;

    private final Context context;
    /** By which number the native library knows this radio. */
    final long radio;
    private final BluetoothManager manager;
    private final BluetoothAdvertiser advertiser = new BluetoothAdvertiser(this);
    private final BluetoothScanner scanner = new BluetoothScanner(this);
    private final Map<Long, BluetoothClient> clients = new HashMap<Long, BluetoothClient>();
    private final Heard heard = new Heard();
    private BluetoothServer server;
    private int looks;
    private int state = STARTING;
    private boolean isClosed;
    /** The adapter was off, perhaps only for a moment: nothing that was there before is there any more. */
    private volatile boolean wasOff;

    static native void onState(long radio, int state);

    static native void onHeard(long radio, long device, long token);

    static native void onConnected(long radio, long device, int maxPacket);

    static native void onConnectFailed(long radio, long device);

    static native void onPacket(long radio, long device, boolean isCentral, int maxPacket, byte[] packet);

    static native void onDisconnected(long radio, long device, boolean isCentral);

    /** Something changed: {@link #look} is to be called. */
    static native void onChange(long radio);

    /** Called from the native library, which then calls {@link #look}. */
    Bluetooth(Context context, long radio) {
        this.context = context.getApplicationContext();
        this.radio = radio;
        manager = (BluetoothManager) this.context.getSystemService(Context.BLUETOOTH_SERVICE);
        this.context.registerReceiver(this, new IntentFilter(BluetoothAdapter.ACTION_STATE_CHANGED));
    }

    /** The adapter was switched on or off. It comes on the thread that draws, and is looked into on another. */
    @Override
    public void onReceive(Context context, Intent intent) {
        if (intent.getIntExtra(BluetoothAdapter.EXTRA_STATE, BluetoothAdapter.ERROR) != BluetoothAdapter.STATE_ON) {
            wasOff = true;
        }
        onChange(radio);
    }

    /**
     * Called from the native library every few seconds and when something changed: whether Bluetooth can be used, and
     * whatever could not be done before.
     */
    synchronized void look() {
        if (isClosed) {
            return;
        }
        boolean isAnother = wasOff;
        wasOff = false;
        try {
            int possible = possible();
            boolean hangs = server != null && state != READY && ++looks >= MAX_LOOKS;
            if (server != null && (possible != READY || isAnother || hangs)) {
                stop();
                tell(possible == READY ? MISSING : possible);
            }
            if (possible != READY) {
                tell(possible);
            } else if (server == null) {
                begin();
            } else if (state == READY) {
                advertiser.look();
                scanner.look();
            }
        } catch (RuntimeException why) {
            broken(why);
        }
    }

    /** Whether there can be a radio now, and why not. */
    private int possible() {
        if (adapter() == null) {
            return MISSING;
        }
        if (!isAllowed()) {
            return DENIED;
        }
        if (!adapter().isEnabled()) {
            return OFF;
        }
        return adapter().getBluetoothLeAdvertiser() == null ? UNSUPPORTED : READY;
    }

    private boolean isAllowed() {
        // What Android 12 calls nearby devices was the location before. As texts, since the newer ones are not in the oldest
        // android.jar that this is compiled with.
        String[] rights = Build.VERSION.SDK_INT < 31
            ? new String[] {"android.permission.ACCESS_FINE_LOCATION"}
            : new String[] {
                "android.permission.BLUETOOTH_SCAN",
                "android.permission.BLUETOOTH_CONNECT",
                "android.permission.BLUETOOTH_ADVERTISE"
            };
        for (String right : rights) {
            if (context.checkSelfPermission(right) != PackageManager.PERMISSION_GRANTED) {
                return false;
            }
        }
        return true;
    }

    /** Begins to serve. It is ready once the service is there: {@link #serves}. */
    private void begin() {
        looks = 0;
        server = new BluetoothServer(this);
        if (!server.open(context, manager)) {
            stop();
            tell(MISSING);
        }
    }

    /** The GATT server has the service, or cannot have it. */
    void serves(BluetoothServer which, boolean isThere) {
        if (which != server) {
            return;
        }
        if (!isThere) {
            stop();
        }
        tell(isThere ? READY : MISSING);
    }

    /** Called from the native library: shows a token, or nothing. */
    synchronized void advertise(boolean isShown, long token, int everyMillis) {
        if (state == READY) {
            try {
                advertiser.show(isShown, token, everyMillis);
            } catch (RuntimeException why) {
                broken(why);
            }
        }
    }

    /** Called from the native library. */
    synchronized void scan(boolean isWanted) {
        if (state == READY) {
            try {
                scanner.scan(isWanted);
            } catch (RuntimeException why) {
                broken(why);
            }
        }
    }

    /** Called from the native library, and answered once. */
    synchronized void connect(long number) {
        if (state != READY) {
            return;
        }
        BluetoothClient old = clients.remove(number);
        if (old != null) {
            old.close();
        }
        BluetoothDevice device = heard.get(number);
        if (device == null) {
            onConnectFailed(radio, number);
            return;
        }
        BluetoothClient client = new BluetoothClient(this, number);
        clients.put(number, client);
        try {
            client.connect(context, device);
        } catch (RuntimeException why) {
            broken(why);
        }
    }

    /** Called from the native library: gives up an attempt to connect of which by now more should have come. */
    synchronized void overdue(long number, boolean isAllDue) {
        BluetoothClient client = clients.get(number);
        if (client != null) {
            client.overdue(isAllDue);
        }
    }

    /** Called from the native library: sends a packet on a connection. It may be lost. */
    synchronized void send(long number, boolean isCentral, byte[] packet) {
        try {
            if (!isCentral && server != null) {
                server.send(number, packet);
            } else if (isCentral && clients.containsKey(number)) {
                clients.get(number).send(packet);
            }
        } catch (RuntimeException why) {
            broken(why);
        }
    }

    /** Called from the native library: ends a connection, of which nothing more is told. */
    synchronized void disconnect(long number, boolean isCentral) {
        try {
            BluetoothClient client = isCentral ? clients.remove(number) : null;
            if (client != null) {
                client.close();
            }
            if (!isCentral && server != null) {
                server.disconnect(number);
            }
        } catch (RuntimeException why) {
            broken(why);
        }
    }

    /** Called from the native library, which wants nothing more. */
    synchronized void close() {
        if (!isClosed) {
            isClosed = true;
            stop();
            context.unregisterReceiver(this);
        }
    }

    /** A connection that this device made is over. */
    void forget(BluetoothClient client) {
        if (clients.get(client.number) == client) {
            clients.remove(client.number);
        }
    }

    /** Android threw something: this run of the radio is over. */
    synchronized void broken(RuntimeException why) {
        if (isClosed) {
            return;
        }
        Log.w("festival", "Bluetooth failed", why);
        stop();
        if (why instanceof SecurityException) {
            tell(DENIED);
            return;
        }
        BluetoothAdapter adapter = adapter();
        tell(adapter != null && !adapter.isEnabled() ? OFF : MISSING);
    }

    private void stop() {
        for (BluetoothClient client : new ArrayList<BluetoothClient>(clients.values())) {
            client.close();
        }
        clients.clear();
        advertiser.stop();
        scanner.stop();
        if (server != null) {
            server.close();
        }
        server = null;
        heard.forget();
    }

    private void tell(int state) {
        if (this.state != state) {
            this.state = state;
            onState(radio, state);
        }
    }

    BluetoothAdapter adapter() {
        return manager == null ? null : manager.getAdapter();
    }

    /** A device was heard. */
    void heard(BluetoothDevice device, long token) {
        long number = number(device);
        heard.add(number, device);
        onHeard(radio, number, token);
    }

    /** The number by which the native library knows a device: its address, which is six bytes. */
    static long number(BluetoothDevice device) {
        return Long.parseLong(device.getAddress().replace(":", ""), 16);
    }

    /** The longest packet that a connection with this MTU carries. */
    static int maxPacket(int mtu) {
        return Math.min(mtu - 3, MAX_VALUE);
    }

    /** The devices that were heard last. Only as Android gave them does it know what kind of address they have. */
    private static final class Heard {
        private final Map<Long, BluetoothDevice> devices = new LinkedHashMap<Long, BluetoothDevice>(16, 0.75f, true) {
            @Override
            protected boolean removeEldestEntry(Map.Entry<Long, BluetoothDevice> eldest) {
                return size() > MAX_HEARD;
            }
        };

        synchronized void add(long number, BluetoothDevice device) {
            devices.put(number, device);
        }

        synchronized BluetoothDevice get(long number) {
            return devices.get(number);
        }

        synchronized void forget() {
            devices.clear();
        }
    }
}
