package android.app;

import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/** What is in the system's bar: a notice without a channel, or without a picture, is shown by no Android. */
public class NotificationManager {
    public static final int IMPORTANCE_LOW = 2;
    public static final int IMPORTANCE_HIGH = 4;

    public boolean isEnabled = true;
    public final Map<String, NotificationChannel> channels = new HashMap<String, NotificationChannel>();
    public final Map<String, Notification> shown = new TreeMap<String, Notification>();

    public void createNotificationChannel(NotificationChannel channel) {
        channels.put(channel.id, channel);
    }

    public boolean areNotificationsEnabled() {
        return isEnabled;
    }

    public void notify(String tag, int id, Notification notification) {
        if (notification.icon == 0) {
            throw new IllegalArgumentException("Invalid notification (no valid small icon)");
        }
        if (channels.containsKey(notification.channel)) {
            shown.put(tag + "/" + id, notification);
        }
    }

    public void cancel(String tag, int id) {
        shown.remove(tag + "/" + id);
    }
}
