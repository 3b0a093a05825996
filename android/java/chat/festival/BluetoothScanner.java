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
import java.util.Arrays;
import java.util.List;
import java.util.UUID;

/**
 * Listens for others. The native library says when, so while it listens it does without pause. Android lets an app begin
 * five times in half a minute and hears nothing, without a word, from the sixth time on: so it only stops if it may begin
 * again, and else goes on and tells nothing.
 */
final class BluetoothScanner extends ScanCallback {
    private static final ParcelUuid SERVICE = new ParcelUuid(Bluetooth.SERVICE);
    private static final int TOKEN_LEN = 8;
    /** How Apple's devices show a token, which list services only: the first half of such a UUID, before the token. */
    private static final long LISTED = 0xfe57000563684174L;
    /** Tokens that are read of one advertisement, which has room for one such UUID, or a few more if it is a long one. */
    private static final int MAX_LISTED = 4;
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
        ScanFilter listed = new ScanFilter.Builder()
            .setServiceUuid(new ParcelUuid(new UUID(LISTED, 0)), new ParcelUuid(new UUID(-1, 0)))
            .build();
        ScanSettings settings = new ScanSettings.Builder().setScanMode(ScanSettings.SCAN_MODE_LOW_LATENCY).build();
        scanner.startScan(Arrays.asList(ours, listed), settings, this);
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
        if (!isWanted || record == null) {
            return;
        }
        byte[] token = record.getServiceData(SERVICE);
        if (token != null && token.length == TOKEN_LEN) {
            radio.heard(result.getDevice(), ByteBuffer.wrap(token).getLong());
        }
        List<ParcelUuid> services = record.getServiceUuids();
        int left = services == null ? 0 : Math.min(services.size(), MAX_LISTED);
        for (int at = 0; at < left; at++) {
            UUID uuid = services.get(at).getUuid();
            if (uuid.getMostSignificantBits() == LISTED) {
                radio.heard(result.getDevice(), uuid.getLeastSignificantBits());
            }
        }
    }

    @Override
    public void onScanFailed(int why) {
        synchronized (radio) {
            isScanning = why == SCAN_FAILED_ALREADY_STARTED;
        }
    }
}
