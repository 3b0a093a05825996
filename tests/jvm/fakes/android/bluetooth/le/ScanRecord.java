package android.bluetooth.le;

import android.os.ParcelUuid;

public final class ScanRecord {
    private final AdvertiseData data;

    ScanRecord(AdvertiseData data) {
        this.data = data;
    }

    public byte[] getServiceData(ParcelUuid uuid) {
        return data.serviceData.get(uuid);
    }
}
