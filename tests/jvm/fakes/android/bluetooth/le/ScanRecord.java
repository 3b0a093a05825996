package android.bluetooth.le;

import android.os.ParcelUuid;
import java.util.List;

public final class ScanRecord {
    private final AdvertiseData data;

    ScanRecord(AdvertiseData data) {
        this.data = data;
    }

    public byte[] getServiceData(ParcelUuid uuid) {
        return data.serviceData.get(uuid);
    }

    /** As Android has it: none rather than an empty list. */
    public List<ParcelUuid> getServiceUuids() {
        return data.services.isEmpty() ? null : data.services;
    }
}
