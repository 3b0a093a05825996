package android.bluetooth.le;

import android.os.ParcelUuid;

public final class ScanFilter {
    private final ParcelUuid uuid;
    private final byte[] data;
    private final byte[] mask;

    private ScanFilter(ParcelUuid uuid, byte[] data, byte[] mask) {
        this.uuid = uuid;
        this.data = data;
        this.mask = mask;
    }

    boolean lets(AdvertiseData shown) {
        byte[] there = shown.serviceData.get(uuid);
        if (there == null || there.length < data.length) {
            return false;
        }
        for (int at = 0; at < data.length; at++) {
            if ((there[at] & mask[at]) != (data[at] & mask[at])) {
                return false;
            }
        }
        return true;
    }

    public static final class Builder {
        private ScanFilter filter;

        public Builder setServiceData(ParcelUuid serviceDataUuid, byte[] serviceData, byte[] serviceDataMask) {
            filter = new ScanFilter(serviceDataUuid, serviceData, serviceDataMask);
            return this;
        }

        public ScanFilter build() {
            return filter;
        }
    }
}
