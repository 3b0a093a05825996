package android.view.inputmethod;

import android.os.IBinder;
import android.view.View;

public final class InputMethodManager {
    private View served;

    public boolean showSoftInput(View view, int flags) {
        served = view;
        return true;
    }

    public boolean hideSoftInputFromWindow(IBinder token, int flags) {
        served = null;
        return true;
    }

    /** For tests: the view that has the keyboard. */
    public View served() {
        return served;
    }
}
