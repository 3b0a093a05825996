package android.content;

import android.net.Uri;
import java.io.ByteArrayOutputStream;
import java.io.FileNotFoundException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.HashMap;
import java.util.Map;

/** Files of other apps. */
public class ContentResolver {
    public final Map<String, InputStream> readable = new HashMap<String, InputStream>();
    public final Map<String, ByteArrayOutputStream> written = new HashMap<String, ByteArrayOutputStream>();

    public final InputStream openInputStream(Uri uri) throws FileNotFoundException {
        InputStream stream = readable.get(uri.toString());
        if (stream == null) {
            throw new FileNotFoundException("it is gone");
        }
        return stream;
    }

    public final OutputStream openOutputStream(Uri uri) throws FileNotFoundException {
        ByteArrayOutputStream stream = new ByteArrayOutputStream();
        written.put(uri.toString(), stream);
        return stream;
    }
}
