package android.view.inputmethod;

import android.view.KeyEvent;

public interface InputConnection {
    int GET_EXTRACTED_TEXT_MONITOR = 0x0001;

    CharSequence getTextBeforeCursor(int length, int flags);

    CharSequence getTextAfterCursor(int length, int flags);

    CharSequence getSelectedText(int flags);

    int getCursorCapsMode(int modes);

    ExtractedText getExtractedText(ExtractedTextRequest request, int flags);

    boolean deleteSurroundingText(int before, int after);

    boolean deleteSurroundingTextInCodePoints(int before, int after);

    boolean setComposingText(CharSequence text, int cursor);

    boolean setComposingRegion(int start, int end);

    boolean finishComposingText();

    boolean commitText(CharSequence text, int cursor);

    boolean setSelection(int start, int end);

    boolean performEditorAction(int action);

    boolean performContextMenuAction(int id);

    boolean beginBatchEdit();

    boolean endBatchEdit();

    boolean sendKeyEvent(KeyEvent event);
}
