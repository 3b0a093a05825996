package android.bluetooth.le;

import android.os.ParcelUuid;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

public final class AdvertiseData {
    final Map<ParcelUuid, byte[]> serviceData;
    final List<ParcelUuid> services = new ArrayList<ParcelUuid>();

    private AdvertiseData(Map<ParcelUuid, byte[]> serviceData) {
        this.serviceData = serviceData;
    }

    /** What a device shows that can only list services. */
    public static AdvertiseData listing(UUID... uuids) {
        AdvertiseData data = new AdvertiseData(new HashMap<ParcelUuid, byte[]>());
        for (UUID uuid : uuids) {
            data.services.add(new ParcelUuid(uuid));
        }
        return data;
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
