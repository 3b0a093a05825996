package android.net.wifi;

public class WifiInfo {
    private final String ssid;
    private final int network;

    WifiInfo(String ssid, int network) {
        this.ssid = ssid;
        this.network = network;
    }

    public String getSSID() {
        return ssid;
    }

    public int getNetworkId() {
        return network;
    }
}
