package chat.festival;

import android.app.Activity;
import android.content.ActivityNotFoundException;
import android.content.Intent;
import android.net.Uri;
import java.io.File;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/**
 * Pictures that the person keeps, and those they choose to look for a code in: by the system's own screens, which take no
 * right to their other files. For the main thread.
 */
final class Pictures {
    static final int SAVE = 10;
    static final int PICK = 11;

    /** No photo is larger; whatever is, is not copied. */
    private static final long MOST_BYTES = 64L << 20;
    private static final int CHUNK = 1 << 16;

    private final Activity activity;
    /** What is saved once the person has said where. */
    private byte[] unsaved;
    private String unsavedName;

    Pictures(Activity activity) {
        this.activity = activity;
    }

    /** Asks where a picture is to be kept. */
    void save(String name, byte[] png) {
        Intent create = new Intent(Intent.ACTION_CREATE_DOCUMENT);
        create.addCategory(Intent.CATEGORY_OPENABLE);
        create.setType("image/png");
        create.putExtra(Intent.EXTRA_TITLE, name);
        unsaved = png;
        unsavedName = name;
        ask(create, SAVE, "This phone has no app to keep files with.");
    }

    /** Asks for a picture to look for a code in. */
    void pick() {
        Intent choose = new Intent(Intent.ACTION_GET_CONTENT);
        choose.addCategory(Intent.CATEGORY_OPENABLE);
        choose.setType("image/*");
        ask(choose, PICK, "This phone has no app to choose pictures with.");
    }

    /** The person has chosen a place or a picture, or nothing. */
    void chosen(int request, int result, Intent data) {
        final Uri uri = result == Activity.RESULT_OK && data != null ? data.getData() : null;
        if (request == PICK && uri != null) {
            aside(new Runnable() {
                @Override
                public void run() {
                    copy(uri);
                }
            });
        } else if (request == SAVE) {
            final byte[] png = unsaved;
            final String name = unsavedName;
            unsaved = null;
            if (uri != null) {
                aside(new Runnable() {
                    @Override
                    public void run() {
                        write(uri, name, png);
                    }
                });
            }
        }
    }

    private void ask(Intent intent, int request, String otherwise) {
        try {
            activity.startActivityForResult(intent, request);
        } catch (ActivityNotFoundException why) {
            unsaved = null;
            Services.onFailed(otherwise);
        }
    }

    /** Files may be slow, or come from far away. */
    private static void aside(Runnable work) {
        new Thread(work, "pictures").start();
    }

    private void write(Uri to, String name, byte[] png) {
        try {
            if (png == null) {
                throw new IOException("Android had ended the app meanwhile");
            }
            OutputStream file = activity.getContentResolver().openOutputStream(to);
            if (file == null) {
                throw new IOException("it cannot be opened");
            }
            try {
                file.write(png);
            } finally {
                file.close();
            }
            Services.onSaved(name);
        } catch (IOException | SecurityException why) {
            Services.onFailed("The picture could not be saved: " + why.getMessage() + ".");
        }
    }

    private void copy(Uri from) {
        File copy = new File(activity.getCacheDir(), "picked");
        try {
            InputStream picture = activity.getContentResolver().openInputStream(from);
            if (picture == null) {
                throw new IOException("it cannot be opened");
            }
            try {
                copy(picture, copy);
            } finally {
                picture.close();
            }
            Services.onPicture(copy.getPath());
        } catch (IOException | SecurityException why) {
            copy.delete();
            Services.onFailed("The picture could not be read: " + why.getMessage() + ".");
        }
    }

    private static void copy(InputStream from, File to) throws IOException {
        FileOutputStream file = new FileOutputStream(to);
        try {
            byte[] chunk = new byte[CHUNK];
            long copied = 0;
            int read;
            while ((read = from.read(chunk)) != -1) {
                copied += read;
                if (copied > MOST_BYTES) {
                    throw new IOException("it is too large");
                }
                file.write(chunk, 0, read);
            }
        } finally {
            file.close();
        }
    }
}
