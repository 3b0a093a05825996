package android.content;

import android.app.NotificationManager;
import android.content.pm.PackageManager;
import android.content.pm.Rights;
import android.content.res.Resources;
import android.hardware.camera2.CameraManager;
import android.net.wifi.WifiManager;
import android.view.inputmethod.InputMethodManager;
import java.io.File;
import java.util.HashMap;
import java.util.Map;

public abstract class Context {
    public static final String BLUETOOTH_SERVICE = "bluetooth";
    public static final String CLIPBOARD_SERVICE = "clipboard";
    public static final String INPUT_METHOD_SERVICE = "input_method";
    public static final String WIFI_SERVICE = "wifi";
    public static final String WIFI_P2P_SERVICE = "wifip2p";
    public static final String CONNECTIVITY_SERVICE = "connectivity";

    public static final String CAMERA_SERVICE = "camera";
    public static final String NOTIFICATION_SERVICE = "notification";
    public static final int MODE_PRIVATE = 0;

    /** A folder of the test's own. */
    public static File cache;
    public static boolean hasNoOtherApps;
    /** Whether Android thinks that nothing of the app is in sight. */
    public static boolean isHidden;
    /** What was opened last, and what runs. */
    public static Intent started;
    public static Intent service;

    private static final SharedPreferences PREFERENCES = new SharedPreferences();
    private static final ContentResolver RESOLVER = new ContentResolver();
    private static final CameraManager CAMERA = new CameraManager();
    private static final NotificationManager NOTICES = new NotificationManager();
    private final Map<String, Object> services = new HashMap<String, Object>();

    public Context() {
        services.put(CAMERA_SERVICE, CAMERA);
        services.put(NOTIFICATION_SERVICE, NOTICES);
        services.put(CLIPBOARD_SERVICE, new ClipboardManager());
        services.put(INPUT_METHOD_SERVICE, new InputMethodManager());
        services.put(WIFI_SERVICE, new WifiManager());
    }

    public Object getSystemService(String name) {
        return services.get(name);
    }

    public SharedPreferences getSharedPreferences(String name, int mode) {
        return PREFERENCES;
    }

    public int checkSelfPermission(String right) {
        return Rights.isGranted(right) ? PackageManager.PERMISSION_GRANTED : PackageManager.PERMISSION_DENIED;
    }

    public Resources getResources() {
        return new Resources();
    }

    public ContentResolver getContentResolver() {
        return RESOLVER;
    }

    public File getCacheDir() {
        return cache;
    }

    public void startActivity(Intent intent) {
        if (hasNoOtherApps) {
            throw new ActivityNotFoundException();
        }
        started = intent;
    }

    public Context startService(Intent intent) {
        if (isHidden) {
            throw new IllegalStateException("Not allowed to start service: app is in background");
        }
        service = intent;
        return this;
    }

    public boolean stopService(Intent intent) {
        service = null;
        return true;
    }

    public Context getApplicationContext() {
        return this;
    }

    public String getPackageName() {
        return "chat.festival";
    }

    public Intent registerReceiver(BroadcastReceiver receiver, IntentFilter filter) {
        return null;
    }

    public void unregisterReceiver(BroadcastReceiver receiver) {}
}
