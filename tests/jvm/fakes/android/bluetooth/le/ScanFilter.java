package android.bluetooth.le;

import android.os.ParcelUuid;
import java.util.UUID;

public final class ScanFilter {
    private final ParcelUuid dataOf;
    private final byte[] data;
    private final byte[] dataMask;
    private final ParcelUuid service;
    private final ParcelUuid serviceMask;

    private ScanFilter(Builder builder) {
        dataOf = builder.dataOf;
        data = builder.data;
        dataMask = builder.dataMask;
        service = builder.service;
        serviceMask = builder.serviceMask;
    }

    boolean lets(AdvertiseData shown) {
        return (dataOf == null || letsData(shown)) && (service == null || letsService(shown));
    }

    private boolean letsData(AdvertiseData shown) {
        byte[] there = shown.serviceData.get(dataOf);
        if (there == null || there.length < data.length) {
            return false;
        }
        for (int at = 0; at < data.length; at++) {
            if ((there[at] & dataMask[at]) != (data[at] & dataMask[at])) {
                return false;
            }
        }
        return true;
    }

    private boolean letsService(AdvertiseData shown) {
        UUID wanted = service.getUuid();
        UUID mask = serviceMask.getUuid();
        for (ParcelUuid listed : shown.services) {
            long most = listed.getUuid().getMostSignificantBits() ^ wanted.getMostSignificantBits();
            long least = listed.getUuid().getLeastSignificantBits() ^ wanted.getLeastSignificantBits();
            if ((most & mask.getMostSignificantBits()) == 0 && (least & mask.getLeastSignificantBits()) == 0) {
                return true;
            }
        }
        return false;
    }

    public static final class Builder {
        private ParcelUuid dataOf;
        private byte[] data;
        private byte[] dataMask;
        private ParcelUuid service;
        private ParcelUuid serviceMask;

        public Builder setServiceData(ParcelUuid serviceDataUuid, byte[] serviceData, byte[] serviceDataMask) {
            dataOf = serviceDataUuid;
            data = serviceData;
            dataMask = serviceDataMask;
            return this;
        }

        public Builder setServiceUuid(ParcelUuid serviceUuid, ParcelUuid uuidMask) {
            service = serviceUuid;
            serviceMask = uuidMask;
            return this;
        }

        public ScanFilter build() {
            return new ScanFilter(this);
        }
    }
}
