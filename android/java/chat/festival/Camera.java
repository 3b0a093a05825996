package chat.festival;

import android.Manifest;
import android.app.Activity;
import android.content.Context;
import android.content.pm.PackageManager;
import android.graphics.ImageFormat;
import android.hardware.camera2.CameraAccessException;
import android.hardware.camera2.CameraCaptureSession;
import android.hardware.camera2.CameraCharacteristics;
import android.hardware.camera2.CameraDevice;
import android.hardware.camera2.CameraManager;
import android.hardware.camera2.CaptureRequest;
import android.hardware.camera2.params.StreamConfigurationMap;
import android.media.Image;
import android.media.ImageReader;
import android.os.Handler;
import android.os.HandlerThread;
import android.util.Size;
import java.util.Collections;

/**
 * The camera on the back, as long as a code is looked for and the window is in sight: hands over how bright each pixel is,
 * one picture at a time. All but the first words of its methods happens on a thread of its own.
 */
final class Camera {
    /** Why nothing is seen. */
    static final int NONE = 0;
    static final int BUSY = 1;
    static final int TAKEN = 2;
    static final int REFUSED = 3;
    static final int BROKEN = 4;

    private static final int NO_SCAN = -1;
    /** The size to come near, and the finest: small codes need more, slow phones less. */
    private static final int USUAL_PIXELS = 1280 * 720;
    private static final int MOST_PIXELS = 1920 * 1080;
    /** One that is looked at, and one that is being taken. */
    private static final int MOST_IMAGES = 2;
    private static final int FULL_TURN = 360;
    private static final int QUARTER_TURN = 90;

    private final Activity activity;
    private final CameraManager manager;
    private Handler handler;
    private int scan = NO_SCAN;
    private boolean isInSight;
    private Opening opening;

    Camera(Activity activity) {
        this.activity = activity;
        manager = (CameraManager) activity.getSystemService(Context.CAMERA_SERVICE);
    }

    /** Shows what it sees to this scan, whatever was before. */
    void start(final int wanted) {
        handler().post(new Runnable() {
            @Override
            public void run() {
                scan = wanted;
                follow();
            }
        });
    }

    /** This scan is over; a newer one is left alone. */
    void stop(final int over) {
        handler().post(new Runnable() {
            @Override
            public void run() {
                end(over);
            }
        });
    }

    /** Out of sight it is given back, and comes again with the window. */
    void setInSight(final boolean is) {
        synchronized (this) {
            if (handler == null) {
                isInSight = is;
                return;
            }
        }
        handler().post(new Runnable() {
            @Override
            public void run() {
                isInSight = is;
                follow();
            }
        });
    }

    private synchronized Handler handler() {
        if (handler == null) {
            HandlerThread thread = new HandlerThread("camera");
            thread.start();
            handler = new Handler(thread.getLooper());
        }
        return handler;
    }

    private void end(int over) {
        if (scan == over) {
            scan = NO_SCAN;
            follow();
        }
    }

    /** Opens or closes it, as it is wanted. */
    private void follow() {
        boolean isWanted = scan != NO_SCAN && isInSight;
        if (!isWanted && opening != null) {
            opening.close();
            opening = null;
        } else if (isWanted && opening == null) {
            open();
        }
    }

    private void open() {
        if (activity.checkSelfPermission(Manifest.permission.CAMERA) != PackageManager.PERMISSION_GRANTED) {
            fail(REFUSED);
            return;
        }
        try {
            String id = onTheBack();
            if (id == null) {
                fail(NONE);
                return;
            }
            opening = new Opening(manager.getCameraCharacteristics(id));
            manager.openCamera(id, opening, handler);
        } catch (CameraAccessException why) {
            fail(reason(why));
        } catch (SecurityException why) {
            fail(REFUSED);
        } catch (IllegalArgumentException why) {
            fail(BROKEN);
        }
    }

    /** Nothing is seen any more. It is asked for anew by whoever wants to try again. */
    private void fail(int why) {
        int failed = scan;
        scan = NO_SCAN;
        follow();
        if (failed != NO_SCAN) {
            Services.onCameraProblem(failed, why);
        }
    }

    /** The camera on the back, or else any. */
    private String onTheBack() throws CameraAccessException {
        String[] ids = manager.getCameraIdList();
        for (String id : ids) {
            Integer side = manager.getCameraCharacteristics(id).get(CameraCharacteristics.LENS_FACING);
            if (side != null && side == CameraCharacteristics.LENS_FACING_BACK) {
                return id;
            }
        }
        return ids.length == 0 ? null : ids[0];
    }

    private static int reason(CameraAccessException why) {
        switch (why.getReason()) {
            case CameraAccessException.CAMERA_IN_USE:
            case CameraAccessException.MAX_CAMERAS_IN_USE:
                return BUSY;
            case CameraAccessException.CAMERA_DISABLED:
                return REFUSED;
            case CameraAccessException.CAMERA_DISCONNECTED:
                return TAKEN;
            default:
                return BROKEN;
        }
    }

