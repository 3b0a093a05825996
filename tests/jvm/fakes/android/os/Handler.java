package android.os;

public class Handler {
    private final Looper looper;

    public Handler() {
        this(Looper.myLooper());
    }

    public Handler(Looper looper) {
        if (looper == null) {
            throw new RuntimeException("Can't create handler inside thread that has not called Looper.prepare()");
        }
        this.looper = looper;
    }

    public final Looper getLooper() {
        return looper;
    }

    public final boolean post(Runnable what) {
        return postDelayed(what, 0);
    }

    public final boolean postDelayed(Runnable what, long millis) {
        looper.post(this, what, millis);
        return true;
    }

    public final void removeCallbacks(Runnable what) {
        looper.remove(this, what);
    }

    public final void removeCallbacksAndMessages(Object token) {
        looper.remove(this, null);
    }
}
