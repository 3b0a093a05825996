package android.media;

import java.nio.ByteBuffer;

/** A picture of which the first plane is known: how bright each pixel is. */
public class Image {
    private final ImageReader reader;
    private final Plane plane;
    private final int width;
    private final int height;

    Image(ImageReader reader, ByteBuffer luma, int width, int height, int stride) {
        this.reader = reader;
        this.plane = new Plane(luma, stride);
        this.width = width;
        this.height = height;
    }

    public int getWidth() {
        return width;
    }

    public int getHeight() {
        return height;
    }

    public Plane[] getPlanes() {
        return new Plane[] {plane};
    }

    public void close() {
        reader.letGo(this);
    }

    public static class Plane {
        private final ByteBuffer buffer;
        private final int stride;

        Plane(ByteBuffer buffer, int stride) {
            this.buffer = buffer;
            this.stride = stride;
        }

        public ByteBuffer getBuffer() {
            return buffer;
        }

        public int getRowStride() {
            return stride;
        }
    }
}
