package chat.festival;

import android.bluetooth.BluetoothAdapter;
import android.bluetooth.le.BluetoothLeScanner;
import android.bluetooth.le.ScanCallback;
import android.bluetooth.le.ScanFilter;
import android.bluetooth.le.ScanRecord;
import android.bluetooth.le.ScanResult;
import android.bluetooth.le.ScanSettings;
import android.os.ParcelUuid;
import android.os.SystemClock;
import java.nio.ByteBuffer;
import java.util.Collections;

/**
 * Listens for others. The native library says when, so while it listens it does without pause. Android lets an app begin
 * five times in half a minute and hears nothing, without a word, from the sixth time on: so it only stops if it may begin
 * again, and else goes on and tells nothing.
 */
final class BluetoothScanner extends ScanCallback {
    private static final ParcelUuid SERVICE = new ParcelUuid(Bluetooth.SERVICE);
    private static final int TOKEN_LEN = 8;
    private static final int MAX_STARTS = 5;
    private static final long STARTS_MILLIS = 30_000;

    private final Bluetooth radio;
    /** When it began the last times, each in the place of the one before it. */
    private final long[] starts = new long[MAX_STARTS];
    private int started;
    private volatile boolean isWanted;
    private boolean isScanning;

    BluetoothScanner(Bluetooth radio) {
        this.radio = radio;
    }

    void scan(boolean isWanted) {
        this.isWanted = isWanted;
        look();
    }

    /** Begins or stops, as far as that could not be done before. */
    void look() {
        if (isWanted == isScanning || !mayStart()) {
            return;
        }
        BluetoothLeScanner scanner = scanner();
        if (scanner == null) {
            throw new IllegalStateException("the adapter does not scan any more");
        }
        isScanning = isWanted;
        if (!isWanted) {
            scanner.stopScan(this);
            return;
        }
        starts[started % MAX_STARTS] = SystemClock.elapsedRealtime();
        started++;
        // A filter by UUID would only find those that list it; and without any filter nothing is heard while the screen is off.
        ScanFilter ours =
            new ScanFilter.Builder().setServiceData(SERVICE, new byte[TOKEN_LEN], new byte[TOKEN_LEN]).build();
        ScanSettings settings = new ScanSettings.Builder().setScanMode(ScanSettings.SCAN_MODE_LOW_LATENCY).build();
        scanner.startScan(Collections.singletonList(ours), settings, this);
    }

    void stop() {
        isWanted = false;
        try {
            if (isScanning && scanner() != null) {
                scanner().stopScan(this);
            }
        } catch (RuntimeException alreadyGone) {
            // It is over in any case.
        }
        isScanning = false;
    }

    private boolean mayStart() {
        return started < MAX_STARTS || SystemClock.elapsedRealtime() - starts[started % MAX_STARTS] >= STARTS_MILLIS;
    }

    private BluetoothLeScanner scanner() {
        BluetoothAdapter adapter = radio.adapter();
        return adapter == null ? null : adapter.getBluetoothLeScanner();
    }

    /** Often, and on the thread that draws: nothing is waited for. */
    @Override
    public void onScanResult(int type, ScanResult result) {
        ScanRecord record = result.getScanRecord();
        byte[] token = isWanted && record != null ? record.getServiceData(SERVICE) : null;
        if (token != null && token.length == TOKEN_LEN) {
            radio.heard(result.getDevice(), ByteBuffer.wrap(token).getLong());
        }
    }

    @Override
    public void onScanFailed(int why) {
        synchronized (radio) {
            isScanning = why == SCAN_FAILED_ALREADY_STARTED;
        }
    }
}
