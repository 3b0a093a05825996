package chat.festival;

import android.app.Activity;
import android.content.ActivityNotFoundException;
import android.content.ClipData;
import android.content.Intent;
import android.net.Uri;
import java.io.File;
import java.io.FileOutputStream;
import java.io.IOException;

/** Passing an invite on to other apps, and taking what they share. For the main thread. */
final class Sharing {
    private final Activity activity;

    Sharing(Activity activity) {
        this.activity = activity;
    }

    /** Lets the person choose where a link goes, with a picture of its code. */
    void share(String title, String link, String name, byte[] png) {
        Intent send = new Intent(Intent.ACTION_SEND);
        send.putExtra(Intent.EXTRA_SUBJECT, title);
        send.putExtra(Intent.EXTRA_TEXT, link);
        try {
            Uri picture = keep(name, png);
            send.setType("image/png");
            send.putExtra(Intent.EXTRA_STREAM, picture);
            // Android shows it in its list of apps, and lets only the chosen one read it.
            send.setClipData(ClipData.newRawUri(title, picture));
            send.addFlags(Intent.FLAG_GRANT_READ_URI_PERMISSION);
        } catch (IOException why) {
            // The link is what counts.
            send.setType("text/plain");
        }
        try {
            activity.startActivity(Intent.createChooser(send, title));
        } catch (ActivityNotFoundException why) {
            Services.onFailed("No app on this phone takes links.");
        }
    }

    /** The text that another app shares by this intent, or null if it is another one. */
    static String shared(Intent intent) {
        return Intent.ACTION_SEND.equals(intent.getAction()) ? intent.getStringExtra(Intent.EXTRA_TEXT) : null;
    }

    /** Keeps the picture that is shared now, instead of the ones before. */
    private Uri keep(String name, byte[] png) throws IOException {
        File folder = PictureProvider.folder(activity);
        File[] old = folder.listFiles();
        if (old != null) {
            for (File file : old) {
                file.delete();
            }
        }
        if (!folder.isDirectory() && !folder.mkdirs()) {
            throw new IOException("no folder");
        }
        FileOutputStream file = new FileOutputStream(new File(folder, name));
        try {
            file.write(png);
        } finally {
            file.close();
        }
        return PictureProvider.uri(name);
    }
}
