package chat.festival;

import android.app.Activity;
import android.content.Intent;

/** Keeps the app running while its window is hidden, if there is something to stay for. For the main thread. */
final class Staying {
    private final Activity activity;
    private volatile boolean isWanted;
    private boolean isOn;

    Staying(Activity activity) {
        this.activity = activity;
    }

    /** Whether there is something to stay for; from any thread. */
    void setWanted(boolean is) {
        isWanted = is;
    }

    boolean isOn() {
        return isOn;
    }

    /** While the window is still in sight: Android lets no app start to stay that is hidden. */
    void begin() {
        if (!isWanted || isOn || activity.isFinishing()) {
            return;
        }
        try {
            // Not `startForegroundService`, which ends an app that stops the service before it has shown its notice.
            activity.startService(new Intent(activity, StayService.class));
            isOn = true;
        } catch (IllegalStateException why) {
            // Android thinks that the app is hidden already: it stays as long as Android likes.
            isOn = false;
        }
    }

    void end() {
        if (isOn) {
            activity.stopService(new Intent(activity, StayService.class));
            isOn = false;
        }
    }
}
