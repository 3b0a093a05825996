package android.text;

public interface Editable extends Spannable {
    Editable replace(int start, int end, CharSequence text);

    Editable insert(int at, CharSequence text);

    Editable delete(int start, int end);

    class Factory {
        private static final Factory INSTANCE = new Factory();

        public static Factory getInstance() {
            return INSTANCE;
        }

        public Editable newEditable(CharSequence text) {
            return new SpannableStringBuilder(text);
        }
    }
}
