package android.bluetooth;

import android.bluetooth.le.BluetoothLeAdvertiser;
import android.bluetooth.le.BluetoothLeScanner;
import android.os.Build;
import java.io.IOException;

public final class BluetoothAdapter {
    public static final String ACTION_STATE_CHANGED = "android.bluetooth.adapter.action.STATE_CHANGED";
    public static final String EXTRA_STATE = "android.bluetooth.adapter.extra.STATE";
    public static final int ERROR = Integer.MIN_VALUE;
    public static final int STATE_OFF = 10;
    public static final int STATE_ON = 12;

    private final Phone phone;

    BluetoothAdapter(Phone phone) {
        this.phone = phone;
    }

    public boolean isEnabled() {
        synchronized (phone.air) {
            return phone.isOn;
        }
    }

    public BluetoothLeAdvertiser getBluetoothLeAdvertiser() {
        synchronized (phone.air) {
            return phone.isOn && phone.canAdvertise ? phone.advertiser : null;
        }
    }

    public BluetoothServerSocket listenUsingInsecureL2capChannel() throws IOException {
        synchronized (phone.air) {
            phone.checkOn();
            if (Build.VERSION.SDK_INT < 29) {
                throw new NoSuchMethodError();
            }
            phone.channels = new BluetoothServerSocket(phone, 0x1080);
            return phone.channels;
        }
    }

    public BluetoothLeScanner getBluetoothLeScanner() {
        synchronized (phone.air) {
            return phone.isOn ? phone.scanner : null;
        }
    }
}
