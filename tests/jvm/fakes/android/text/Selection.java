package android.text;

public class Selection {
    private static final Object START = new Object();
    private static final Object END = new Object();

    public static int getSelectionStart(CharSequence text) {
        return ((Spanned) text).getSpanStart(START);
    }

    public static int getSelectionEnd(CharSequence text) {
        return ((Spanned) text).getSpanStart(END);
    }

    public static void setSelection(Spannable text, int start, int end) {
        text.setSpan(START, start, start, Spanned.SPAN_POINT_POINT);
        text.setSpan(END, end, end, Spanned.SPAN_POINT_POINT);
    }

    public static void setSelection(Spannable text, int at) {
        setSelection(text, at, at);
    }
}
