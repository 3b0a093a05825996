package android.bluetooth;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** One end of an L2CAP channel: what is written at once arrives at once. */
public final class BluetoothSocket implements Closeable {
    private static final byte[] END = new byte[0];
    private static final int MTU = 4096;

    private final Phone phone;
    private final BluetoothDevice other;
    private final int psm;
    private final BlockingQueue<byte[]> arrived = new LinkedBlockingQueue<byte[]>();
    private BluetoothSocket peer;

    BluetoothSocket(Phone phone, BluetoothDevice other, int psm) {
        this.phone = phone;
        this.other = other;
        this.psm = psm;
    }

    public BluetoothDevice getRemoteDevice() {
        return other;
    }

    public void connect() throws IOException {
        synchronized (phone.air) {
            Phone to = phone.air.phones.get(other.getAddress());
            Connection connection = phone.air.between(phone, to);
            if (connection == null || to.channels == null || to.channels.getPsm() != psm) {
                throw new IOException("nobody listens");
            }
            peer = new BluetoothSocket(to, connection.central(), psm);
            peer.peer = this;
            connection.channel = this;
            phone.air.channels++;
            to.channels.come(peer);
        }
    }

    public int getMaxTransmitPacketSize() {
        return MTU;
    }

    public int getMaxReceivePacketSize() {
        return MTU;
    }

    public InputStream getInputStream() {
        return new InputStream() {
            @Override
            public int read() throws IOException {
                throw new IOException("packets are read whole");
            }

            @Override
            public int read(byte[] into) throws IOException {
                try {
                    byte[] packet = arrived.take();
                    if (packet == END) {
                        throw new IOException("closed");
                    }
                    System.arraycopy(packet, 0, into, 0, packet.length);
                    return packet.length;
                } catch (InterruptedException stopped) {
                    throw new IOException("closed");
                }
            }
        };
    }

    public OutputStream getOutputStream() {
        return new OutputStream() {
            @Override
            public void write(int one) throws IOException {
                throw new IOException("packets are written whole");
            }

            @Override
            public void write(byte[] packet) {
                peer.arrived.add(packet.clone());
            }
        };
    }

    @Override
    public void close() throws IOException {
        end();
    }

    /** Whether the next that comes is the end. */
    boolean ends() throws InterruptedException {
        return arrived.poll(20, TimeUnit.SECONDS) == END;
    }

    void end() {
        arrived.add(END);
        if (peer != null) {
            peer.arrived.add(END);
        }
    }
}
