package android.text;

public interface Spanned extends CharSequence {
    int SPAN_EXCLUSIVE_EXCLUSIVE = 0x21;
    int SPAN_POINT_POINT = 0x22;

    int getSpanStart(Object span);

    int getSpanEnd(Object span);
}
