package android.bluetooth.le;

/** Android's since API level 26, as far as it is used: only to compile with. */
public final class AdvertisingSetParameters {
    public static final int INTERVAL_MIN = 160;
    public static final int INTERVAL_MAX = 16777215;
    public static final int TX_POWER_HIGH = 1;

    private AdvertisingSetParameters() {}

    public static final class Builder {
        public Builder setConnectable(boolean connectable) {
            throw new UnsupportedOperationException();
        }

        public Builder setScannable(boolean scannable) {
            throw new UnsupportedOperationException();
        }

        public Builder setLegacyMode(boolean isLegacy) {
            throw new UnsupportedOperationException();
        }

        public Builder setInterval(int interval) {
            throw new UnsupportedOperationException();
        }

        public Builder setTxPowerLevel(int txPowerLevel) {
            throw new UnsupportedOperationException();
        }

        public AdvertisingSetParameters build() {
            throw new UnsupportedOperationException();
        }
    }
}