    /** The camera from being asked for until it is given back. */
    private final class Opening extends CameraDevice.StateCallback implements ImageReader.OnImageAvailableListener {
        private final CameraCharacteristics traits;
        private CameraDevice device;
        private ImageReader reader;
        private boolean isClosed;

        Opening(CameraCharacteristics traits) {
            this.traits = traits;
        }

        void close() {
            isClosed = true;
            if (device != null) {
                device.close();
            }
            if (reader != null) {
                reader.close();
            }
        }

        private void fail(int why) {
            if (!isClosed) {
                Camera.this.fail(why);
            }
        }

        @Override
        public void onOpened(CameraDevice opened) {
            device = opened;
            if (isClosed) {
                opened.close();
                return;
            }
            Size size = size(traits.get(CameraCharacteristics.SCALER_STREAM_CONFIGURATION_MAP));
            if (size == null) {
                fail(BROKEN);
                return;
            }
            reader = ImageReader.newInstance(size.getWidth(), size.getHeight(), ImageFormat.YUV_420_888, MOST_IMAGES);
            reader.setOnImageAvailableListener(this, handler);
            try {
                device.createCaptureSession(Collections.singletonList(reader.getSurface()), new Session(), handler);
            } catch (CameraAccessException why) {
                fail(reason(why));
            } catch (IllegalStateException why) {
                fail(TAKEN);
            }
        }

        @Override
        public void onDisconnected(CameraDevice lost) {
            lost.close();
            fail(TAKEN);
        }

        @Override
        public void onError(CameraDevice broken, int why) {
            broken.close();
            switch (why) {
                case ERROR_CAMERA_IN_USE:
                case ERROR_MAX_CAMERAS_IN_USE:
                    fail(BUSY);
                    break;
                case ERROR_CAMERA_DISABLED:
                    fail(REFUSED);
                    break;
                default:
                    fail(BROKEN);
            }
        }

        /** The next picture is taken from the reader only when this one was looked at; those in between are dropped. */
        @Override
        public void onImageAvailable(ImageReader from) {
            if (isClosed) {
                return;
            }
            int looking = scan;
            boolean isWanted = true;
            Image image = from.acquireLatestImage();
            if (image == null) {
                return;
            }
            try {
                Image.Plane luma = image.getPlanes()[0];
                isWanted = Services.onFrame(
                    looking, luma.getBuffer(), image.getWidth(), image.getHeight(), luma.getRowStride(), turn());
            } finally {
                image.close();
            }
            if (!isWanted) {
                end(looking);
            }
        }

        private int turn() {
            Integer sensor = traits.get(CameraCharacteristics.SENSOR_ORIENTATION);
            Integer side = traits.get(CameraCharacteristics.LENS_FACING);
            int held = QUARTER_TURN * activity.getWindowManager().getDefaultDisplay().getRotation();
            boolean isFront = side != null && side == CameraCharacteristics.LENS_FACING_FRONT;
            int mounted = sensor == null ? 0 : sensor;
            return (mounted + (isFront ? held : FULL_TURN - held)) % FULL_TURN;
        }

        private final class Session extends CameraCaptureSession.StateCallback {
            @Override
            public void onConfigured(CameraCaptureSession session) {
                if (isClosed) {
                    return;
                }
                try {
                    CaptureRequest.Builder request = device.createCaptureRequest(CameraDevice.TEMPLATE_PREVIEW);
                    request.addTarget(reader.getSurface());
                    if (focusesByItself()) {
                        request.set(
                            CaptureRequest.CONTROL_AF_MODE, CaptureRequest.CONTROL_AF_MODE_CONTINUOUS_PICTURE);
                    }
                    session.setRepeatingRequest(request.build(), null, handler);
                } catch (CameraAccessException why) {
                    fail(reason(why));
                } catch (IllegalStateException why) {
                    fail(TAKEN);
                }
            }

            @Override
            public void onConfigureFailed(CameraCaptureSession session) {
                fail(BROKEN);
            }
        }

        private boolean focusesByItself() {
            int[] modes = traits.get(CameraCharacteristics.CONTROL_AF_AVAILABLE_MODES);
            if (modes != null) {
                for (int mode : modes) {
                    if (mode == CaptureRequest.CONTROL_AF_MODE_CONTINUOUS_PICTURE) {
                        return true;
                    }
                }
            }
            return false;
        }
    }

    /** The size nearest to the usual one; null if there is none. */
    private static Size size(StreamConfigurationMap map) {
        Size[] sizes = map == null ? null : map.getOutputSizes(ImageFormat.YUV_420_888);
        Size best = null;
        if (sizes != null) {
            for (Size size : sizes) {
                int pixels = size.getWidth() * size.getHeight();
                if (pixels <= MOST_PIXELS && (best == null || distance(size) < distance(best))) {
                    best = size;
                }
            }
        }
        return best;
    }

    private static int distance(Size size) {
        return Math.abs(size.getWidth() * size.getHeight() - USUAL_PIXELS);
    }
}
