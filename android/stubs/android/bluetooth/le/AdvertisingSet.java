package android.bluetooth.le;

/** Android's since API level 26, as far as it is used: only to compile with. */
public final class AdvertisingSet {
    private AdvertisingSet() {}

    public void setAdvertisingData(AdvertiseData advertiseData) {
        throw new UnsupportedOperationException();
    }
}
