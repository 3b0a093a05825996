package chat.festival;

import android.bluetooth.BluetoothAdapter;
import android.bluetooth.BluetoothDevice;
import android.bluetooth.BluetoothGatt;
import android.bluetooth.BluetoothGattCharacteristic;
import android.bluetooth.BluetoothGattDescriptor;
import android.bluetooth.BluetoothGattServer;
import android.bluetooth.BluetoothGattServerCallback;
import android.bluetooth.BluetoothGattService;
import android.bluetooth.BluetoothManager;
import android.bluetooth.BluetoothProfile;
import android.bluetooth.BluetoothServerSocket;
import android.bluetooth.BluetoothSocket;
import android.content.Context;
import android.os.Build;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;

/**
 * The peripheral's side: centrals write packets to one characteristic and are notified by another. Android has room for one
 * notification of each central, and says when the next one may follow. A central that was answered may open an L2CAP channel
 * beside.
 */
final class BluetoothServer extends BluetoothGattServerCallback {
    /** More centrals than any radio is connected to. */
    private static final int MAX_CENTRALS = 32;

    private final Bluetooth radio;
    private final BluetoothGattCharacteristic toCentral = new BluetoothGattCharacteristic(
        Bluetooth.TO_CENTRAL, BluetoothGattCharacteristic.PROPERTY_NOTIFY, 0);
    private final Map<Long, Central> centrals = new HashMap<Long, Central>();
    private BluetoothGattServer server;
    private BluetoothServerSocket channels;

    BluetoothServer(Bluetooth radio) {
        this.radio = radio;
    }

    /** Begins to serve; false if that cannot be. */
    boolean open(Context context, BluetoothManager manager) {
        server = manager.openGattServer(context, this);
        if (server == null) {
            return false;
        }
        BluetoothGattCharacteristic toPeripheral = new BluetoothGattCharacteristic(
            Bluetooth.TO_PERIPHERAL,
            BluetoothGattCharacteristic.PROPERTY_WRITE_NO_RESPONSE,
            BluetoothGattCharacteristic.PERMISSION_WRITE);
        toCentral.addDescriptor(new BluetoothGattDescriptor(
            Bluetooth.SUBSCRIPTION,
            BluetoothGattDescriptor.PERMISSION_READ | BluetoothGattDescriptor.PERMISSION_WRITE));
        BluetoothGattService service =
            new BluetoothGattService(Bluetooth.SERVICE, BluetoothGattService.SERVICE_TYPE_PRIMARY);
        service.addCharacteristic(toPeripheral);
        service.addCharacteristic(toCentral);
        if (Build.VERSION.SDK_INT >= 29 && listen(manager.getAdapter())) {
            service.addCharacteristic(new BluetoothGattCharacteristic(
                Bluetooth.PSM, BluetoothGattCharacteristic.PROPERTY_READ, BluetoothGattCharacteristic.PERMISSION_READ));
        }
        return server.addService(service);
    }

    /** Waits for channels; false if there can be none: GATT alone does it, slower. */
    private boolean listen(BluetoothAdapter adapter) {
        try {
            channels = adapter.listenUsingInsecureL2capChannel();
        } catch (IOException | RuntimeException none) {
            return false;
        }
        final BluetoothServerSocket listening = channels;
        new Thread("festival-l2cap") {
            @Override
            public void run() {
                try {
                    while (true) {
                        welcome(listening.accept());
                    }
                } catch (IOException | RuntimeException closed) {
                    // It was closed, or the adapter is off.
                }
            }
        }.start();
        return true;
    }

    /** Takes in a channel of a central that has said something, one of each. */
    private void welcome(BluetoothSocket socket) throws IOException {
        synchronized (radio) {
            long number = Bluetooth.number(socket.getRemoteDevice());
            Central central = server == null ? null : centrals.get(number);
            if (central == null || !central.isMet || (central.channel != null && central.channel.isOpen())) {
                socket.close();
                return;
            }
            central.channel = new BluetoothChannel(radio, number, false, socket);
            central.channel.open();
        }
    }

    void close() {
        for (Central central : centrals.values()) {
            central.end();
        }
        centrals.clear();
        try {
            if (channels != null) {
                channels.close();
            }
        } catch (IOException | RuntimeException alreadyGone) {
            // It is over in any case.
        }
        BluetoothGattServer closed = server;
        server = null;
        try {
            if (closed != null) {
                closed.close();
            }
        } catch (RuntimeException alreadyGone) {
            // It is over in any case.
        }
    }

    /** Notifies a central; what there is no room for is lost. */
    void send(long number, byte[] packet) {
        Central central = centrals.get(number);
        if (central != null && central.hasChannel()) {
            central.channel.send(packet);
        } else if (central != null && central.isSubscribed && central.waiting.size() < Bluetooth.MAX_WAITING) {
            central.waiting.add(packet);
            notifyNext(central);
        }
    }

    /** Ends a connection to a central. */
    void disconnect(long number) {
        Central central = centrals.get(number);
        if (central != null && server != null) {
            central.isMet = false;
            central.end();
            // Android lets no app end a connection that it has not said to use itself.
            server.connect(central.device, false);
            server.cancelConnection(central.device);
        }
    }

    private void notifyNext(Central central) {
        while (!central.isNotified && !central.waiting.isEmpty()) {
            byte[] packet = central.waiting.remove();
            // Cut for a larger MTU than there is.
            if (packet.length <= Bluetooth.maxPacket(central.mtu)) {
                toCentral.setValue(packet);
                central.isNotified = server.notifyCharacteristicChanged(central.device, toCentral, false);
            }
        }
    }

