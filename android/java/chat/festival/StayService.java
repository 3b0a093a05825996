package chat.festival;

import android.app.Notification;
import android.app.NotificationChannel;
import android.app.NotificationManager;
import android.app.PendingIntent;
import android.app.Service;
import android.content.Context;
import android.content.Intent;
import android.os.Build;
import android.os.IBinder;

/**
 * Says that the app is running while its window is hidden, which is what lets it run. It does nothing else: messages come to
 * where they always come. Ends with the app when that is swiped away.
 */
public final class StayService extends Service {
    private static final String CHANNEL = "staying";
    private static final String QUIT = "chat.festival.QUIT";
    private static final int NOTICE = 2;
    private static final int ANDROID_10 = 29;
    /** `ServiceInfo.FOREGROUND_SERVICE_TYPE_CONNECTED_DEVICE`. */
    private static final int CONNECTED_DEVICE = 16;

    @Override
    public int onStartCommand(Intent intent, int flags, int id) {
        Services services = Services.current();
        if (services == null) {
            stopSelf();
        } else if (intent != null && QUIT.equals(intent.getAction())) {
            stopSelf();
            services.quit();
        } else {
            stay();
        }
        // Without its window the app does not come back by itself.
        return START_NOT_STICKY;
    }

    @Override
    public IBinder onBind(Intent intent) {
        return null;
    }

    private void stay() {
        try {
            if (Build.VERSION.SDK_INT >= ANDROID_10) {
                startForeground(NOTICE, notice(), CONNECTED_DEVICE);
            } else {
                startForeground(NOTICE, notice());
            }
        } catch (IllegalStateException | SecurityException why) {
            // The window was hidden too quickly, or a right is missing: the app stays as long as Android likes.
            stopSelf();
        }
    }

    private Notification notice() {
        NotificationManager manager = (NotificationManager) getSystemService(Context.NOTIFICATION_SERVICE);
        manager.createNotificationChannel(
            new NotificationChannel(CHANNEL, "Running in the background", NotificationManager.IMPORTANCE_LOW));
        PendingIntent open = PendingIntent.getActivity(
            this, 0, new Intent(this, MainActivity.class), PendingIntent.FLAG_IMMUTABLE);
        PendingIntent quit = PendingIntent.getService(
            this, 0, new Intent(this, StayService.class).setAction(QUIT), PendingIntent.FLAG_IMMUTABLE);
        return new Notification.Builder(this, CHANNEL)
            .setSmallIcon(Notices.icon(this))
            .setContentTitle("Ready for messages")
            .setContentIntent(open)
            .setOngoing(true)
            .addAction(new Notification.Action.Builder(Notices.icon(this), "Stop", quit).build())
            .build();
    }
}
