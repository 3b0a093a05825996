package android.bluetooth;

import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

public class BluetoothGattService {
    public static final int SERVICE_TYPE_PRIMARY = 0;

    private final UUID uuid;
    private final int type;
    private final List<BluetoothGattCharacteristic> characteristics = new ArrayList<BluetoothGattCharacteristic>();

    public BluetoothGattService(UUID uuid, int serviceType) {
        this.uuid = uuid;
        type = serviceType;
    }

    /** The same, as the other end sees it. */
    BluetoothGattService(BluetoothGattService of) {
        this(of.uuid, of.type);
        for (BluetoothGattCharacteristic characteristic : of.characteristics) {
            characteristics.add(new BluetoothGattCharacteristic(characteristic));
        }
    }

    public boolean addCharacteristic(BluetoothGattCharacteristic characteristic) {
        return characteristics.add(characteristic);
    }

    public UUID getUuid() {
        return uuid;
    }

    public List<BluetoothGattCharacteristic> getCharacteristics() {
        return characteristics;
    }

    public BluetoothGattCharacteristic getCharacteristic(UUID uuid) {
        for (BluetoothGattCharacteristic characteristic : characteristics) {
            if (characteristic.getUuid().equals(uuid)) {
                return characteristic;
            }
        }
        return null;
    }
}
