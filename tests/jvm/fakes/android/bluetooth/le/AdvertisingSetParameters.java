package android.bluetooth.le;

public final class AdvertisingSetParameters {
    public static final int INTERVAL_MIN = 160;
    public static final int INTERVAL_MAX = 16777215;
    public static final int TX_POWER_HIGH = 1;

    private AdvertisingSetParameters() {}

    public static final class Builder {
        private boolean isConnectable;
        private boolean isScannable;
        private boolean isLegacy;

        public Builder setConnectable(boolean connectable) {
            isConnectable = connectable;
            return this;
        }

        public Builder setScannable(boolean scannable) {
            isScannable = scannable;
            return this;
        }

        public Builder setLegacyMode(boolean isLegacy) {
            this.isLegacy = isLegacy;
            return this;
        }

        public Builder setInterval(int interval) {
            if (interval < INTERVAL_MIN || interval > INTERVAL_MAX) {
                throw new IllegalArgumentException("unknown interval " + interval);
            }
            return this;
        }

        public Builder setTxPowerLevel(int txPowerLevel) {
            return this;
        }

        public AdvertisingSetParameters build() {
            if (!isLegacy || !isConnectable || !isScannable) {
                throw new IllegalStateException("older phones would not see it, or not connect");
            }
            return new AdvertisingSetParameters();
        }
    }
}
