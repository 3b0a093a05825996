package chat.festival;

import android.bluetooth.BluetoothSocket;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * An L2CAP channel beside GATT: one packet is what is written at once, and what is read at once. Android lets no thread wait
 * for two things, so it has one for each direction.
 */
final class BluetoothChannel {
    /** The longest packet. */
    private static final int MAX_PACKET = 1018;
    /** The longest that anybody can send, which is no packet of ours. */
    private static final int MAX_READ = 65_535;

    private final Bluetooth radio;
    private final long number;
    private final boolean isCentral;
    private final BluetoothSocket socket;
    private final BlockingQueue<byte[]> waiting = new LinkedBlockingQueue<byte[]>(Bluetooth.MAX_WAITING);
    private boolean isOpen;
    private boolean isHeard;
    private boolean isOver;
    private Thread writer;

    BluetoothChannel(Bluetooth radio, long number, boolean isCentral, BluetoothSocket socket) {
        this.radio = radio;
        this.number = number;
        this.isCentral = isCentral;
        this.socket = socket;
    }

    /** Carries packets on a channel that is there. */
    void open() {
        writer = new Thread("festival-l2cap-out") {
            @Override
            public void run() {
                write();
            }
        };
        isOpen = true;
        writer.start();
        new Thread("festival-l2cap-in") {
            @Override
            public void run() {
                read();
            }
        }.start();
    }

    /** Opens the channel, which takes its time, and then carries packets. */
    void connect() {
        new Thread("festival-l2cap-open") {
            @Override
            public void run() {
                try {
                    socket.connect();
                    synchronized (radio) {
                        if (!isOver) {
                            BluetoothChannel.this.open();
                        }
                    }
                } catch (IOException | RuntimeException gone) {
                    end();
                }
            }
        }.start();
    }

    boolean isOpen() {
        return isOpen && !isOver;
    }

    /** Whether anything came on it: whoever opened it may have given up meanwhile, which is not always told. */
    boolean isHeard() {
        return isHeard && !isOver;
    }

    boolean isOver() {
        return isOver;
    }

    int maxPacket() {
        return Math.min(socket.getMaxTransmitPacketSize(), MAX_PACKET);
    }

    /** Sends a packet; what there is no room for is lost. */
    void send(byte[] packet) {
        if (packet.length <= maxPacket()) {
            waiting.offer(packet);
        }
    }

    /** Ends it, also while it is being opened. */
    void close() {
        isOver = true;
        if (writer != null) {
            writer.interrupt();
        }
        try {
            socket.close();
        } catch (IOException | RuntimeException alreadyGone) {
            // It is over in any case.
        }
    }

    private void write() {
        try {
            OutputStream out = socket.getOutputStream();
            while (true) {
                out.write(waiting.take());
            }
        } catch (InterruptedException closed) {
            // It was closed.
        } catch (IOException | RuntimeException gone) {
            end();
        }
    }

    private void read() {
        try {
            InputStream in = socket.getInputStream();
            byte[] buffer = new byte[Math.max(MAX_PACKET, Math.min(socket.getMaxReceivePacketSize(), MAX_READ))];
            int length = in.read(buffer);
            while (length > 0 && hear(Arrays.copyOf(buffer, length))) {
                length = in.read(buffer);
            }
        } catch (IOException | RuntimeException gone) {
            // It is over in any case.
        }
        end();
    }

    /** Passes on a packet; false if nobody wants it any more. */
    private boolean hear(byte[] packet) {
        synchronized (radio) {
            if (!isOver) {
                isHeard = true;
                Bluetooth.onPacket(radio.radio, number, isCentral, maxPacket(), packet);
            }
            return !isOver;
        }
    }

    private void end() {
        synchronized (radio) {
            close();
        }
    }
}
