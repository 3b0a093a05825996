package android.app;

import android.content.Context;

/** As far as it is used here; what is newer than API level 23 says so. */
public class Notification {
    public static final String CATEGORY_MESSAGE = "msg";

    public abstract static class Style {}

    public static class BigTextStyle extends Style {
        public BigTextStyle bigText(CharSequence text) {
            throw new UnsupportedOperationException();
        }
    }

    public static class Action {
        public static final class Builder {
            public Builder(int icon, CharSequence title, PendingIntent intent) {
                throw new UnsupportedOperationException();
            }

            public Builder addRemoteInput(RemoteInput input) {
                throw new UnsupportedOperationException();
            }

            public Action build() {
                throw new UnsupportedOperationException();
            }
        }
    }

    public static class Builder {
        /** Since API level 26. */
        public Builder(Context context, String channelId) {
            throw new UnsupportedOperationException();
        }

        public Builder setSmallIcon(int icon) {
            throw new UnsupportedOperationException();
        }

        public Builder setContentTitle(CharSequence title) {
            throw new UnsupportedOperationException();
        }

        public Builder setContentText(CharSequence text) {
            throw new UnsupportedOperationException();
        }

        public Builder setStyle(Style style) {
            throw new UnsupportedOperationException();
        }

        public Builder setCategory(String category) {
            throw new UnsupportedOperationException();
        }

        public Builder setAutoCancel(boolean autoCancel) {
            throw new UnsupportedOperationException();
        }

        public Builder setOngoing(boolean ongoing) {
            throw new UnsupportedOperationException();
        }

        public Builder setContentIntent(PendingIntent intent) {
            throw new UnsupportedOperationException();
        }

        public Builder addAction(Action action) {
            throw new UnsupportedOperationException();
        }

        public Notification build() {
            throw new UnsupportedOperationException();
        }
    }
}
