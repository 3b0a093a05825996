package android.bluetooth.le;

import android.bluetooth.BluetoothDevice;
import android.bluetooth.Phone;
import java.util.List;

public final class BluetoothLeScanner {
    /** How often something began to scan. */
    public int starts;
    private final Phone phone;
    private List<ScanFilter> filters;
    private ScanCallback callback;

    public BluetoothLeScanner(Phone phone) {
        this.phone = phone;
    }

    public void startScan(List<ScanFilter> filters, ScanSettings settings, ScanCallback callback) {
        synchronized (phone.air) {
            phone.checkOn();
            this.filters = filters;
            this.callback = callback;
            starts++;
            phone.looksAround();
        }
    }

    public void stopScan(ScanCallback callback) {
        synchronized (phone.air) {
            phone.checkOn();
            stop();
        }
    }

    public void stop() {
        callback = null;
    }

    private boolean isLet(AdvertiseData data) {
        for (ScanFilter filter : filters) {
            if (filter.lets(data)) {
                return true;
            }
        }
        return false;
    }

    public void hear(BluetoothDevice device, AdvertiseData data) {
        final ScanCallback to = callback;
        if (to == null || !isLet(data)) {
            return;
        }
        final ScanResult result = new ScanResult(device, new ScanRecord(data));
        phone.onMain(new Runnable() {
            @Override
            public void run() {
                to.onScanResult(1, result);
            }
        });
    }
}
