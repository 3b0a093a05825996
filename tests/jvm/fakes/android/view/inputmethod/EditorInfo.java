package android.view.inputmethod;

public class EditorInfo {
    public static final int IME_ACTION_NONE = 0x00000001;
    public static final int IME_ACTION_SEND = 0x00000004;
    public static final int IME_ACTION_DONE = 0x00000006;
    public static final int IME_FLAG_NO_FULLSCREEN = 0x2000000;
    public static final int IME_FLAG_NO_EXTRACT_UI = 0x10000000;
    public static final int IME_FLAG_NO_ENTER_ACTION = 0x40000000;

    public int inputType;
    public int imeOptions;
    public int initialSelStart = -1;
    public int initialSelEnd = -1;
    public int initialCapsMode;
}
