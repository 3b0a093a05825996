package chat.festival;

import android.content.ContentProvider;
import android.content.ContentValues;
import android.content.Context;
import android.database.Cursor;
import android.database.MatrixCursor;
import android.net.Uri;
import android.os.ParcelFileDescriptor;
import android.provider.OpenableColumns;
import java.io.File;
import java.io.FileNotFoundException;
import java.util.List;

/**
 * Lets an app read the picture that the person shares with it. Others may not ask (it is not exported), and what may be
 * read are the files of one folder, by their names alone.
 */
public final class PictureProvider extends ContentProvider {
    private static final String AUTHORITY = "chat.festival.pictures";

    static File folder(Context context) {
        return new File(context.getCacheDir(), "shared");
    }

    static Uri uri(String name) {
        return new Uri.Builder().scheme("content").authority(AUTHORITY).appendPath(name).build();
    }

    @Override
    public boolean onCreate() {
        return true;
    }

    @Override
    public ParcelFileDescriptor openFile(Uri uri, String mode) throws FileNotFoundException {
        File file = file(uri);
        if (file == null || !"r".equals(mode)) {
            throw new FileNotFoundException("there is no such picture");
        }
        return ParcelFileDescriptor.open(file, ParcelFileDescriptor.MODE_READ_ONLY);
    }

    @Override
    public Cursor query(Uri uri, String[] columns, String selection, String[] arguments, String order) {
        String[] all = {OpenableColumns.DISPLAY_NAME, OpenableColumns.SIZE};
        String[] wanted = columns == null ? all : columns;
        MatrixCursor cursor = new MatrixCursor(wanted);
        File file = file(uri);
        if (file != null) {
            Object[] row = new Object[wanted.length];
            for (int column = 0; column < wanted.length; column++) {
                if (OpenableColumns.DISPLAY_NAME.equals(wanted[column])) {
                    row[column] = file.getName();
                } else if (OpenableColumns.SIZE.equals(wanted[column])) {
                    row[column] = file.length();
                }
            }
            cursor.addRow(row);
        }
        return cursor;
    }

    @Override
    public String getType(Uri uri) {
        return file(uri) == null ? null : "image/png";
    }

    @Override
    public Uri insert(Uri uri, ContentValues values) {
        throw new UnsupportedOperationException();
    }

    @Override
    public int delete(Uri uri, String selection, String[] arguments) {
        throw new UnsupportedOperationException();
    }

    @Override
    public int update(Uri uri, ContentValues values, String selection, String[] arguments) {
        throw new UnsupportedOperationException();
    }

    /** The file of that name, found among those there are: a name that leads elsewhere is the name of none. */
    private File file(Uri uri) {
        List<String> path = uri.getPathSegments();
        File[] files = folder(getContext()).listFiles();
        if (files != null && path.size() == 1) {
            for (File file : files) {
                if (file.isFile() && file.getName().equals(path.get(0))) {
                    return file;
                }
            }
        }
        return null;
    }
}