    /** A central, if it is one that there is still room for. */
    private Central central(BluetoothDevice device) {
        long number = Bluetooth.number(device);
        Central central = centrals.get(number);
        if (central == null && centrals.size() < MAX_CENTRALS) {
            central = new Central(device);
            centrals.put(number, central);
        }
        return central;
    }

    @Override
    public void onServiceAdded(int status, BluetoothGattService service) {
        synchronized (radio) {
            radio.serves(this, status == BluetoothGatt.GATT_SUCCESS);
        }
    }

    /** Also told of those that this device has connected to: who has sent nothing is not spoken of. */
    @Override
    public void onConnectionStateChange(BluetoothDevice device, int status, int newState) {
        synchronized (radio) {
            if (server != null && newState == BluetoothProfile.STATE_DISCONNECTED) {
                Central gone = centrals.remove(Bluetooth.number(device));
                if (gone != null) {
                    gone.end();
                }
                if (gone != null && gone.isMet) {
                    Bluetooth.onDisconnected(radio.radio, Bluetooth.number(device), false);
                }
            }
        }
    }

    @Override
    public void onMtuChanged(BluetoothDevice device, int mtu) {
        synchronized (radio) {
            Central central = server == null ? null : central(device);
            if (central != null) {
                central.mtu = Math.max(mtu, Bluetooth.LEAST_MTU);
            }
        }
    }

    @Override
    public void onCharacteristicWriteRequest(
        BluetoothDevice device,
        int request,
        BluetoothGattCharacteristic characteristic,
        boolean isPrepared,
        boolean mustAnswer,
        int offset,
        byte[] value) {
        synchronized (radio) {
            if (server == null) {
                return;
            }
            boolean isPacket =
                !isPrepared && offset == 0 && value != null && Bluetooth.TO_PERIPHERAL.equals(characteristic.getUuid());
            Central central = isPacket ? central(device) : null;
            if (central != null) {
                central.isMet = true;
                Bluetooth.onPacket(radio.radio, Bluetooth.number(device), false, central.maxPacket(), value);
            }
            answer(mustAnswer, device, request, central != null, null);
        }
    }

    @Override
    public void onDescriptorWriteRequest(
        BluetoothDevice device,
        int request,
        BluetoothGattDescriptor descriptor,
        boolean isPrepared,
        boolean mustAnswer,
        int offset,
        byte[] value) {
        synchronized (radio) {
            if (server == null) {
                return;
            }
            boolean isRight =
                !isPrepared && offset == 0 && value != null && Bluetooth.SUBSCRIPTION.equals(descriptor.getUuid());
            Central central = isRight ? central(device) : null;
            if (central != null) {
                central.isSubscribed = Arrays.equals(value, BluetoothGattDescriptor.ENABLE_NOTIFICATION_VALUE);
            }
            answer(mustAnswer, device, request, central != null, value);
        }
    }

    @Override
    public void onDescriptorReadRequest(
        BluetoothDevice device, int request, int offset, BluetoothGattDescriptor descriptor) {
        synchronized (radio) {
            if (server == null) {
                return;
            }
            Central central = centrals.get(Bluetooth.number(device));
            byte[] value = central != null && central.isSubscribed
                ? BluetoothGattDescriptor.ENABLE_NOTIFICATION_VALUE
                : BluetoothGattDescriptor.DISABLE_NOTIFICATION_VALUE;
            answer(true, device, request, offset == 0, value);
        }
    }

    @Override
    public void onCharacteristicReadRequest(
        BluetoothDevice device, int request, int offset, BluetoothGattCharacteristic characteristic) {
        synchronized (radio) {
            if (server == null) {
                return;
            }
            boolean isRight = offset == 0 && channels != null && Bluetooth.PSM.equals(characteristic.getUuid());
            int psm = isRight ? channels.getPsm() : 0;
            answer(true, device, request, isRight, new byte[] {(byte) psm, (byte) (psm >> 8)});
        }
    }

    @Override
    public void onNotificationSent(BluetoothDevice device, int status) {
        synchronized (radio) {
            Central central = server == null ? null : centrals.get(Bluetooth.number(device));
            if (central != null) {
                central.isNotified = false;
                try {
                    notifyNext(central);
                } catch (RuntimeException why) {
                    radio.broken(why);
                }
            }
        }
    }

    private void answer(boolean mustAnswer, BluetoothDevice device, int request, boolean isRight, byte[] value) {
        if (mustAnswer) {
            try {
                int status = isRight ? BluetoothGatt.GATT_SUCCESS : BluetoothGatt.GATT_REQUEST_NOT_SUPPORTED;
                server.sendResponse(device, request, status, 0, value);
            } catch (RuntimeException why) {
                radio.broken(why);
            }
        }
    }

    /** A device that is connected. */
    private static final class Central {
        final BluetoothDevice device;
        final Queue<byte[]> waiting = new ArrayDeque<byte[]>();
        int mtu = Bluetooth.LEAST_MTU;
        boolean isSubscribed;
        /** Whether the native library knows of it: it has sent something. */
        boolean isMet;
        /** A notification is under way. */
        boolean isNotified;
        /** The channel it has opened last. */
        BluetoothChannel channel;

        Central(BluetoothDevice device) {
            this.device = device;
        }

        /** Whether packets are sent on its channel. */
        boolean hasChannel() {
            return channel != null && channel.isHeard();
        }

        int maxPacket() {
            return hasChannel() ? channel.maxPacket() : Bluetooth.maxPacket(mtu);
        }

        void end() {
            waiting.clear();
            if (channel != null) {
                channel.close();
            }
        }
    }
}
