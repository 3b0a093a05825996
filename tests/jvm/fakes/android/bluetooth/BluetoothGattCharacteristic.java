package android.bluetooth;

import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

public class BluetoothGattCharacteristic {
    public static final int PROPERTY_READ = 2;
    public static final int PROPERTY_WRITE_NO_RESPONSE = 4;
    public static final int PROPERTY_NOTIFY = 16;
    public static final int PERMISSION_READ = 1;
    public static final int PERMISSION_WRITE = 16;
    public static final int WRITE_TYPE_NO_RESPONSE = 1;
    public static final int WRITE_TYPE_DEFAULT = 2;

    private final UUID uuid;
    private final int properties;
    private final int permissions;
    private final List<BluetoothGattDescriptor> descriptors = new ArrayList<BluetoothGattDescriptor>();
    private int writeType = WRITE_TYPE_DEFAULT;
    private byte[] value;

    public BluetoothGattCharacteristic(UUID uuid, int properties, int permissions) {
        this.uuid = uuid;
        this.properties = properties;
        this.permissions = permissions;
    }

    BluetoothGattCharacteristic(BluetoothGattCharacteristic of) {
        this(of.uuid, of.properties, of.permissions);
        for (BluetoothGattDescriptor descriptor : of.descriptors) {
            addDescriptor(new BluetoothGattDescriptor(descriptor.getUuid(), descriptor.getPermissions()));
        }
    }

    public boolean addDescriptor(BluetoothGattDescriptor descriptor) {
        descriptor.characteristic = this;
        return descriptors.add(descriptor);
    }

    public BluetoothGattDescriptor getDescriptor(UUID uuid) {
        for (BluetoothGattDescriptor descriptor : descriptors) {
            if (descriptor.getUuid().equals(uuid)) {
                return descriptor;
            }
        }
        return null;
    }

    public UUID getUuid() {
        return uuid;
    }

    public int getProperties() {
        return properties;
    }

    public int getPermissions() {
        return permissions;
    }

    public int getWriteType() {
        return writeType;
    }

    public void setWriteType(int writeType) {
        this.writeType = writeType;
    }

    public byte[] getValue() {
        return value;
    }

    public boolean setValue(byte[] value) {
        this.value = value;
        return true;
    }
}
