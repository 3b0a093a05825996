package android.app;

import android.content.Context;
import android.content.Intent;
import android.os.Build;
import java.util.HashMap;
import java.util.Map;

/** An intent that others may send. As in Android, two are one if they differ only in what they carry. */
public final class PendingIntent {
    public static final int FLAG_UPDATE_CURRENT = 1 << 27;
    public static final int FLAG_IMMUTABLE = 1 << 26;
    private static final int FLAG_MUTABLE = 1 << 25;

    private static final Map<String, PendingIntent> ALL = new HashMap<String, PendingIntent>();

    public final String kind;
    public Intent intent;
    public boolean isMutable;

    private PendingIntent(String kind) {
        this.kind = kind;
    }

    public static PendingIntent getActivity(Context context, int code, Intent intent, int flags) {
        return get("activity", code, intent, flags);
    }

    public static PendingIntent getBroadcast(Context context, int code, Intent intent, int flags) {
        return get("broadcast", code, intent, flags);
    }

    public static PendingIntent getService(Context context, int code, Intent intent, int flags) {
        return get("service", code, intent, flags);
    }

    private static PendingIntent get(String kind, int code, Intent intent, int flags) {
        boolean isMutable = (flags & FLAG_MUTABLE) != 0;
        if (Build.VERSION.SDK_INT >= 31 && isMutable == ((flags & FLAG_IMMUTABLE) != 0)) {
            throw new IllegalArgumentException("one of FLAG_IMMUTABLE or FLAG_MUTABLE has to be specified");
        }
        String key = kind + code + intent.target() + intent.getAction() + intent.getDataString();
        PendingIntent known = ALL.get(key);
        if (known == null) {
            known = new PendingIntent(kind);
            known.intent = intent;
            ALL.put(key, known);
        } else if ((flags & FLAG_UPDATE_CURRENT) != 0) {
            known.intent = intent;
        }
        known.isMutable = isMutable || Build.VERSION.SDK_INT < 31;
        return known;
    }
}
