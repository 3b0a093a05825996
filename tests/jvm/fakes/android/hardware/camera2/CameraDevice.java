package android.hardware.camera2;

import android.os.Handler;
import android.view.Surface;
import java.util.List;

public class CameraDevice {
    public static final int TEMPLATE_PREVIEW = 1;

    CaptureRequest request;
    boolean isClosed;
    private List<Surface> surfaces;

    void check() {
        if (isClosed) {
            throw new IllegalStateException("CameraDevice was already closed");
        }
    }

    public void createCaptureSession(
            List<Surface> outputs, final CameraCaptureSession.StateCallback callback, Handler handler)
            throws CameraAccessException {
        check();
        surfaces = outputs;
        handler.post(new Runnable() {
            @Override
            public void run() {
                callback.onConfigured(new CameraCaptureSession(CameraDevice.this));
            }
        });
    }

    public CaptureRequest.Builder createCaptureRequest(int template) throws CameraAccessException {
        check();
        return new CaptureRequest.Builder();
    }

    public void close() {
        isClosed = true;
    }

    /** Where its pictures go, once it takes some. */
    Surface target() {
        return request != null && surfaces.contains(request.target) ? request.target : null;
    }

    public abstract static class StateCallback {
        public static final int ERROR_CAMERA_IN_USE = 1;
        public static final int ERROR_MAX_CAMERAS_IN_USE = 2;
        public static final int ERROR_CAMERA_DISABLED = 3;
        public static final int ERROR_CAMERA_DEVICE = 4;
        public static final int ERROR_CAMERA_SERVICE = 5;

        public abstract void onOpened(CameraDevice device);

        public abstract void onDisconnected(CameraDevice device);

        public abstract void onError(CameraDevice device, int error);
    }
}
