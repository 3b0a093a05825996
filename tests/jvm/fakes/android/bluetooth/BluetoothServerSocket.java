package android.bluetooth;

import java.io.Closeable;
import java.io.IOException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

public final class BluetoothServerSocket implements Closeable {
    final Phone phone;
    private final int psm;
    private final BlockingQueue<BluetoothSocket> coming = new LinkedBlockingQueue<BluetoothSocket>();
    /** Comes last. */
    private final BluetoothSocket last = new BluetoothSocket(null, null, 0);

    BluetoothServerSocket(Phone phone, int psm) {
        this.phone = phone;
        this.psm = psm;
    }

    void come(BluetoothSocket socket) {
        coming.add(socket);
    }

    public BluetoothSocket accept() throws IOException {
        try {
            BluetoothSocket next = coming.take();
            if (next != last) {
                return next;
            }
        } catch (InterruptedException stopped) {
            // As if it was closed.
        }
        throw new IOException("closed");
    }

    public int getPsm() {
        return psm;
    }

    @Override
    public void close() throws IOException {
        coming.add(last);
    }
}
