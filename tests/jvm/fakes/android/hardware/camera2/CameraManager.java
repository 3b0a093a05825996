package android.hardware.camera2;

import android.content.pm.Rights;
import android.media.ImageReader;
import android.os.Handler;
import android.view.Surface;

/** A phone's cameras: one on the front, one on the back. What a test does with them is below. */
public final class CameraManager {
    public boolean hasCameras = true;
    /** Why it is not opened, if it is not: one of `CameraAccessException`. */
    public int refusal;
    private CameraDevice device;
    private CameraDevice.StateCallback callback;

    public String[] getCameraIdList() throws CameraAccessException {
        return hasCameras ? new String[] {"front", "back"} : new String[0];
    }

    public CameraCharacteristics getCameraCharacteristics(String id) throws CameraAccessException {
        return new CameraCharacteristics(
            "back".equals(id) ? CameraCharacteristics.LENS_FACING_BACK : CameraCharacteristics.LENS_FACING_FRONT);
    }

    public void openCamera(String id, final CameraDevice.StateCallback wants, Handler handler)
            throws CameraAccessException {
        if (!Rights.isGranted("android.permission.CAMERA")) {
            throw new SecurityException("Lacking privileges to access camera service");
        }
        if (refusal != 0) {
            throw new CameraAccessException(refusal);
        }
        if (isOn()) {
            throw new IllegalStateException("opened twice");
        }
        final CameraDevice opened = new CameraDevice();
        device = opened;
        callback = wants;
        handler.post(new Runnable() {
            @Override
            public void run() {
                wants.onOpened(opened);
            }
        });
    }

    public boolean isOn() {
        return device != null && !device.isClosed;
    }

    public boolean focuses() {
        return isOn() && device.request != null && device.request.focuses;
    }

    /** It sees this; whether anybody looks. */
    public boolean see(byte[] luma, int width, int height, int stride) {
        Surface target = isOn() ? device.target() : null;
        return target != null && ImageReader.of(target).take(luma, width, height, stride);
    }

    /** Another app has taken it. */
    public void takeAway() {
        callback.onDisconnected(device);
    }

    /** It fails, for one of the reasons of `CameraDevice.StateCallback`. */
    public void fail(int error) {
        callback.onError(device, error);
    }
}
