package android.bluetooth;

import android.content.Context;
import java.io.IOException;

public final class BluetoothDevice {
    public static final int TRANSPORT_LE = 2;

    private final Phone phone;
    private final String address;

    /** The device with this address, as a phone knows it. */
    BluetoothDevice(Phone phone, String address) {
        this.phone = phone;
        this.address = address;
    }

    public String getAddress() {
        return address;
    }

    public BluetoothGatt connectGatt(
        Context context, boolean autoConnect, BluetoothGattCallback callback, int transport) {
        synchronized (phone.air) {
            phone.checkOn();
            if (autoConnect || transport != TRANSPORT_LE) {
                throw new IllegalArgumentException("it would connect later, or otherwise");
            }
            BluetoothGatt gatt = new BluetoothGatt(phone, this, callback);
            phone.gatts++;
            phone.air.connect(gatt);
            return gatt;
        }
    }

    public BluetoothSocket createInsecureL2capChannel(int psm) throws IOException {
        synchronized (phone.air) {
            phone.checkOn();
            return new BluetoothSocket(phone, this, psm);
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof BluetoothDevice && ((BluetoothDevice) other).address.equals(address);
    }

    @Override
    public int hashCode() {
        return address.hashCode();
    }
}
