package android.bluetooth;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What phones of a test hear each other through. Everything in it happens under its own lock, and phones are told of it on
 * their own threads, as Android does: never while they call it.
 */
public final class Air {
    /** The largest that is agreed to when phones connect. */
    int maxMtu = 517;
    /** What Android says of a connection that it cannot make, and of one that it has lost. */
    static final int FAILED = 133;
    static final int TIMEOUT = 8;

    final Map<String, Phone> phones = new LinkedHashMap<String, Phone>();
    private final List<Connection> connections = new ArrayList<Connection>();
    /** L2CAP channels that were opened. */
    int channels;
    private int overruns;
    private int tooLong;

    /** How often something was sent while the one before was still under way, or was longer than it may be. */
    public synchronized int faults() {
        return overruns + tooLong;
    }

    public synchronized int channels() {
        return channels;
    }

    /** Ends all L2CAP channels, and no connection. */
    public synchronized void closeChannels() {
        for (Connection connection : connections) {
            if (connection.channel != null) {
                connection.channel.end();
            }
        }
    }

    public synchronized void limit(int mtu) {
        maxMtu = mtu;
    }

    public synchronized int connections() {
        return connections.size();
    }

    /** What a phone shows is heard by all that listen. */
    void shown(Phone from) {
        for (Phone to : phones.values()) {
            to.hear(from);
        }
    }

    void connect(BluetoothGatt gatt) {
        Phone from = gatt.phone;
        Phone to = phones.get(gatt.device.getAddress());
        if (from.failures > 0) {
            from.failures--;
            gatt.told(FAILED, BluetoothProfile.STATE_DISCONNECTED);
        } else if (to != null && to.isHere && to.isOn && to.shown() != null) {
            Connection connection = new Connection(this, gatt, to);
            connections.add(connection);
            gatt.connection = connection;
            to.told(from, BluetoothProfile.STATE_CONNECTED);
            gatt.told(BluetoothGatt.GATT_SUCCESS, BluetoothProfile.STATE_CONNECTED);
        }
        // Whoever is not there does not answer.
    }

    Connection between(Phone central, Phone peripheral) {
        for (Connection connection : connections) {
            if (connection.gatt.phone == central && connection.peripheral == peripheral) {
                return connection;
            }
        }
        return null;
    }

    List<Connection> of(Phone phone) {
        List<Connection> found = new ArrayList<Connection>();
        for (Connection connection : connections) {
            if (connection.gatt.phone == phone || connection.peripheral == phone) {
                found.add(connection);
            }
        }
        return found;
    }

    /** Ends a connection; both ends are told, as far as they listen. */
    void cut(Connection connection, int status) {
        if (connections.remove(connection)) {
            if (connection.channel != null) {
                connection.channel.end();
            }
            connection.gatt.told(status, BluetoothProfile.STATE_DISCONNECTED);
            connection.peripheral.told(connection.gatt.phone, BluetoothProfile.STATE_DISCONNECTED);
        }
    }

    boolean isThere(Connection connection) {
        return connections.contains(connection);
    }

    /** Whether this may be sent now; what may not is counted. */
    boolean maySend(boolean isBusy, byte[] value, int mtu) {
        if (isBusy) {
            overruns++;
            return false;
        }
        if (value.length > mtu - 3) {
            tooLong++;
            return false;
        }
        return true;
    }
}
