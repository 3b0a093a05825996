package chat.festival;

import android.Manifest;
import android.app.Activity;
import android.app.NotificationManager;
import android.content.Context;
import android.content.Intent;
import android.content.SharedPreferences;
import android.content.pm.PackageManager;
import android.net.Uri;
import android.os.Build;
import android.provider.Settings;

/**
 * What the person allows, each by the rights it takes at this version of Android. For the main thread.
 *
 * Android tells what is granted, and whether it would like a reason to be shown before it is asked again; it does not tell
 * whether it was ever asked, nor whether it will ask again. So that is kept, until it is granted.
 */
final class Permissions {
    static final int CAMERA = 0;
    static final int NEARBY = 1;
    static final int NOTIFICATIONS = 2;
    static final int WIFI = 3;
    private static final int COUNT = 4;

    static final int GRANTED = 0;
    static final int NOT_ASKED = 1;
    static final int REFUSED = 2;
    static final int REFUSED_FOR_GOOD = 3;

    /** Rights that an older android.jar has no names for. */
    private static final String BLUETOOTH_SCAN = "android.permission.BLUETOOTH_SCAN";
    private static final String BLUETOOTH_CONNECT = "android.permission.BLUETOOTH_CONNECT";
    private static final String BLUETOOTH_ADVERTISE = "android.permission.BLUETOOTH_ADVERTISE";
    private static final String POST_NOTIFICATIONS = "android.permission.POST_NOTIFICATIONS";
    private static final String NEARBY_WIFI_DEVICES = "android.permission.NEARBY_WIFI_DEVICES";

    private static final int ANDROID_12 = 31;
    private static final int ANDROID_13 = 33;
    /** Android asks twice at most. A dialog that is only closed counts for neither, and looks the same. */
    private static final int MOST_QUESTIONS = 2;

    private final Activity activity;
    private final SharedPreferences kept;

    Permissions(Activity activity) {
        this.activity = activity;
        kept = activity.getSharedPreferences("permissions", Context.MODE_PRIVATE);
    }

    /** Tells the library what is known of each. */
    void look() {
        for (int permission = 0; permission < COUNT; permission++) {
            Services.onPermission(permission, state(permission));
        }
    }

    /** Shows the system's question, if there is one to show. */
    void ask(int permission) {
        if (state(permission) == GRANTED) {
            look();
            return;
        }
        String[] rights = rights(permission);
        if (rights.length == 0) {
            openSettings();
        } else {
            activity.requestPermissions(rights, permission);
        }
    }

    /** The person has answered, or the question went away unanswered: then nothing is in the results. */
    void answered(int permission, int[] results) {
        if (permission < 0 || permission >= COUNT) {
            return;
        }
        if (results.length > 0 && state(permission) != GRANTED) {
            SharedPreferences.Editor editor = kept.edit();
            editor.putInt(asked(permission), kept.getInt(asked(permission), 0) + 1);
            editor.apply();
        }
        look();
    }

    /** Shows the page of the system's settings about this app. */
    void openSettings() {
        Uri app = Uri.fromParts("package", activity.getPackageName(), null);
        activity.startActivity(new Intent(Settings.ACTION_APPLICATION_DETAILS_SETTINGS, app));
    }

    int state(int permission) {
        if (isGranted(permission)) {
            kept.edit().remove(asked(permission)).apply();
            return GRANTED;
        }
        if (wantsReason(permission)) {
            return REFUSED;
        }
        int asked = kept.getInt(asked(permission), 0);
        if (rights(permission).length == 0 || asked >= MOST_QUESTIONS) {
            return REFUSED_FOR_GOOD;
        }
        return asked == 0 ? NOT_ASKED : REFUSED;
    }

    private boolean isGranted(int permission) {
        for (String right : rights(permission)) {
            if (activity.checkSelfPermission(right) != PackageManager.PERMISSION_GRANTED) {
                return false;
            }
        }
        if (permission == NOTIFICATIONS) {
            return ((NotificationManager) activity.getSystemService(Context.NOTIFICATION_SERVICE)).areNotificationsEnabled();
        }
        return true;
    }

    private boolean wantsReason(int permission) {
        for (String right : rights(permission)) {
            if (activity.shouldShowRequestPermissionRationale(right)) {
                return true;
            }
        }
        return false;
    }

    /** What the system is asked for. Without any, all that can be changed is changed in its settings. */
    private static String[] rights(int permission) {
        switch (permission) {
            case CAMERA:
                return new String[] {Manifest.permission.CAMERA};
            case NEARBY:
                // Older versions think that who sees devices nearby knows where the person is.
                return Build.VERSION.SDK_INT >= ANDROID_12
                    ? new String[] {BLUETOOTH_SCAN, BLUETOOTH_CONNECT, BLUETOOTH_ADVERTISE}
                    : new String[] {Manifest.permission.ACCESS_FINE_LOCATION};
            case WIFI:
                return making();
            default:
                return Build.VERSION.SDK_INT >= ANDROID_13 ? new String[] {POST_NOTIFICATIONS} : new String[0];
        }
    }

    /** What it takes to make a Wi-Fi network. */
    private static String[] making() {
        if (Build.VERSION.SDK_INT >= ANDROID_13) {
            return new String[] {NEARBY_WIFI_DEVICES};
        }
        // Android 12 asks for the exact location only together with the other one.
        return Build.VERSION.SDK_INT >= ANDROID_12
            ? new String[] {Manifest.permission.ACCESS_FINE_LOCATION, Manifest.permission.ACCESS_COARSE_LOCATION}
            : new String[] {Manifest.permission.ACCESS_FINE_LOCATION};
    }

    private static String asked(int permission) {
        return "asked" + permission;
    }
}
