package chat.festival;

import android.bluetooth.BluetoothDevice;
import android.bluetooth.BluetoothGatt;
import android.bluetooth.BluetoothGattCallback;
import android.bluetooth.BluetoothGattCharacteristic;
import android.bluetooth.BluetoothGattDescriptor;
import android.bluetooth.BluetoothGattService;
import android.bluetooth.BluetoothProfile;
import android.content.Context;
import android.os.Build;
import android.util.Log;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Queue;

/**
 * The central's side of one connection. Android does one thing at a time on it and says when it is done: only then the next
 * one is asked for. A connection that failed in any way is closed, since one that is kept is not usable any more. Once the
 * other end has answered, an L2CAP channel is opened beside, where both can: whoever answers nothing is asked for nothing more.
 */
final class BluetoothClient extends BluetoothGattCallback {
    /** The largest that Android agrees to. */
    private static final int WANTED_MTU = 517;

    /** How far it has come. */
    private static final int CONNECTING = 0;
    private static final int AGREEING_ON_MTU = 1;
    private static final int DISCOVERING = 2;
    private static final int SUBSCRIBING = 3;
    private static final int READY = 4;
    private static final int OVER = 5;

    private final Bluetooth radio;
    final long number;
    private final Queue<byte[]> waiting = new ArrayDeque<byte[]>();
    private BluetoothGatt gatt;
    private BluetoothGattCharacteristic toPeripheral;
    private int stage = CONNECTING;
    private int mtu = Bluetooth.LEAST_MTU;
    /** Something is asked for that is not done yet. */
    private boolean isBusy;
    private BluetoothGattCharacteristic psm;
    private boolean wasAnswered;
    private boolean mustReadPsm;
    private BluetoothChannel channel;

    BluetoothClient(Bluetooth radio, long number) {
        this.radio = radio;
        this.number = number;
    }

    void connect(Context context, BluetoothDevice device) {
        gatt = device.connectGatt(context, false, this, BluetoothDevice.TRANSPORT_LE);
        if (gatt == null) {
            end("Android makes no connection");
        }
    }

    /** Sends a packet; what there is no room for is lost. */
    void send(byte[] packet) {
        if (channel != null && channel.isOpen()) {
            channel.send(packet);
        } else if (stage == READY && waiting.size() < Bluetooth.MAX_WAITING) {
            waiting.add(packet);
            goOn();
        }
    }

    /** Gives up if it is not connected yet, or, if all is due, if not everything that precedes packets is done. */
    void overdue(boolean isAllDue) {
        if (stage == CONNECTING || (isAllDue && stage < READY)) {
            end("it takes too long");
        }
    }

    /** Ends it without a word. */
    void close() {
        stage = OVER;
        waiting.clear();
        if (channel != null) {
            channel.close();
        }
        BluetoothGatt closed = gatt;
        gatt = null;
        try {
            if (closed != null) {
                closed.disconnect();
                closed.close();
            }
        } catch (RuntimeException alreadyGone) {
            // It is over in any case.
        }
    }

    private void end(String why) {
        boolean wasReady = stage == READY;
        close();
        radio.forget(this);
        Log.i("festival", "Bluetooth: a connection is over: " + why);
        if (wasReady) {
            Bluetooth.onDisconnected(radio.radio, number, true);
        } else {
            Bluetooth.onConnectFailed(radio.radio, number);
        }
    }

    /** Does the next thing, unless one is still under way. */
    private void goOn() {
        if (!isBusy && mustReadPsm) {
            mustReadPsm = false;
            isBusy = gatt.readCharacteristic(psm);
        }
        while (!isBusy && !waiting.isEmpty()) {
            byte[] packet = waiting.remove();
            // Cut for a larger MTU than there is.
            if (packet.length <= Bluetooth.maxPacket(mtu)) {
                toPeripheral.setWriteType(BluetoothGattCharacteristic.WRITE_TYPE_NO_RESPONSE);
                toPeripheral.setValue(packet);
                isBusy = gatt.writeCharacteristic(toPeripheral);
            }
        }
    }

    /** Whether what Android tells is still about this connection. */
    private boolean isOf(BluetoothGatt gatt) {
        return stage != OVER && gatt == this.gatt;
    }

    @Override
    public void onConnectionStateChange(BluetoothGatt gatt, int status, int newState) {
        synchronized (radio) {
            if (!isOf(gatt)) {
                return;
            }
            if (status != BluetoothGatt.GATT_SUCCESS || newState != BluetoothProfile.STATE_CONNECTED) {
                end("status " + status);
                return;
            }
            if (stage != CONNECTING) {
                return;
            }
            stage = AGREEING_ON_MTU;
            try {
                if (!gatt.requestMtu(WANTED_MTU)) {
                    discover();
                }
            } catch (RuntimeException why) {
                radio.broken(why);
            }
        }
    }

    @Override
    public void onMtuChanged(BluetoothGatt gatt, int mtu, int status) {
        synchronized (radio) {
            if (!isOf(gatt)) {
                return;
            }
            if (status == BluetoothGatt.GATT_SUCCESS) {
                this.mtu = Math.max(mtu, Bluetooth.LEAST_MTU);
            }
            if (stage == AGREEING_ON_MTU) {
                try {
                    discover();
                } catch (RuntimeException why) {
                    radio.broken(why);
                }
            }
        }
    }

