package android.app;

public final class NotificationChannel {
    final String id;
    public final int importance;
    public boolean vibrates;

    public NotificationChannel(String id, CharSequence name, int importance) {
        this.id = id;
        this.importance = importance;
    }

    public void enableVibration(boolean vibrates) {
        this.vibrates = vibrates;
    }
}
