package android.view.inputmethod;

import android.text.Editable;
import android.text.Selection;
import android.text.Spannable;
import android.text.Spanned;
import android.view.KeyEvent;
import android.view.View;

/** Changes its text as Android's documentation of InputConnection says. */
public class BaseInputConnection implements InputConnection {
    private static final Object COMPOSING = new Object();

    public BaseInputConnection(View view, boolean isFullEditor) {
        if (!isFullEditor) {
            throw new UnsupportedOperationException("one that only passes keys on");
        }
    }

    public Editable getEditable() {
        throw new UnsupportedOperationException("a text of its own");
    }

    public static int getComposingSpanStart(Spannable text) {
        return text.getSpanStart(COMPOSING);
    }

    public static int getComposingSpanEnd(Spannable text) {
        return text.getSpanEnd(COMPOSING);
    }

    public static void removeComposingSpans(Spannable text) {
        text.removeSpan(COMPOSING);
    }

    private int start() {
        return Math.min(Selection.getSelectionStart(getEditable()), Selection.getSelectionEnd(getEditable()));
    }

    private int end() {
        return Math.max(Selection.getSelectionStart(getEditable()), Selection.getSelectionEnd(getEditable()));
    }

    /** What is composed gives way to the text, or else what is chosen. */
    private boolean replace(CharSequence with, int cursor, boolean isComposing) {
        Editable text = getEditable();
        boolean wasComposing = getComposingSpanStart(text) >= 0;
        int from = wasComposing ? getComposingSpanStart(text) : start();
        int to = wasComposing ? getComposingSpanEnd(text) : end();
        beginBatchEdit();
        removeComposingSpans(text);
        text.replace(from, to, with);
        int behind = from + with.length();
        if (isComposing) {
            text.setSpan(COMPOSING, from, behind, Spanned.SPAN_EXCLUSIVE_EXCLUSIVE);
        }
        int at = cursor > 0 ? behind + cursor - 1 : from + cursor;
        Selection.setSelection(text, Math.max(0, Math.min(at, text.length())));
        endBatchEdit();
        return true;
    }

    @Override
    public boolean commitText(CharSequence text, int cursor) {
        return replace(text, cursor, false);
    }

    @Override
    public boolean setComposingText(CharSequence text, int cursor) {
        return replace(text, cursor, true);
    }

    @Override
    public boolean setComposingRegion(int start, int end) {
        Editable text = getEditable();
        int from = Math.max(0, Math.min(Math.min(start, end), text.length()));
        int to = Math.max(0, Math.min(Math.max(start, end), text.length()));
        beginBatchEdit();
        removeComposingSpans(text);
        text.setSpan(COMPOSING, from, to, Spanned.SPAN_EXCLUSIVE_EXCLUSIVE);
        endBatchEdit();
        return true;
    }

    @Override
    public boolean finishComposingText() {
        beginBatchEdit();
        removeComposingSpans(getEditable());
        endBatchEdit();
        return true;
    }

    @Override
    public boolean setSelection(int start, int end) {
        int length = getEditable().length();
        if (start >= 0 && end >= 0 && start <= length && end <= length) {
            Selection.setSelection(getEditable(), start, end);
        }
        return true;
    }

    /** Takes characters of Java's, whatever becomes of pairs of them: that is the editor's to mind. */
    @Override
    public boolean deleteSurroundingText(int before, int after) {
        Editable text = getEditable();
        beginBatchEdit();
        text.delete(end(), Math.min(text.length(), end() + after));
        text.delete(Math.max(0, start() - before), start());
        endBatchEdit();
        return true;
    }

    @Override
    public boolean deleteSurroundingTextInCodePoints(int before, int after) {
        throw new UnsupportedOperationException("the editor's to do");
    }

    @Override
    public CharSequence getTextBeforeCursor(int length, int flags) {
        return getEditable().subSequence(Math.max(0, start() - length), start());
    }

    @Override
    public CharSequence getTextAfterCursor(int length, int flags) {
        int text = getEditable().length();
        return getEditable().subSequence(end(), Math.min(text, end() + length));
    }

    @Override
    public CharSequence getSelectedText(int flags) {
        return start() == end() ? null : getEditable().subSequence(start(), end());
    }

    /** The capital at the beginning of a sentence. */
    @Override
    public int getCursorCapsMode(int modes) {
        String before = getTextBeforeCursor(2, 0).toString();
        boolean begins = before.isEmpty() || before.equals(". ") || before.endsWith("\n");
        return begins ? modes & android.text.InputType.TYPE_TEXT_FLAG_CAP_SENTENCES : 0;
    }

    @Override
    public ExtractedText getExtractedText(ExtractedTextRequest request, int flags) {
        return null;
    }

    @Override
    public boolean performEditorAction(int action) {
        return false;
    }

    @Override
    public boolean performContextMenuAction(int id) {
        return false;
    }

    @Override
    public boolean beginBatchEdit() {
        return false;
    }

    @Override
    public boolean endBatchEdit() {
        return false;
    }

    @Override
    public boolean sendKeyEvent(KeyEvent event) {
        return false;
    }
}
