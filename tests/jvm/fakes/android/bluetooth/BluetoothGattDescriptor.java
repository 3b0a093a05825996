package android.bluetooth;

import java.util.UUID;

public class BluetoothGattDescriptor {
    public static final byte[] ENABLE_NOTIFICATION_VALUE = {1, 0};
    public static final byte[] DISABLE_NOTIFICATION_VALUE = {0, 0};
    public static final int PERMISSION_READ = 1;
    public static final int PERMISSION_WRITE = 16;

    BluetoothGattCharacteristic characteristic;
    private final UUID uuid;
    private final int permissions;
    private byte[] value;

    public BluetoothGattDescriptor(UUID uuid, int permissions) {
        this.uuid = uuid;
        this.permissions = permissions;
    }

    public BluetoothGattCharacteristic getCharacteristic() {
        return characteristic;
    }

    public UUID getUuid() {
        return uuid;
    }

    public int getPermissions() {
        return permissions;
    }

    public byte[] getValue() {
        return value;
    }

    public boolean setValue(byte[] value) {
        this.value = value;
        return true;
    }
}
