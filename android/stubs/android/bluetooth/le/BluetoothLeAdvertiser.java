package android.bluetooth.le;

/** Android's, with the methods it has since API level 26, as far as it is used: only to compile with. */
public final class BluetoothLeAdvertiser {
    private BluetoothLeAdvertiser() {}

    public void startAdvertisingSet(
        AdvertisingSetParameters parameters,
        AdvertiseData advertiseData,
        AdvertiseData scanResponse,
        PeriodicAdvertisingParameters periodicParameters,
        AdvertiseData periodicData,
        AdvertisingSetCallback callback) {
        throw new UnsupportedOperationException();
    }

    public void stopAdvertisingSet(AdvertisingSetCallback callback) {
        throw new UnsupportedOperationException();
    }
}
