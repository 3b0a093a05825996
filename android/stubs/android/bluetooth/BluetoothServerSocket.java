package android.bluetooth;

import java.io.Closeable;
import java.io.IOException;

/** Android's, with a method it has since API level 29, as far as it is used: only to compile with. */
public final class BluetoothServerSocket implements Closeable {
    private BluetoothServerSocket() {}

    public BluetoothSocket accept() throws IOException {
        throw new UnsupportedOperationException();
    }

    public int getPsm() {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() throws IOException {
        throw new UnsupportedOperationException();
    }
}
