package android.app;

import android.content.Context;
import java.util.ArrayList;
import java.util.List;

public class Notification {
    public static final String CATEGORY_MESSAGE = "msg";

    public String channel;
    public int icon;
    public CharSequence title;
    public CharSequence text;
    public PendingIntent tap;
    public boolean isOngoing;
    public final List<Action> actions = new ArrayList<Action>();

    public abstract static class Style {}

    public static class BigTextStyle extends Style {
        public BigTextStyle bigText(CharSequence text) {
            return this;
        }
    }

    public static class Action {
        public CharSequence title;
        public PendingIntent intent;
        public RemoteInput input;

        public static final class Builder {
            private final Action action = new Action();

            public Builder(int icon, CharSequence title, PendingIntent intent) {
                action.title = title;
                action.intent = intent;
            }

            public Builder addRemoteInput(RemoteInput input) {
                action.input = input;
                return this;
            }

            public Action build() {
                return action;
            }
        }
    }

    public static class Builder {
        private final Notification made = new Notification();

        public Builder(Context context, String channelId) {
            made.channel = channelId;
        }

        public Builder setSmallIcon(int icon) {
            made.icon = icon;
            return this;
        }

        public Builder setContentTitle(CharSequence title) {
            made.title = title;
            return this;
        }

        public Builder setContentText(CharSequence text) {
            made.text = text;
            return this;
        }

        public Builder setStyle(Style style) {
            return this;
        }

        public Builder setCategory(String category) {
            return this;
        }

        public Builder setAutoCancel(boolean autoCancel) {
            return this;
        }

        public Builder setOngoing(boolean ongoing) {
            made.isOngoing = ongoing;
            return this;
        }

        public Builder setContentIntent(PendingIntent intent) {
            made.tap = intent;
            return this;
        }

        public Builder addAction(Action action) {
            made.actions.add(action);
            return this;
        }

        public Notification build() {
            return made;
        }
    }
}
