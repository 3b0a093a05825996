package android.bluetooth.le;

public abstract class AdvertisingSetCallback {
    public static final int ADVERTISE_SUCCESS = 0;

    public void onAdvertisingSetStarted(AdvertisingSet advertisingSet, int txPower, int status) {}
}
