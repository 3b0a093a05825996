package android.bluetooth;

import android.os.Build;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

public final class BluetoothGatt implements BluetoothProfile {
    public static final int GATT_SUCCESS = 0;
    public static final int GATT_REQUEST_NOT_SUPPORTED = 6;

    final Phone phone;
    final BluetoothDevice device;
    Connection connection;
    private final BluetoothGattCallback callback;
    private final List<BluetoothGattService> services = new ArrayList<BluetoothGattService>();
    private UUID listened;
    private boolean isBusy;
    private boolean isClosed;

    BluetoothGatt(Phone phone, BluetoothDevice device, BluetoothGattCallback callback) {
        this.phone = phone;
        this.device = device;
        this.callback = callback;
    }

    /** Tells the app, unless it has closed this by then. */
    private void tell(final Runnable task) {
        phone.onBinder(new Runnable() {
            @Override
            public void run() {
                synchronized (phone.air) {
                    if (isClosed) {
                        return;
                    }
                }
                task.run();
            }
        });
    }

    void told(final int status, final int newState) {
        tell(new Runnable() {
            @Override
            public void run() {
                callback.onConnectionStateChange(BluetoothGatt.this, status, newState);
            }
        });
    }

    /** Something begins that the app is told the end of; false if something else has begun. */
    private boolean begin() {
        phone.check();
        return connection != null && phone.air.isThere(connection) && begin(new byte[0]);
    }

    private boolean begin(byte[] value) {
        if (!phone.air.maySend(isBusy, value, connection.mtu)) {
            return false;
        }
        isBusy = true;
        return true;
    }

    private void end() {
        synchronized (phone.air) {
            isBusy = false;
        }
    }

    public boolean requestMtu(int mtu) {
        synchronized (phone.air) {
            if (!begin()) {
                return false;
            }
            agree(connection, Math.min(mtu, phone.air.maxMtu));
            return true;
        }
    }

    void agree(final Connection on, final int mtu) {
        on.mtu = mtu;
        final BluetoothGattServer server = on.peripheral.server;
        on.peripheral.onBinder(new Runnable() {
            @Override
            public void run() {
                server.callback.onMtuChanged(on.central(), mtu);
            }
        });
        tell(new Runnable() {
            @Override
            public void run() {
                end();
                callback.onMtuChanged(BluetoothGatt.this, mtu, GATT_SUCCESS);
            }
        });
    }

    public boolean discoverServices() {
        synchronized (phone.air) {
            if (!begin()) {
                return false;
            }
            for (BluetoothGattService service : connection.peripheral.server.services) {
                services.add(new BluetoothGattService(service));
            }
            tell(new Runnable() {
                @Override
                public void run() {
                    end();
                    callback.onServicesDiscovered(BluetoothGatt.this, GATT_SUCCESS);
                }
            });
            return true;
        }
    }

    public BluetoothGattService getService(UUID uuid) {
        synchronized (phone.air) {
            for (BluetoothGattService service : services) {
                if (service.getUuid().equals(uuid)) {
                    return service;
                }
            }
            return null;
        }
    }

    public boolean setCharacteristicNotification(BluetoothGattCharacteristic characteristic, boolean enable) {
        synchronized (phone.air) {
            phone.check();
            listened = enable ? characteristic.getUuid() : null;
            return true;
        }
    }

    public boolean writeDescriptor(final BluetoothGattDescriptor descriptor) {
        synchronized (phone.air) {
            if (!begin()) {
                return false;
            }
            final Connection on = connection;
            final BluetoothGattServer server = on.peripheral.server;
            final byte[] value = descriptor.getValue().clone();
            UUID of = descriptor.getCharacteristic().getUuid();
            final BluetoothGattDescriptor theirs =
                server.services.get(0).getCharacteristic(of).getDescriptor(descriptor.getUuid());
            final int request = server.request(new BluetoothGattServer.Answered() {
                @Override
                public void with(final int status, byte[] told) {
                    on.isSubscribed = status == GATT_SUCCESS && value[0] == 1;
                    tell(new Runnable() {
                        @Override
                        public void run() {
                            end();
                            callback.onDescriptorWrite(BluetoothGatt.this, descriptor, status);
                        }
                    });
                }
            });
            on.peripheral.onBinder(new Runnable() {
                @Override
                public void run() {
                    server.callback.onDescriptorWriteRequest(on.central(), request, theirs, false, true, 0, value);
                }
            });
            return true;
        }
    }

