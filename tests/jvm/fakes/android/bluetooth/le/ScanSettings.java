package android.bluetooth.le;

public final class ScanSettings {
    public static final int SCAN_MODE_LOW_LATENCY = 2;

    private ScanSettings() {}

    public static final class Builder {
        public Builder setScanMode(int scanMode) {
            return this;
        }

        public ScanSettings build() {
            return new ScanSettings();
        }
    }
}
