package chat.festival;

import android.app.RemoteInput;
import android.content.BroadcastReceiver;
import android.content.Context;
import android.content.Intent;
import android.os.Bundle;

/** Takes what the person wrote in answer to a notice. */
public final class ReplyReceiver extends BroadcastReceiver {
    @Override
    public void onReceive(Context context, Intent intent) {
        Bundle written = RemoteInput.getResultsFromIntent(intent);
        CharSequence text = written == null ? null : written.getCharSequence(Notices.REPLY);
        String room = Notices.opened(intent);
        if (room == null || text == null) {
            return;
        }
        Services services = Services.current();
        if (services == null) {
            // The notice was left by a process that has ended, and this one has no library loaded to send it with.
            new Notices(context).sayNotSent(room);
        } else {
            Services.onReply(room, text.toString());
            services.withdraw(room);
        }
    }
}
