package android.bluetooth.le;

import android.bluetooth.Phone;

public final class BluetoothLeAdvertiser {
    /** Sets that were begun. */
    public int sets;
    private final Phone phone;
    private AdvertisingSetCallback owner;
    private AdvertisingSet set;

    public BluetoothLeAdvertiser(Phone phone) {
        this.phone = phone;
    }

    public void startAdvertisingSet(
        AdvertisingSetParameters parameters,
        AdvertiseData advertiseData,
        AdvertiseData scanResponse,
        PeriodicAdvertisingParameters periodicParameters,
        AdvertiseData periodicData,
        final AdvertisingSetCallback callback) {
        synchronized (phone.air) {
            phone.checkOn();
            if (advertiseData.length() > 31) {
                throw new IllegalArgumentException("Advertising data too big");
            }
            if (owner != null) {
                throw new IllegalStateException("a second one is started: nothing in the app does");
            }
            final AdvertisingSet started = new AdvertisingSet(phone, advertiseData);
            sets++;
            owner = callback;
            set = started;
            phone.onMain(new Runnable() {
                @Override
                public void run() {
                    callback.onAdvertisingSetStarted(started, 1, AdvertisingSetCallback.ADVERTISE_SUCCESS);
                }
            });
            phone.showsAnother();
        }
    }

    public void stopAdvertisingSet(AdvertisingSetCallback callback) {
        synchronized (phone.air) {
            phone.checkOn();
            if (owner == callback) {
                stop();
            }
        }
    }

    public void stop() {
        owner = null;
        set = null;
    }

    /** What is shown, or null. */
    public AdvertiseData shown() {
        return set == null ? null : set.data;
    }
}
