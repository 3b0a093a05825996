package chat.festival;

import android.app.Notification;
import android.app.NotificationChannel;
import android.app.NotificationManager;
import android.app.PendingIntent;
import android.app.RemoteInput;
import android.content.Context;
import android.content.Intent;

/** What the person is told while they look elsewhere: one notice for each room, which can be answered. For any thread. */
final class Notices {
    /** Where what the person chose or wrote stands in an intent. */
    static final String ROOM = "chat.festival.ROOM";
    static final String REPLY = "chat.festival.REPLY";

    private static final String CHANNEL = "messages";
    /** The room is the tag, so that one number is enough. */
    private static final int MESSAGE = 1;
    /** `PendingIntent.FLAG_MUTABLE`, since Android 12: what the person writes is put into the intent. Others ignore it. */
    private static final int MUTABLE = 1 << 25;

    private final Context context;
    private final NotificationManager manager;

    Notices(Context context) {
        this.context = context;
        manager = (NotificationManager) context.getSystemService(Context.NOTIFICATION_SERVICE);
        NotificationChannel channel =
            new NotificationChannel(CHANNEL, "Messages", NotificationManager.IMPORTANCE_HIGH);
        channel.enableVibration(true);
        manager.createNotificationChannel(channel);
    }

    /** Says this of a room, in place of what was said of it before. */
    void say(String room, String title, String text) {
        RemoteInput input = new RemoteInput.Builder(REPLY).setLabel("Reply").build();
        Intent answer = new Intent(context, ReplyReceiver.class);
        answer.setAction("chat.festival.REPLY." + room);
        answer.putExtra(ROOM, room);
        PendingIntent answering =
            PendingIntent.getBroadcast(context, 0, answer, PendingIntent.FLAG_UPDATE_CURRENT | MUTABLE);
        Notification.Action reply =
            new Notification.Action.Builder(icon(context), "Reply", answering).addRemoteInput(input).build();
        show(room, about(room, title, text).addAction(reply));
    }

    /** Says that an answer went nowhere, since the app had ended. */
    void sayNotSent(String room) {
        show(room, about(room, "Not sent", "Festival Chat had ended. Tap to open it, and write again."));
    }

    /** Nothing is to be told of that room any more. */
    void withdraw(String room) {
        manager.cancel(room, MESSAGE);
    }

    /** The room that was tapped, or null if this is another intent. */
    static String opened(Intent intent) {
        return intent.getStringExtra(ROOM);
    }

    /** The picture in the system's bar. There is no class of resources, since nothing else needs one. */
    static int icon(Context context) {
        return context.getResources().getIdentifier("notice", "drawable", context.getPackageName());
    }

    private Notification.Builder about(String room, String title, String text) {
        Intent open = new Intent(context, MainActivity.class);
        // What differs only in what it carries would be the same to Android.
        open.setAction("chat.festival.OPEN." + room);
        open.putExtra(ROOM, room);
        PendingIntent opening = PendingIntent.getActivity(
            context, 0, open, PendingIntent.FLAG_UPDATE_CURRENT | PendingIntent.FLAG_IMMUTABLE);
        return new Notification.Builder(context, CHANNEL)
            .setSmallIcon(icon(context))
            .setContentTitle(title)
            .setContentText(text)
            .setStyle(new Notification.BigTextStyle().bigText(text))
            .setCategory(Notification.CATEGORY_MESSAGE)
            .setAutoCancel(true)
            .setContentIntent(opening);
    }

    private void show(String room, Notification.Builder notice) {
        manager.notify(room, MESSAGE, notice.build());
    }
}
