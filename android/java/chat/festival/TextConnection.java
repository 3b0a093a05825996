package chat.festival;

import android.content.ClipData;
import android.content.ClipboardManager;
import android.content.Context;
import android.text.Editable;
import android.text.Selection;
import android.view.KeyEvent;
import android.view.inputmethod.BaseInputConnection;
import android.view.inputmethod.ExtractedText;
import android.view.inputmethod.ExtractedTextRequest;
import java.text.BreakIterator;

/** What one keyboard does with the text of a {@link TextInput}. Each change is told as a whole once it is complete. */
final class TextConnection extends BaseInputConnection {
    private final TextInput input;
    /** How many changes have begun that are not complete. */
    private int depth;

    TextConnection(TextInput input) {
        super(input, true);
        this.input = input;
    }

    @Override
    public Editable getEditable() {
        return input.text;
    }

    @Override
    public boolean beginBatchEdit() {
        depth += 1;
        return true;
    }

    @Override
    public boolean endBatchEdit() {
        if (depth > 0) {
            depth -= 1;
            if (depth == 0) {
                input.changed();
            }
        }
        return depth > 0;
    }

    @Override
    public boolean commitText(CharSequence text, int cursor) {
        if (!input.hasLines() && text.toString().equals("\n")) {
            return performEditorAction(0);
        }
        beginBatchEdit();
        boolean isDone = super.commitText(text, cursor);
        endBatchEdit();
        return isDone;
    }

    @Override
    public boolean setComposingText(CharSequence text, int cursor) {
        beginBatchEdit();
        boolean isDone = super.setComposingText(text, cursor);
        endBatchEdit();
        return isDone;
    }

    @Override
    public boolean setComposingRegion(int start, int end) {
        beginBatchEdit();
        boolean isDone = super.setComposingRegion(start, end);
        endBatchEdit();
        return isDone;
    }

    @Override
    public boolean finishComposingText() {
        beginBatchEdit();
        boolean isDone = super.finishComposingText();
        endBatchEdit();
        return isDone;
    }

    @Override
    public boolean setSelection(int start, int end) {
        beginBatchEdit();
        boolean isDone = super.setSelection(start, end);
        endBatchEdit();
        return isDone;
    }

    /** Counts as Java does, in which an emoji has several characters; takes none apart. */
    @Override
    public boolean deleteSurroundingText(int before, int after) {
        Editable text = input.text;
        int start = first();
        int end = last();
        int from = Math.max(0, start - Math.max(0, before));
        int to = Math.min(text.length(), end + Math.max(0, after));
        if (splits(from)) {
            from -= 1;
        }
        if (splits(to)) {
            to += 1;
        }
        return deleteAround(from, start, end, to);
    }

    // Without @Override: Debian's android.jar is older than this method, which is there on every phone this runs on.
    public boolean deleteSurroundingTextInCodePoints(int before, int after) {
        Editable text = input.text;
        int start = first();
        int end = last();
        int from = start;
        for (int left = before; left > 0 && from > 0; left--) {
            from -= Character.charCount(Character.codePointBefore(text, from));
        }
        int to = end;
        for (int left = after; left > 0 && to < text.length(); left--) {
            to += Character.charCount(Character.codePointAt(text, to));
        }
        return deleteAround(from, start, end, to);
    }

    private boolean deleteAround(int from, int start, int end, int to) {
        beginBatchEdit();
        input.text.delete(end, to);
        input.text.delete(from, start);
        endBatchEdit();
        return true;
    }

    /** Where what is chosen or composed begins, which is not deleted with what is around it. */
    private int first() {
        int chosen = Math.min(Selection.getSelectionStart(input.text), Selection.getSelectionEnd(input.text));
        int composed = Math.min(getComposingSpanStart(input.text), getComposingSpanEnd(input.text));
        return composed < 0 ? chosen : Math.min(chosen, composed);
    }

    private int last() {
        int chosen = Math.max(Selection.getSelectionStart(input.text), Selection.getSelectionEnd(input.text));
        return Math.max(chosen, Math.max(getComposingSpanStart(input.text), getComposingSpanEnd(input.text)));
    }

    /** Whether this place is in the middle of a character that Java has as two. */
    private boolean splits(int at) {
        return at > 0
            && at < input.text.length()
            && Character.isSurrogatePair(input.text.charAt(at - 1), input.text.charAt(at));
    }

    @Override
    public boolean sendKeyEvent(KeyEvent event) {
        if (event.getAction() == KeyEvent.ACTION_DOWN) {
            press(event);
        }
        return true;
    }

    private void press(KeyEvent event) {
        int letter = event.getUnicodeChar();
        switch (event.getKeyCode()) {
            case KeyEvent.KEYCODE_DEL:
                delete(false);
                break;
            case KeyEvent.KEYCODE_FORWARD_DEL:
                delete(true);
                break;
            case KeyEvent.KEYCODE_ENTER:
            case KeyEvent.KEYCODE_NUMPAD_ENTER:
                finishComposingText();
                commitText("\n", 1);
                break;
            default:
                finishComposingText();
                if (letter != 0 && !Character.isISOControl(letter)) {
                    commitText(new String(Character.toChars(letter)), 1);
                } else {
                    input.key(event.getKeyCode());
                }
        }
    }

    /** Deletes what is chosen, or else what a person takes for one character. */
    private void delete(boolean isForward) {
        Editable text = input.text;
        int start = Math.min(Selection.getSelectionStart(text), Selection.getSelectionEnd(text));
        int end = Math.max(Selection.getSelectionStart(text), Selection.getSelectionEnd(text));
        if (start == end) {
            BreakIterator characters = BreakIterator.getCharacterInstance();
            characters.setText(text.toString());
            if (isForward) {
                end = end < text.length() ? characters.following(end) : end;
            } else {
                start = start > 0 ? characters.preceding(start) : start;
            }
        }
        beginBatchEdit();
        text.delete(start, end);
        endBatchEdit();
    }

    @Override
    public boolean performEditorAction(int action) {
        finishComposingText();
        input.act();
        return true;
    }

    @Override
    public boolean performContextMenuAction(int action) {
        Editable text = input.text;
        int start = Math.min(Selection.getSelectionStart(text), Selection.getSelectionEnd(text));
        int end = Math.max(Selection.getSelectionStart(text), Selection.getSelectionEnd(text));
        ClipboardManager clipboard =
            (ClipboardManager) input.getContext().getSystemService(Context.CLIPBOARD_SERVICE);
        switch (action) {
            case android.R.id.selectAll:
                finishComposingText();
                return setSelection(0, text.length());
            case android.R.id.copy:
            case android.R.id.cut:
                if (start == end || input.isSecret()) {
                    return false;
                }
                clipboard.setPrimaryClip(
                    ClipData.newPlainText("Festival Chat", text.subSequence(start, end).toString()));
                return action == android.R.id.copy || (finishComposingText() && commitText("", 1));
            case android.R.id.paste:
            case android.R.id.pasteAsPlainText:
                ClipData clip = clipboard.getPrimaryClip();
                if (clip == null || clip.getItemCount() == 0) {
                    return false;
                }
                CharSequence pasted = clip.getItemAt(0).coerceToText(input.getContext());
                return pasted != null && finishComposingText() && commitText(pasted.toString(), 1);
            default:
                return false;
        }
    }

    @Override
    public ExtractedText getExtractedText(ExtractedTextRequest request, int flags) {
        return input.extract(request, flags);
    }
}
