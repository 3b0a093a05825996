package android.net.wifi;

public final class SoftApConfiguration {
    public String getSsid() {
        return WifiPhone.HOTSPOT;
    }

    public String getPassphrase() {
        return WifiPhone.HOTSPOT_PASSPHRASE;
    }
}
