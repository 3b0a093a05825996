package android.os;

/** A thread for what is posted to it. Here it is the test's own, so that everything has its order. */
public class HandlerThread {
    public HandlerThread(String name) {}

    public void start() {}

    public Looper getLooper() {
        return Looper.getMainLooper();
    }
}
