package android.bluetooth.le;

import android.bluetooth.Phone;

public final class AdvertisingSet {
    private final Phone phone;
    AdvertiseData data;

    AdvertisingSet(Phone phone, AdvertiseData data) {
        this.phone = phone;
        this.data = data;
    }

    public void setAdvertisingData(AdvertiseData advertiseData) {
        synchronized (phone.air) {
            phone.checkOn();
            data = advertiseData;
            phone.showsAnother();
        }
    }
}
