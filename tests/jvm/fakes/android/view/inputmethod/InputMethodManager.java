package android.view.inputmethod;

import android.os.IBinder;
import android.view.View;

/** The side of the keyboard: it has the connection to the view that it writes in. */
public final class InputMethodManager {
    private View served;
    private InputConnection connection;
    private EditorInfo info;
    private boolean isShown;
    private int hides;
    private int[] selection;
    private ExtractedText extracted;

    public boolean showSoftInput(View view, int flags) {
        if (!view.isFocused()) {
            return false;
        }
        if (connection == null || served != view) {
            connect(view);
        }
        isShown = connection != null;
        return isShown;
    }

    public boolean hideSoftInputFromWindow(IBinder token, int flags) {
        isShown = false;
        hides += 1;
        return true;
    }

    /** For tests: the person puts the keyboard away. */
    public void putAway() {
        isShown = false;
    }

    public void restartInput(View view) {
        if (view.isFocused()) {
            connect(view);
        }
    }

    private void connect(View view) {
        served = view;
        info = new EditorInfo();
        connection = view.onCheckIsTextEditor() ? view.onCreateInputConnection(info) : null;
        selection = new int[] {info.initialSelStart, info.initialSelEnd, -1, -1};
    }

    public void updateSelection(View view, int start, int end, int composingStart, int composingEnd) {
        if (view == served) {
            selection = new int[] {start, end, composingStart, composingEnd};
        }
    }

    public void updateExtractedText(View view, int token, ExtractedText text) {
        if (view == served) {
            extracted = text;
        }
    }

    /** For tests: what the keyboard writes through, or null. */
    public InputConnection connection() {
        return connection;
    }

    /** For tests: what the keyboard knows of the field. */
    public EditorInfo info() {
        return info;
    }

    /** For tests: whether the keyboard is seen. */
    public boolean isShown() {
        return isShown;
    }

    /** For tests: how often the keyboard was told to go. */
    public int hides() {
        return hides;
    }

    /** For tests: what is chosen and what is composed, as the keyboard was told last. */
    public int[] selection() {
        return selection;
    }

    /** For tests: the whole text, as the keyboard was told last. */
    public ExtractedText extracted() {
        return extracted;
    }
}
