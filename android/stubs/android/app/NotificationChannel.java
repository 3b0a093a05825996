package android.app;

/** Since API level 26. */
public final class NotificationChannel {
    public NotificationChannel(String id, CharSequence name, int importance) {
        throw new UnsupportedOperationException();
    }

    public void enableVibration(boolean vibrates) {
        throw new UnsupportedOperationException();
    }
}
