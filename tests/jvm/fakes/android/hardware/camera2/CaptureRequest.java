package android.hardware.camera2;

import android.view.Surface;

public final class CaptureRequest {
    public static final int CONTROL_AF_MODE_CONTINUOUS_PICTURE = 4;
    public static final Key<Integer> CONTROL_AF_MODE = new Key<Integer>();

    Surface target;
    boolean focuses;

    private CaptureRequest() {}

    public static final class Key<T> {}

    public static final class Builder {
        private final CaptureRequest request = new CaptureRequest();

        public void addTarget(Surface target) {
            request.target = target;
        }

        public <T> void set(Key<T> key, T value) {
            request.focuses = key == CONTROL_AF_MODE && value.equals(CONTROL_AF_MODE_CONTINUOUS_PICTURE);
        }

        public CaptureRequest build() {
            return request;
        }
    }
}
