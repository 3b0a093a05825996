package android.view;

import android.content.Context;
import android.os.Handler;
import android.os.IBinder;
import android.os.Looper;

public class View {
    private static final IBinder TOKEN = new IBinder() {};
    private static View focused;

    private final Context context;
    private OnApplyWindowInsetsListener insetsListener;
    private boolean isFocusable;
    /** How often it made itself felt. */
    public int pulses;

    public View(Context context) {
        this.context = context;
    }

    public final Context getContext() {
        return context;
    }

    public Handler getHandler() {
        return new Handler(Looper.getMainLooper());
    }

    public boolean post(Runnable what) {
        return getHandler().post(what);
    }

    public IBinder getWindowToken() {
        return TOKEN;
    }

    public boolean performHapticFeedback(int constant) {
        pulses += 1;
        return true;
    }

    public void setFocusable(boolean isFocusable) {
        this.isFocusable = isFocusable;
    }

    public void setFocusableInTouchMode(boolean isFocusable) {
        this.isFocusable = isFocusable;
    }

    public final boolean requestFocus() {
        if (!isFocusable) {
            return false;
        }
        focused = this;
        return true;
    }

    public void clearFocus() {
        if (focused == this) {
            focused = null;
        }
    }

    public boolean isFocused() {
        return focused == this;
    }

    public void setOnApplyWindowInsetsListener(OnApplyWindowInsetsListener listener) {
        insetsListener = listener;
    }

    public WindowInsets onApplyWindowInsets(WindowInsets insets) {
        return insets;
    }

    public WindowInsets dispatchApplyWindowInsets(WindowInsets insets) {
        return insetsListener == null ? onApplyWindowInsets(insets) : insetsListener.onApplyWindowInsets(this, insets);
    }

    public interface OnApplyWindowInsetsListener {
        WindowInsets onApplyWindowInsets(View view, WindowInsets insets);
    }
}
