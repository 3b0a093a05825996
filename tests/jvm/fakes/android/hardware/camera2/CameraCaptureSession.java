package android.hardware.camera2;

import android.os.Handler;

public class CameraCaptureSession {
    private final CameraDevice device;

    CameraCaptureSession(CameraDevice device) {
        this.device = device;
    }

    public int setRepeatingRequest(CaptureRequest request, CaptureCallback listener, Handler handler)
            throws CameraAccessException {
        device.check();
        device.request = request;
        return 1;
    }

    public abstract static class CaptureCallback {}

    public abstract static class StateCallback {
        public abstract void onConfigured(CameraCaptureSession session);

        public abstract void onConfigureFailed(CameraCaptureSession session);
    }
}
