package android.bluetooth.le;

/** Nothing of it is used. */
public final class PeriodicAdvertisingParameters {
    private PeriodicAdvertisingParameters() {}
}
