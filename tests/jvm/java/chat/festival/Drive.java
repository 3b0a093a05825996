package chat.festival;

import android.os.Looper;

/** What tests do with the app's activity, from inside of its package. */
public final class Drive {
    private Drive() {}

    /** An activity that was opened by the launcher, on a UI thread that is the caller's. */
    public static MainActivity open() {
        Looper.begin();
        MainActivity activity = new MainActivity();
        activity.onCreate(null);
        activity.onStart();
        return activity;
    }
}
