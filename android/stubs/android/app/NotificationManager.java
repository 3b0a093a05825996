package android.app;

/** As far as it is used here; what is newer than API level 23 says so. */
public class NotificationManager {
    /** Since API level 24. */
    public static final int IMPORTANCE_LOW = 2;
    /** Since API level 24. */
    public static final int IMPORTANCE_HIGH = 4;

    NotificationManager() {}

    /** Since API level 26. */
    public void createNotificationChannel(NotificationChannel channel) {
        throw new UnsupportedOperationException();
    }

    /** Since API level 24. */
    public boolean areNotificationsEnabled() {
        throw new UnsupportedOperationException();
    }

    public void notify(String tag, int id, Notification notification) {
        throw new UnsupportedOperationException();
    }

    public void cancel(String tag, int id) {
        throw new UnsupportedOperationException();
    }
}
