package android.bluetooth.le;

/** Android's since API level 26, as far as it is used: only to compile with. */
public abstract class AdvertisingSetCallback {
    public static final int ADVERTISE_SUCCESS = 0;

    public void onAdvertisingSetStarted(AdvertisingSet advertisingSet, int txPower, int status) {}
}
