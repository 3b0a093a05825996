package android.net;

/** A network that a phone is in. */
public class Network {
    private final long handle;
    public final String ssid;

    public Network(long handle, String ssid) {
        this.handle = handle;
        this.ssid = ssid;
    }

    public long getNetworkHandle() {
        return handle;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Network && ((Network) other).handle == handle;
    }

    @Override
    public int hashCode() {
        return (int) handle;
    }
}
