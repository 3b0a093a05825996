package android.bluetooth;

import android.content.Context;

public final class BluetoothManager {
    private final Phone phone;

    BluetoothManager(Phone phone) {
        this.phone = phone;
    }

    public BluetoothAdapter getAdapter() {
        synchronized (phone.air) {
            return phone.hasAdapter ? phone.adapter : null;
        }
    }

    public BluetoothGattServer openGattServer(Context context, BluetoothGattServerCallback callback) {
        synchronized (phone.air) {
            phone.check();
            if (!phone.isOn) {
                return null;
            }
            phone.server = new BluetoothGattServer(phone, callback);
            return phone.server;
        }
    }
}
