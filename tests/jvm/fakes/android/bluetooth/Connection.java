package android.bluetooth;

/** A connection of two phones. */
final class Connection {
    final Air air;
    final BluetoothGatt gatt;
    final Phone peripheral;
    /** The L2CAP channel beside, as the central holds it. */
    BluetoothSocket channel;
    int mtu = 23;
    /** What the central wrote into the descriptor. */
    boolean isSubscribed;
    /** A notification is under way. */
    boolean isNotifying;
    /** The peripheral has said that it uses the connection: only then can it end it. */
    boolean isHeld;

    Connection(Air air, BluetoothGatt gatt, Phone peripheral) {
        this.air = air;
        this.gatt = gatt;
        this.peripheral = peripheral;
    }

    /** The central, as the peripheral names it. */
    BluetoothDevice central() {
        return peripheral.device(gatt.phone.address);
    }
}
