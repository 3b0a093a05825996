package android.net.wifi;

import java.util.BitSet;

public class WifiConfiguration {
    public String SSID;
    public String preSharedKey;
    public BitSet allowedKeyManagement = new BitSet();

    public static class KeyMgmt {
        public static final int WPA_PSK = 1;
    }
}
