package android.bluetooth.le;

import android.os.ParcelUuid;
import java.util.HashMap;
import java.util.Map;

public final class AdvertiseData {
    final Map<ParcelUuid, byte[]> serviceData;

    private AdvertiseData(Map<ParcelUuid, byte[]> serviceData) {
        this.serviceData = serviceData;
    }

    /** How long it is on the air, with the flags of a device that can be connected to. */
    int length() {
        int length = 3;
        for (byte[] data : serviceData.values()) {
            length += 2 + 16 + data.length;
        }
        return length;
    }

    public static final class Builder {
        private final Map<ParcelUuid, byte[]> serviceData = new HashMap<ParcelUuid, byte[]>();

        public Builder setIncludeDeviceName(boolean includeDeviceName) {
            return this;
        }

        public Builder setIncludeTxPowerLevel(boolean includeTxPowerLevel) {
            return this;
        }

        public Builder addServiceData(ParcelUuid uuid, byte[] data) {
            serviceData.put(uuid, data);
            return this;
        }

        public AdvertiseData build() {
            return new AdvertiseData(serviceData);
        }
    }
}
