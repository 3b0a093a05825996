package android.bluetooth;

import android.bluetooth.le.BluetoothLeAdvertiser;
import android.bluetooth.le.BluetoothLeScanner;
import java.io.IOException;

/** Android's, with a method it has since API level 29, as far as it is used: only to compile with. */
public final class BluetoothAdapter {
    public static final String ACTION_STATE_CHANGED = "android.bluetooth.adapter.action.STATE_CHANGED";
    public static final String EXTRA_STATE = "android.bluetooth.adapter.extra.STATE";
    public static final int ERROR = Integer.MIN_VALUE;
    public static final int STATE_ON = 12;

    private BluetoothAdapter() {}

    public boolean isEnabled() {
        throw new UnsupportedOperationException();
    }

    public BluetoothLeAdvertiser getBluetoothLeAdvertiser() {
        throw new UnsupportedOperationException();
    }

    public BluetoothLeScanner getBluetoothLeScanner() {
        throw new UnsupportedOperationException();
    }

    public BluetoothServerSocket listenUsingInsecureL2capChannel() throws IOException {
        throw new UnsupportedOperationException();
    }
}