    public BluetoothDevice getDevice() {
        return device;
    }

    public boolean readCharacteristic(final BluetoothGattCharacteristic characteristic) {
        synchronized (phone.air) {
            if (!begin()) {
                return false;
            }
            final Connection on = connection;
            final BluetoothGattServer server = on.peripheral.server;
            final BluetoothGattCharacteristic theirs =
                server.services.get(0).getCharacteristic(characteristic.getUuid());
            final int request = server.request(new BluetoothGattServer.Answered() {
                @Override
                public void with(final int status, final byte[] value) {
                    tell(new Runnable() {
                        @Override
                        public void run() {
                            end();
                            characteristic.setValue(value);
                            if (Build.VERSION.SDK_INT < 33) {
                                callback.onCharacteristicRead(BluetoothGatt.this, characteristic, status);
                            } else {
                                callback.onCharacteristicRead(BluetoothGatt.this, characteristic, value, status);
                            }
                        }
                    });
                }
            });
            on.peripheral.onBinder(new Runnable() {
                @Override
                public void run() {
                    server.callback.onCharacteristicReadRequest(on.central(), request, 0, theirs);
                }
            });
            return true;
        }
    }

    public boolean writeCharacteristic(final BluetoothGattCharacteristic characteristic) {
        synchronized (phone.air) {
            phone.check();
            final byte[] value = characteristic.getValue().clone();
            if (connection == null || !phone.air.isThere(connection) || !begin(value)) {
                return false;
            }
            final Connection on = connection;
            final BluetoothGattServer server = on.peripheral.server;
            final BluetoothGattCharacteristic theirs =
                server.services.get(0).getCharacteristic(characteristic.getUuid());
            final boolean mustAnswer =
                characteristic.getWriteType() != BluetoothGattCharacteristic.WRITE_TYPE_NO_RESPONSE;
            on.peripheral.onBinder(new Runnable() {
                @Override
                public void run() {
                    server.callback.onCharacteristicWriteRequest(on.central(), 0, theirs, false, mustAnswer, 0, value);
                }
            });
            final Runnable written = new Runnable() {
                @Override
                public void run() {
                    end();
                    callback.onCharacteristicWrite(BluetoothGatt.this, characteristic, GATT_SUCCESS);
                }
            };
            phone.confirm(new Runnable() {
                @Override
                public void run() {
                    tell(written);
                }
            });
            return true;
        }
    }

    /** The other end notifies. */
    void notified(final UUID of, final byte[] value) {
        if (!of.equals(listened)) {
            return;
        }
        final BluetoothGattCharacteristic characteristic = services.get(0).getCharacteristic(of);
        tell(new Runnable() {
            @Override
            public void run() {
                characteristic.setValue(value);
                if (Build.VERSION.SDK_INT < 33) {
                    callback.onCharacteristicChanged(BluetoothGatt.this, characteristic);
                } else {
                    callback.onCharacteristicChanged(BluetoothGatt.this, characteristic, value);
                }
            }
        });
    }

    public void disconnect() {
        synchronized (phone.air) {
            phone.check();
            if (connection != null) {
                phone.air.cut(connection, GATT_SUCCESS);
            }
        }
    }

    public void close() {
        synchronized (phone.air) {
            if (!isClosed) {
                isClosed = true;
                phone.gatts--;
            }
            if (connection != null) {
                phone.air.cut(connection, GATT_SUCCESS);
            }
        }
    }
}
