package chat.festival;

import android.bluetooth.BluetoothAdapter;
import android.bluetooth.le.AdvertiseData;
import android.bluetooth.le.AdvertisingSet;
import android.bluetooth.le.AdvertisingSetCallback;
import android.bluetooth.le.AdvertisingSetParameters;
import android.bluetooth.le.BluetoothLeAdvertiser;
import android.os.ParcelUuid;
import java.nio.ByteBuffer;

/**
 * What this device shows to everybody near: a token, as data of the service. Android gives each set of advertisements an
 * address of its own, so another token is shown by the same set: whoever is about to connect would miss it otherwise.
 */
final class BluetoothAdvertiser {
    private final Bluetooth radio;
    private boolean isWanted;
    private long token;
    private int interval;
    private Showing showing;

    BluetoothAdvertiser(Bluetooth radio) {
        this.radio = radio;
    }

    /** Shows this from now on. */
    void show(boolean isWanted, long token, int everyMillis) {
        this.isWanted = isWanted;
        this.token = token;
        // The system counts in 0.625 ms.
        interval = Math.max(AdvertisingSetParameters.INTERVAL_MIN,
            (int) Math.min(everyMillis * 8L / 5, AdvertisingSetParameters.INTERVAL_MAX));
        look();
    }

    /** Shows what is not shown yet. */
    void look() {
        if (showing != null && (!isWanted || showing.hasFailed || showing.interval != interval)) {
            end();
        }
        if (!isWanted) {
            return;
        }
        if (showing == null) {
            begin();
        } else if (showing.set != null && showing.token != token) {
            showing.token = token;
            showing.set.setAdvertisingData(data(token));
        }
    }

    void stop() {
        isWanted = false;
        try {
            end();
        } catch (RuntimeException alreadyGone) {
            showing = null;
        }
    }

    private void begin() {
        AdvertisingSetParameters parameters = new AdvertisingSetParameters.Builder()
            .setLegacyMode(true)
            .setConnectable(true)
            .setScannable(true)
            .setInterval(interval)
            .setTxPowerLevel(AdvertisingSetParameters.TX_POWER_HIGH)
            .build();
        Showing begun = new Showing(token, interval);
        showing = begun;
        advertiser().startAdvertisingSet(parameters, data(token), null, null, null, begun);
    }

    private void end() {
        Showing ended = showing;
        showing = null;
        if (ended != null) {
            advertiser().stopAdvertisingSet(ended);
        }
    }

    private BluetoothLeAdvertiser advertiser() {
        BluetoothAdapter adapter = radio.adapter();
        BluetoothLeAdvertiser advertiser = adapter == null ? null : adapter.getBluetoothLeAdvertiser();
        if (advertiser == null) {
            throw new IllegalStateException("the adapter does not advertise any more");
        }
        return advertiser;
    }

    /** With the UUID of the service listed as well it would not fit into 31 bytes. */
    private static AdvertiseData data(long token) {
        return new AdvertiseData.Builder()
            .setIncludeDeviceName(false)
            .setIncludeTxPowerLevel(false)
            .addServiceData(new ParcelUuid(Bluetooth.SERVICE), ByteBuffer.allocate(8).putLong(token).array())
            .build();
    }

    /** One set of advertisements. */
    private final class Showing extends AdvertisingSetCallback {
        final int interval;
        long token;
        AdvertisingSet set;
        boolean hasFailed;

        Showing(long token, int interval) {
            this.token = token;
            this.interval = interval;
        }

        @Override
        public void onAdvertisingSetStarted(AdvertisingSet set, int txPower, int status) {
            synchronized (radio) {
                if (this != showing) {
                    return;
                }
                hasFailed = status != ADVERTISE_SUCCESS || set == null;
                this.set = set;
                if (!hasFailed) {
                    try {
                        look();
                    } catch (RuntimeException why) {
                        radio.broken(why);
                    }
                }
            }
        }
    }
}
