package android.text;

import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.Map;

public class SpannableStringBuilder implements Editable {
    private final StringBuilder text;
    private final Map<Object, int[]> spans = new IdentityHashMap<Object, int[]>();

    public SpannableStringBuilder(CharSequence text) {
        this.text = new StringBuilder(text);
    }

    /**
     * A span that begins with a point is pushed by what is inserted there, and so is one that ends with a point. What
     * is in a piece that is replaced ends up behind it. Spans for what is between two places go when nothing is.
     */
    @Override
    public Editable replace(int start, int end, CharSequence with) {
        text.replace(start, end, with.toString());
        Iterator<int[]> all = spans.values().iterator();
        while (all.hasNext()) {
            int[] span = all.next();
            boolean isPoint = span[2] == SPAN_POINT_POINT;
            span[0] = moved(span[0], start, end, with.length(), true);
            span[1] = moved(span[1], start, end, with.length(), isPoint);
            if (!isPoint && span[0] >= span[1]) {
                all.remove();
            }
        }
        return this;
    }

    private static int moved(int at, int start, int end, int length, boolean isPoint) {
        if (at < start) {
            return at;
        }
        if (at > end) {
            return at - (end - start) + length;
        }
        if (isPoint) {
            return at == start && end > start && length > 0 ? start : start + length;
        }
        return at == end && end > start ? start + length : start;
    }

    @Override
    public Editable insert(int at, CharSequence with) {
        return replace(at, at, with);
    }

    @Override
    public Editable delete(int start, int end) {
        return replace(start, end, "");
    }

    @Override
    public void setSpan(Object span, int start, int end, int flags) {
        if (start < 0 || end < start || end > text.length()) {
            throw new IndexOutOfBoundsException("setSpan (" + start + " ... " + end + ") has wrong bounds");
        }
        if (start < end || flags == SPAN_POINT_POINT) {
            spans.put(span, new int[] {start, end, flags});
        }
    }

    @Override
    public void removeSpan(Object span) {
        spans.remove(span);
    }

    @Override
    public int getSpanStart(Object span) {
        int[] places = spans.get(span);
        return places == null ? -1 : places[0];
    }

    @Override
    public int getSpanEnd(Object span) {
        int[] places = spans.get(span);
        return places == null ? -1 : places[1];
    }

    @Override
    public int length() {
        return text.length();
    }

    @Override
    public char charAt(int at) {
        return text.charAt(at);
    }

    @Override
    public CharSequence subSequence(int start, int end) {
        return text.substring(start, end);
    }

    @Override
    public String toString() {
        return text.toString();
    }
}
