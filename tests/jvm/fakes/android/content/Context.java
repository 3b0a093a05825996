package android.content;

import android.content.pm.PackageManager;
import android.net.wifi.WifiManager;
import android.view.inputmethod.InputMethodManager;
import java.util.HashMap;
import java.util.Map;

public abstract class Context {
    public static final String BLUETOOTH_SERVICE = "bluetooth";
    public static final String CLIPBOARD_SERVICE = "clipboard";
    public static final String INPUT_METHOD_SERVICE = "input_method";
    public static final String WIFI_SERVICE = "wifi";

    private static final Map<String, Object> SERVICES = new HashMap<String, Object>();

    static {
        SERVICES.put(CLIPBOARD_SERVICE, new ClipboardManager());
        SERVICES.put(INPUT_METHOD_SERVICE, new InputMethodManager());
        SERVICES.put(WIFI_SERVICE, new WifiManager());
    }

    public Object getSystemService(String name) {
        return SERVICES.get(name);
    }

    public Context getApplicationContext() {
        return this;
    }

    public String getPackageName() {
        return "chat.festival";
    }

    public int checkSelfPermission(String right) {
        return PackageManager.PERMISSION_GRANTED;
    }

    public Intent registerReceiver(BroadcastReceiver receiver, IntentFilter filter) {
        return null;
    }

    public void unregisterReceiver(BroadcastReceiver receiver) {}
}
