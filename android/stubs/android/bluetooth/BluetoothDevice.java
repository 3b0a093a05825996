package android.bluetooth;

import android.content.Context;
import java.io.IOException;

/** Android's, with a method it has since API level 29, as far as it is used: only to compile with. */
public final class BluetoothDevice {
    public static final int TRANSPORT_LE = 2;

    private BluetoothDevice() {}

    public String getAddress() {
        throw new UnsupportedOperationException();
    }

    public BluetoothGatt connectGatt(
        Context context, boolean autoConnect, BluetoothGattCallback callback, int transport) {
        throw new UnsupportedOperationException();
    }

    public BluetoothSocket createInsecureL2capChannel(int psm) throws IOException {
        throw new UnsupportedOperationException();
    }
}
