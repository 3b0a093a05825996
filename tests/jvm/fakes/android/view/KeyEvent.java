package android.view;

public class KeyEvent {
    public static final int ACTION_DOWN = 0;
    public static final int ACTION_UP = 1;
    public static final int KEYCODE_DPAD_LEFT = 21;
    public static final int KEYCODE_ENTER = 66;
    public static final int KEYCODE_DEL = 67;
    public static final int KEYCODE_FORWARD_DEL = 112;
    public static final int KEYCODE_NUMPAD_ENTER = 160;
    private static final int KEYCODE_0 = 7;

    private final int action;
    private final int code;

    public KeyEvent(int action, int code) {
        this.action = action;
        this.code = code;
    }

    public final int getAction() {
        return action;
    }

    public final int getKeyCode() {
        return code;
    }

    /** Digits are the letters there are here; Enter is a line's end, as on a phone. */
    public int getUnicodeChar() {
        if (code == KEYCODE_ENTER) {
            return '\n';
        }
        return code >= KEYCODE_0 && code < KEYCODE_0 + 10 ? '0' + code - KEYCODE_0 : 0;
    }
}
