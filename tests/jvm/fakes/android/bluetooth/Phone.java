package android.bluetooth;

import android.bluetooth.le.AdvertiseData;
import android.bluetooth.le.BluetoothLeAdvertiser;
import android.bluetooth.le.BluetoothLeScanner;
import android.content.BroadcastReceiver;
import android.content.Context;
import android.content.Intent;
import android.content.IntentFilter;
import android.content.pm.PackageManager;
import android.os.Build;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;

/** A phone in a test, as an app that runs on it sees it. */
public final class Phone extends Context {
    public final Air air;
    public final BluetoothLeAdvertiser advertiser = new BluetoothLeAdvertiser(this);
    public final BluetoothLeScanner scanner = new BluetoothLeScanner(this);
    final String address;
    final BluetoothManager manager = new BluetoothManager(this);
    final BluetoothAdapter adapter = new BluetoothAdapter(this);
    boolean hasAdapter = true;
    boolean canAdvertise = true;
    boolean isOn = true;
    boolean isHere = true;
    /** So many attempts to connect fail from now on. */
    int failures;
    BluetoothGattServer server;
    BluetoothServerSocket channels;
    int gatts;
    private boolean isAllowed = true;
    private RuntimeException thrown;
    private final List<BroadcastReceiver> receivers = new ArrayList<BroadcastReceiver>();
    private final ExecutorService binder = thread("binder");
    private final ExecutorService main = thread("main");
    private boolean isHeld;
    private final List<Runnable> held = new ArrayList<Runnable>();

    public Phone(Air air, String address) {
        this.air = air;
        this.address = address;
        synchronized (air) {
            air.phones.put(address, this);
        }
    }

    // What a test does to it.

    public void lacks(boolean adapter) {
        synchronized (air) {
            hasAdapter = !adapter;
            canAdvertise = adapter;
        }
    }

    public void allow(boolean isAllowed) {
        synchronized (air) {
            this.isAllowed = isAllowed;
        }
    }

    /** A device that can only list services is heard with these, told as the halves of their UUIDs. */
    public void isShown(String by, long[] halves) {
        UUID[] uuids = new UUID[halves.length / 2];
        for (int at = 0; at < uuids.length; at++) {
            uuids[at] = new UUID(halves[2 * at], halves[2 * at + 1]);
        }
        synchronized (air) {
            scanner.hear(device(by), AdvertiseData.listing(uuids));
        }
    }

    public void turn(boolean isOn) {
        synchronized (air) {
            this.isOn = isOn;
            if (!isOn) {
                stop();
            }
            for (final BroadcastReceiver receiver : receivers) {
                final Intent intent = new Intent(BluetoothAdapter.ACTION_STATE_CHANGED)
                    .putExtra(BluetoothAdapter.EXTRA_STATE, isOn ? BluetoothAdapter.STATE_ON : BluetoothAdapter.STATE_OFF);
                onMain(new Runnable() {
                    @Override
                    public void run() {
                        receiver.onReceive(Phone.this, intent);
                    }
                });
            }
        }
    }

    /** Goes away, or comes back. */
    public void stay(boolean isHere) {
        synchronized (air) {
            this.isHere = isHere;
            if (!isHere) {
                for (Connection connection : air.of(this)) {
                    air.cut(connection, Air.TIMEOUT);
                }
            }
        }
    }

    public void failConnecting(int times) {
        synchronized (air) {
            failures = times;
        }
    }

    /** The next thing it is asked for fails with this. */
    public void throwOnce(RuntimeException thrown) {
        synchronized (air) {
            this.thrown = thrown;
        }
    }

    /** Says of nothing any more that it was sent, or says it of all. */
    public void hold(boolean isHeld) {
        synchronized (air) {
            this.isHeld = isHeld;
            if (!isHeld) {
                for (Runnable task : held) {
                    onBinder(task);
                }
                held.clear();
            }
        }
    }

    /** Another MTU is agreed on, on all its connections. */
    public void agree(int mtu) {
        synchronized (air) {
            for (Connection connection : air.of(this)) {
                connection.gatt.agree(connection, mtu);
            }
        }
    }

    /** Connections that were asked for and not closed. */
    public int gatts() {
        synchronized (air) {
            return gatts;
        }
    }

    /** Sets of advertisements that were begun. */
    public int sets() {
        synchronized (air) {
            return advertiser.sets;
        }
    }

