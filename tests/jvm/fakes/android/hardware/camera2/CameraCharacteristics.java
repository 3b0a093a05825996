package android.hardware.camera2;

import android.hardware.camera2.params.StreamConfigurationMap;

public final class CameraCharacteristics {
    public static final int LENS_FACING_FRONT = 0;
    public static final int LENS_FACING_BACK = 1;

    public static final Key<Integer> LENS_FACING = new Key<Integer>();
    public static final Key<Integer> SENSOR_ORIENTATION = new Key<Integer>();
    public static final Key<int[]> CONTROL_AF_AVAILABLE_MODES = new Key<int[]>();
    public static final Key<StreamConfigurationMap> SCALER_STREAM_CONFIGURATION_MAP = new Key<StreamConfigurationMap>();

    private final int side;

    CameraCharacteristics(int side) {
        this.side = side;
    }

    @SuppressWarnings("unchecked")
    public <T> T get(Key<T> key) {
        Object value = null;
        if (key == LENS_FACING) {
            value = side;
        } else if (key == SENSOR_ORIENTATION) {
            value = 90;
        } else if (key == CONTROL_AF_AVAILABLE_MODES) {
            value = new int[] {0, CaptureRequest.CONTROL_AF_MODE_CONTINUOUS_PICTURE};
        } else if (key == SCALER_STREAM_CONFIGURATION_MAP) {
            value = new StreamConfigurationMap();
        }
        return (T) value;
    }

    public static final class Key<T> {}
}
