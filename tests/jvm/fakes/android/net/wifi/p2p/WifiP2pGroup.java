package android.net.wifi.p2p;

public class WifiP2pGroup {
    private final String name;

    WifiP2pGroup(String name) {
        this.name = name;
    }

    public String getNetworkName() {
        return name;
    }

    public boolean isGroupOwner() {
        return true;
    }
}