    /** How often it began to listen. */
    public int scans() {
        synchronized (air) {
            return scanner.starts;
        }
    }

    /** A central that is no app of ours writes. */
    public void isWrittenTo(String central, int times, final byte[] value) {
        synchronized (air) {
            final BluetoothDevice from = device(central);
            final BluetoothGattServer to = server;
            for (int time = 0; time < times; time++) {
                onBinder(new Runnable() {
                    @Override
                    public void run() {
                        to.callback.onCharacteristicWriteRequest(
                            from, 0, to.services.get(0).getCharacteristics().get(0), false, false, 0, value);
                    }
                });
            }
        }
    }

    /** A central that is no app of ours connects, says nothing and opens a channel: whether the app closes it. */
    public boolean closesChannelOf(String central) throws Exception {
        Phone from;
        synchronized (air) {
            from = air.phones.get(central);
            BluetoothGatt gatt = new BluetoothGatt(from, from.device(address), new BluetoothGattCallback() {});
            air.connect(gatt);
            gatt.requestMtu(100);
        }
        settle();
        BluetoothSocket socket = new BluetoothSocket(from, from.device(address), channels.getPsm());
        socket.connect();
        return socket.ends();
    }

    /** Waits until it was told everything that was to be told so far. */
    public void settle() throws Exception {
        Runnable nothing = new Runnable() {
            @Override
            public void run() {}
        };
        main.submit(nothing).get();
        binder.submit(nothing).get();
    }

    // What happens in it.

    /** What an app may not do, or cannot at this moment. */
    public void check() {
        if (thrown != null) {
            RuntimeException why = thrown;
            thrown = null;
            throw why;
        }
        // What was the location before Android 12 was only missed.
        if (!isAllowed && Build.VERSION.SDK_INT >= 31) {
            throw new SecurityException("Need android.permission.BLUETOOTH_CONNECT");
        }
    }

    public void checkOn() {
        check();
        if (!isOn) {
            throw new IllegalStateException("BT Adapter is not turned ON");
        }
    }

    BluetoothDevice device(String address) {
        return new BluetoothDevice(this, address);
    }

    AdvertiseData shown() {
        return isOn && isHere ? advertiser.shown() : null;
    }

    public void showsAnother() {
        air.shown(this);
    }

    public void looksAround() {
        for (Phone from : air.phones.values()) {
            hear(from);
        }
    }

    void hear(Phone from) {
        AdvertiseData data = from.shown();
        if (data != null && from != this && isOn && isHere) {
            scanner.hear(device(from.address), data);
        }
    }

    void told(final Phone central, final int newState) {
        if (server == null) {
            return;
        }
        final BluetoothGattServer to = server;
        onBinder(new Runnable() {
            @Override
            public void run() {
                to.callback.onConnectionStateChange(device(central.address), BluetoothGatt.GATT_SUCCESS, newState);
            }
        });
    }

    private void stop() {
        for (Connection connection : air.of(this)) {
            air.cut(connection, Air.TIMEOUT);
        }
        advertiser.stop();
        scanner.stop();
        server = null;
    }

    void onBinder(Runnable task) {
        binder.execute(task);
    }

    public void onMain(Runnable task) {
        main.execute(task);
    }

    /** That something was sent is told at once, or once it is not held any more. */
    void confirm(Runnable task) {
        if (isHeld) {
            held.add(task);
        } else {
            onBinder(task);
        }
    }

    private static ExecutorService thread(final String name) {
        return Executors.newSingleThreadExecutor(new ThreadFactory() {
            @Override
            public Thread newThread(Runnable task) {
                Thread thread = new Thread(task, name);
                thread.setDaemon(true);
                return thread;
            }
        });
    }

    // What it is to an app.

    @Override
    public Object getSystemService(String name) {
        return BLUETOOTH_SERVICE.equals(name) ? manager : super.getSystemService(name);
    }

    @Override
    public int checkSelfPermission(String right) {
        synchronized (air) {
            return isAllowed ? PackageManager.PERMISSION_GRANTED : PackageManager.PERMISSION_DENIED;
        }
    }

    @Override
    public Intent registerReceiver(BroadcastReceiver receiver, IntentFilter filter) {
        synchronized (air) {
            receivers.add(receiver);
            return null;
        }
    }

    @Override
    public void unregisterReceiver(BroadcastReceiver receiver) {
        synchronized (air) {
            receivers.remove(receiver);
        }
    }
}