    private void discover() {
        stage = DISCOVERING;
        if (!gatt.discoverServices()) {
            end("services are not looked for");
        }
    }

    @Override
    public void onServicesDiscovered(BluetoothGatt gatt, int status) {
        synchronized (radio) {
            if (!isOf(gatt) || stage != DISCOVERING) {
                return;
            }
            try {
                BluetoothGattService service =
                    status == BluetoothGatt.GATT_SUCCESS ? gatt.getService(Bluetooth.SERVICE) : null;
                if (service == null || !subscribe(service)) {
                    end("the service is not there");
                }
            } catch (RuntimeException why) {
                radio.broken(why);
            }
        }
    }

    /** Asks to be notified; false if that is nothing to be asked for. */
    private boolean subscribe(BluetoothGattService service) {
        stage = SUBSCRIBING;
        toPeripheral = service.getCharacteristic(Bluetooth.TO_PERIPHERAL);
        BluetoothGattCharacteristic toCentral = service.getCharacteristic(Bluetooth.TO_CENTRAL);
        psm = Build.VERSION.SDK_INT < 29 ? null : service.getCharacteristic(Bluetooth.PSM);
        if (toPeripheral == null || toCentral == null) {
            return false;
        }
        BluetoothGattDescriptor subscription = toCentral.getDescriptor(Bluetooth.SUBSCRIPTION);
        return subscription != null
            && gatt.setCharacteristicNotification(toCentral, true)
            && subscription.setValue(BluetoothGattDescriptor.ENABLE_NOTIFICATION_VALUE)
            && gatt.writeDescriptor(subscription);
    }

    @Override
    public void onDescriptorWrite(BluetoothGatt gatt, BluetoothGattDescriptor descriptor, int status) {
        synchronized (radio) {
            if (!isOf(gatt) || stage != SUBSCRIBING) {
                return;
            }
            if (status != BluetoothGatt.GATT_SUCCESS) {
                end("status " + status);
                return;
            }
            stage = READY;
            Bluetooth.onConnected(radio.radio, number, Bluetooth.maxPacket(mtu));
        }
    }

    /** Whether the packet arrived or not: what is lost the native library sends again. */
    @Override
    public void onCharacteristicWrite(BluetoothGatt gatt, BluetoothGattCharacteristic characteristic, int status) {
        synchronized (radio) {
            if (isOf(gatt)) {
                isBusy = false;
                try {
                    goOn();
                } catch (RuntimeException why) {
                    radio.broken(why);
                }
            }
        }
    }

    @Override
    public void onCharacteristicRead(BluetoothGatt gatt, BluetoothGattCharacteristic characteristic, int status) {
        onCharacteristicRead(gatt, characteristic, characteristic.getValue(), status);
    }

    /** Since Android 13 instead of the one above, which it calls unless there is this one. */
    public void onCharacteristicRead(
        BluetoothGatt gatt, BluetoothGattCharacteristic characteristic, byte[] value, int status) {
        synchronized (radio) {
            if (!isOf(gatt)) {
                return;
            }
            isBusy = false;
            if (status == BluetoothGatt.GATT_SUCCESS && value != null && value.length == 2) {
                openChannel(gatt.getDevice(), (value[0] & 0xff) | (value[1] & 0xff) << 8);
            }
            try {
                goOn();
            } catch (RuntimeException why) {
                radio.broken(why);
            }
        }
    }

    /** GATT alone does it, slower, where that fails. */
    private void openChannel(BluetoothDevice device, int psm) {
        try {
            channel = new BluetoothChannel(radio, number, true, device.createInsecureL2capChannel(psm));
            channel.connect();
        } catch (IOException | RuntimeException none) {
            Log.i("festival", "Bluetooth: there is no channel: " + none);
        }
    }

    /** Before Android 13, which gives the value by itself: the next one may have taken its place. */
    @Override
    public void onCharacteristicChanged(BluetoothGatt gatt, BluetoothGattCharacteristic characteristic) {
        onCharacteristicChanged(gatt, characteristic, characteristic.getValue());
    }

    /** Since Android 13 instead of the one above, which it calls unless there is this one. */
    public void onCharacteristicChanged(BluetoothGatt gatt, BluetoothGattCharacteristic characteristic, byte[] value) {
        synchronized (radio) {
            boolean isPacket =
                value != null && stage == READY && Bluetooth.TO_CENTRAL.equals(characteristic.getUuid());
            if (!isPacket || !isOf(gatt)) {
                return;
            }
            boolean hasChannel = channel != null && channel.isOpen();
            int maxPacket = hasChannel ? channel.maxPacket() : Bluetooth.maxPacket(mtu);
            Bluetooth.onPacket(radio.radio, number, true, maxPacket, value);
            if (psm != null && !wasAnswered) {
                wasAnswered = true;
                mustReadPsm = true;
                try {
                    goOn();
                } catch (RuntimeException why) {
                    radio.broken(why);
                }
            }
        }
    }
}
