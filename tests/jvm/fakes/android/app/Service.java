package android.app;

import android.content.Context;
import android.content.Intent;
import android.os.IBinder;

public abstract class Service extends Context {
    public static final int START_NOT_STICKY = 2;

    /** What is shown while it is in the foreground, and as what. */
    public Notification foreground;
    public int type;
    public boolean isStopped;

    public int onStartCommand(Intent intent, int flags, int startId) {
        return START_NOT_STICKY;
    }

    public abstract IBinder onBind(Intent intent);

    public final void startForeground(int id, Notification notification) {
        startForeground(id, notification, 0);
    }

    public final void startForeground(int id, Notification notification, int foregroundServiceType) {
        foreground = notification;
        type = foregroundServiceType;
    }

    public final void stopSelf() {
        isStopped = true;
        foreground = null;
    }
}
