package android.bluetooth;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

public final class BluetoothGattServer {
    final BluetoothGattServerCallback callback;
    final List<BluetoothGattService> services = new ArrayList<BluetoothGattService>();
    private final Phone phone;
    /** What is to be done once a request is answered. */
    private final Map<Integer, Answered> requests = new HashMap<Integer, Answered>();
    private int nextRequest;

    BluetoothGattServer(Phone phone, BluetoothGattServerCallback callback) {
        this.phone = phone;
        this.callback = callback;
    }

    /** Whoever waits for an answer. */
    interface Answered {
        void with(int status, byte[] value);
    }

    int request(Answered answered) {
        requests.put(++nextRequest, answered);
        return nextRequest;
    }

    public boolean addService(final BluetoothGattService service) {
        synchronized (phone.air) {
            phone.check();
            services.add(service);
            phone.onBinder(new Runnable() {
                @Override
                public void run() {
                    callback.onServiceAdded(BluetoothGatt.GATT_SUCCESS, service);
                }
            });
            return true;
        }
    }

    public boolean sendResponse(BluetoothDevice device, int requestId, int status, int offset, byte[] value) {
        synchronized (phone.air) {
            phone.check();
            Answered answered = requests.remove(requestId);
            if (answered != null) {
                answered.with(status, value);
            }
            return answered != null;
        }
    }

    public boolean notifyCharacteristicChanged(
        final BluetoothDevice device, BluetoothGattCharacteristic characteristic, boolean confirm) {
        synchronized (phone.air) {
            phone.check();
            final Connection connection = connection(device);
            byte[] value = characteristic.getValue().clone();
            if (connection == null || !phone.air.maySend(connection.isNotifying, value, connection.mtu)) {
                return false;
            }
            connection.isNotifying = true;
            if (connection.isSubscribed) {
                connection.gatt.notified(characteristic.getUuid(), value);
            }
            phone.confirm(new Runnable() {
                @Override
                public void run() {
                    synchronized (phone.air) {
                        connection.isNotifying = false;
                    }
                    callback.onNotificationSent(device, BluetoothGatt.GATT_SUCCESS);
                }
            });
            return true;
        }
    }

    public boolean connect(BluetoothDevice device, boolean autoConnect) {
        synchronized (phone.air) {
            phone.check();
            Connection connection = connection(device);
            if (connection != null) {
                connection.isHeld = true;
            }
            return connection != null;
        }
    }

    public void cancelConnection(BluetoothDevice device) {
        synchronized (phone.air) {
            phone.check();
            Connection connection = connection(device);
            if (connection != null && connection.isHeld) {
                phone.air.cut(connection, 0);
            }
        }
    }

    public void close() {
        synchronized (phone.air) {
            if (phone.server == this) {
                phone.server = null;
                for (Connection connection : phone.air.of(phone)) {
                    if (connection.peripheral == phone) {
                        phone.air.cut(connection, 0);
                    }
                }
            }
        }
    }

    private Connection connection(BluetoothDevice device) {
        Phone central = phone.air.phones.get(device.getAddress());
        return phone.server == this ? phone.air.between(central, phone) : null;
    }
}
