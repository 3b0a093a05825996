package chat.festival;

import android.content.Context;
import android.text.Editable;
import android.text.InputType;
import android.text.Selection;
import android.view.View;
import android.view.inputmethod.BaseInputConnection;
import android.view.inputmethod.EditorInfo;
import android.view.inputmethod.ExtractedText;
import android.view.inputmethod.ExtractedTextRequest;
import android.view.inputmethod.InputConnection;
import android.view.inputmethod.InputMethodManager;
import java.util.Arrays;

/**
 * What keyboards write in: a view that is not seen, with a copy of the text of the field that the library draws. What a
 * keyboard makes of the copy is told to the library, with the copy's number, its generation. Where the field changes by
 * itself, the library gives a new copy with a new number, and forgets what it is told of older ones.
 */
final class TextInput extends View {
    // What a field is for, as android/src/text.rs says it.
    static final int LINE = 0;
    static final int LINES = 1;
    static final int SECRET = 2;
    static final int MESSAGE = 3;

    final Editable text = Editable.Factory.getInstance().newEditable("");
    private final InputMethodManager keyboards;
    private boolean isOpen;
    private int generation;
    private int purpose;
    /** What was asked by the keyboard that wants to see the whole text, or null. */
    private ExtractedTextRequest watch;
    // What the library and the keyboard were told last.
    private String toldText = "";
    private int[] toldPlaces = new int[] {0, 0, -1, -1};

    private native void onMade();

    private static native void onText(
        int generation, String text, int start, int end, int composingStart, int composingEnd);

    private static native void onKey(int generation, int code);

    private static native void onAction(int generation);

    TextInput(Context context) {
        super(context);
        keyboards = (InputMethodManager) context.getSystemService(Context.INPUT_METHOD_SERVICE);
        setFocusable(true);
        setFocusableInTouchMode(true);
        setImportantForAccessibility(IMPORTANT_FOR_ACCESSIBILITY_NO);
        Selection.setSelection(text, 0);
        onMade();
    }

    /** Called from the native library: this is in the field. */
    void follow(
            final int generation,
            final String text,
            final int start,
            final int end,
            final int purpose,
            final boolean restarts) {
        post(new Runnable() {
            @Override
            public void run() {
                take(generation, text, start, end, purpose, restarts);
            }
        });
    }

    /** Called from the native library: something is to be written. */
    void show() {
        post(new Runnable() {
            @Override
            public void run() {
                requestFocus();
                keyboards.showSoftInput(TextInput.this, 0);
            }
        });
    }

    /** Called from the native library: there is nothing to write in. */
    void hide() {
        post(new Runnable() {
            @Override
            public void run() {
                isOpen = false;
                watch = null;
                keyboards.hideSoftInputFromWindow(getWindowToken(), 0);
                keyboards.restartInput(TextInput.this);
            }
        });
    }

    private void take(int generation, String field, int start, int end, int purpose, boolean restarts) {
        boolean isOther = restarts || !isOpen || purpose != this.purpose || !field.contentEquals(text);
        this.generation = generation;
        this.purpose = purpose;
        isOpen = true;
        BaseInputConnection.removeComposingSpans(text);
        if (!field.contentEquals(text)) {
            text.replace(0, text.length(), field);
        }
        Selection.setSelection(text, Math.min(start, text.length()), Math.min(end, text.length()));
        toldText = field;
        toldPlaces = places();
        if (isOther) {
            watch = null;
            keyboards.restartInput(this);
        } else {
            keyboards.updateSelection(this, start, end, -1, -1);
        }
    }

    @Override
    public boolean onCheckIsTextEditor() {
        return isOpen;
    }

    @Override
    public InputConnection onCreateInputConnection(EditorInfo info) {
        if (!isOpen) {
            return null;
        }
        InputConnection connection = new TextConnection(this);
        info.inputType = inputType();
        info.imeOptions = EditorInfo.IME_FLAG_NO_FULLSCREEN | EditorInfo.IME_FLAG_NO_EXTRACT_UI | action();
        info.initialSelStart = Selection.getSelectionStart(text);
        info.initialSelEnd = Selection.getSelectionEnd(text);
        info.initialCapsMode = connection.getCursorCapsMode(info.inputType);
        return connection;
    }

    private int inputType() {
        if (purpose == SECRET) {
            return InputType.TYPE_CLASS_TEXT | InputType.TYPE_TEXT_VARIATION_PASSWORD;
        }
        int type =
            InputType.TYPE_CLASS_TEXT
                | InputType.TYPE_TEXT_FLAG_AUTO_CORRECT
                | InputType.TYPE_TEXT_FLAG_CAP_SENTENCES;
        return hasLines() ? type | InputType.TYPE_TEXT_FLAG_MULTI_LINE : type;
    }

    /** Where there can be several lines, Enter begins one, and a keyboard that can also do more than that may. */
    private int action() {
        switch (purpose) {
            case LINES:
                return EditorInfo.IME_ACTION_NONE | EditorInfo.IME_FLAG_NO_ENTER_ACTION;
            case MESSAGE:
                return EditorInfo.IME_ACTION_SEND | EditorInfo.IME_FLAG_NO_ENTER_ACTION;
            default:
                return EditorInfo.IME_ACTION_DONE;
        }
    }

    boolean hasLines() {
        return purpose == LINES || purpose == MESSAGE;
    }

    boolean isSecret() {
        return purpose == SECRET;
    }

    /** The keyboard has finished a change: whoever does not know of it is told. */
    void changed() {
        String now = text.toString();
        int[] places = places();
        if (now.equals(toldText) && Arrays.equals(places, toldPlaces)) {
            return;
        }
        toldText = now;
        toldPlaces = places;
        onText(generation, now, places[0], places[1], places[2], places[3]);
        keyboards.updateSelection(this, places[0], places[1], places[2], places[3]);
        if (watch != null) {
            keyboards.updateExtractedText(this, watch.token, extracted());
        }
    }

    void key(int code) {
        onKey(generation, code);
    }

    void act() {
        onAction(generation);
    }

    private int[] places() {
        return new int[] {
            Selection.getSelectionStart(text),
            Selection.getSelectionEnd(text),
            BaseInputConnection.getComposingSpanStart(text),
            BaseInputConnection.getComposingSpanEnd(text),
        };
    }

    /** The whole text, for keyboards that want to see it all, and to be told when it changes if they say so. */
    ExtractedText extract(ExtractedTextRequest request, int flags) {
        if ((flags & InputConnection.GET_EXTRACTED_TEXT_MONITOR) != 0) {
            watch = request;
        }
        return extracted();
    }

    private ExtractedText extracted() {
        ExtractedText extracted = new ExtractedText();
        extracted.text = text.toString();
        extracted.partialStartOffset = -1;
        extracted.partialEndOffset = -1;
        extracted.selectionStart = Selection.getSelectionStart(text);
        extracted.selectionEnd = Selection.getSelectionEnd(text);
        extracted.flags = hasLines() ? 0 : ExtractedText.FLAG_SINGLE_LINE;
        return extracted;
    }
}
