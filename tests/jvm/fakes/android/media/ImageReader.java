package android.media;

import android.os.Handler;
import android.view.Surface;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

public class ImageReader {
    private static final Map<Surface, ImageReader> ALL = new HashMap<Surface, ImageReader>();
    /** Pictures that were handed out and not yet given back, of all readers. */
    public static int out;

    private final Surface surface = new Surface();
    private final int most;
    private final List<Image> waiting = new ArrayList<Image>();
    private OnImageAvailableListener listener;
    private Handler handler;
    private boolean isClosed;

    private ImageReader(int most) {
        this.most = most;
        ALL.put(surface, this);
    }

    public static ImageReader newInstance(int width, int height, int format, int most) {
        if (width != 1280 || height != 720) {
            throw new IllegalArgumentException("another size was expected");
        }
        return new ImageReader(most);
    }

    /** For tests: the one whose pictures come by this surface. */
    public static ImageReader of(Surface surface) {
        return ALL.get(surface);
    }

    public void setOnImageAvailableListener(OnImageAvailableListener listener, Handler handler) {
        this.listener = listener;
        this.handler = handler;
    }

    public Surface getSurface() {
        return surface;
    }

    public Image acquireLatestImage() {
        if (isClosed || waiting.isEmpty()) {
            return null;
        }
        if (out + 1 >= most) {
            throw new IllegalStateException("maxImages has already been acquired");
        }
        Image newest = waiting.get(waiting.size() - 1);
        waiting.clear();
        out += 1;
        return newest;
    }

    public void close() {
        isClosed = true;
    }

    /** For tests: a picture arrives; whether anybody is told of it. */
    public boolean take(byte[] luma, int width, int height, int stride) {
        if (isClosed || listener == null) {
            return false;
        }
        ByteBuffer memory = ByteBuffer.allocateDirect(luma.length);
        memory.put(luma).rewind();
        waiting.add(new Image(this, memory, width, height, stride));
        handler.post(new Runnable() {
            @Override
            public void run() {
                listener.onImageAvailable(ImageReader.this);
            }
        });
        return true;
    }

    void letGo(Image image) {
        out -= 1;
    }

    public interface OnImageAvailableListener {
        void onImageAvailable(ImageReader reader);
    }
}
