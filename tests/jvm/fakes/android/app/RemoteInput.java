package android.app;

import android.content.Intent;
import android.os.Bundle;

public final class RemoteInput {
    private final String key;

    private RemoteInput(String key) {
        this.key = key;
    }

    /** For tests: what the system does with what the person writes. */
    public void write(PendingIntent into, CharSequence text) {
        if (!into.isMutable) {
            throw new IllegalArgumentException("nothing can be put into an immutable intent");
        }
        Bundle results = new Bundle();
        results.putCharSequence(key, text);
        into.intent.results = results;
    }

    public static Bundle getResultsFromIntent(Intent intent) {
        return intent.results;
    }

    public static final class Builder {
        private final String key;

        public Builder(String key) {
            this.key = key;
        }

        public Builder setLabel(CharSequence label) {
            return this;
        }

        public RemoteInput build() {
            return new RemoteInput(key);
        }
    }
}
