package android.content;

import android.net.Uri;

public class ClipData {
    private final Item item;

    private ClipData(Item item) {
        this.item = item;
    }

    public static ClipData newPlainText(CharSequence label, CharSequence text) {
        return new ClipData(new Item(text));
    }

    public static ClipData newRawUri(CharSequence label, Uri uri) {
        return new ClipData(new Item(uri.toString()));
    }

    public int getItemCount() {
        return 1;
    }

    public Item getItemAt(int index) {
        if (index != 0) {
            throw new IndexOutOfBoundsException();
        }
        return item;
    }

    public static class Item {
        private final CharSequence text;

        public Item(CharSequence text) {
            this.text = text;
        }

        public CharSequence getText() {
            return text;
        }

        public CharSequence coerceToText(Context context) {
            return text == null ? "" : text;
        }
    }
}
