package android.bluetooth.le;

public abstract class ScanCallback {
    public static final int SCAN_FAILED_ALREADY_STARTED = 1;

    public void onScanResult(int callbackType, ScanResult result) {}

    public void onScanFailed(int errorCode) {}
}
