package android.bluetooth.le;

/** Android's since API level 26, of which nothing is used: only to compile with. */
public final class PeriodicAdvertisingParameters {
    private PeriodicAdvertisingParameters() {}
}
