package android.app;

import android.content.ContextWrapper;
import android.content.Intent;
import android.os.IBinder;

/** As far as it is used here; what is newer than API level 23 says so. */
public abstract class Service extends ContextWrapper {
    public static final int START_NOT_STICKY = 2;

    public Service() {
        super(null);
    }

    public int onStartCommand(Intent intent, int flags, int startId) {
        throw new UnsupportedOperationException();
    }

    public abstract IBinder onBind(Intent intent);

    public final void startForeground(int id, Notification notification) {
        throw new UnsupportedOperationException();
    }

    /** Since API level 29. */
    public final void startForeground(int id, Notification notification, int foregroundServiceType) {
        throw new UnsupportedOperationException();
    }

    public final void stopSelf() {
        throw new UnsupportedOperationException();
    }
}
