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

    private final Map<String, Object> services = new HashMap<String, Object>();

    public Context() {
        services.put(CLIPBOARD_SERVICE, new ClipboardManager());
        services.put(INPUT_METHOD_SERVICE, new InputMethodManager());
        services.put(WIFI_SERVICE, new WifiManager());
    }

    public Object getSystemService(String name) {
        return services.get(name);
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
