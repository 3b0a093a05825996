package android.net.wifi;

/** Android's since API level 30, as far as it is used: only to compile with. */
public final class SoftApConfiguration {
    private SoftApConfiguration() {}

    public String getSsid() {
        throw new UnsupportedOperationException();
    }

    public String getPassphrase() {
        throw new UnsupportedOperationException();
    }
}
