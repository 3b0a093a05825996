package chat.festival;

import android.content.Context;
import android.os.Looper;
import android.view.KeyEvent;
import android.view.inputmethod.EditorInfo;
import android.view.inputmethod.ExtractedTextRequest;
import android.view.inputmethod.InputConnection;
import android.view.inputmethod.InputMethodManager;

/** What keyboards call, by the names of the calls. */
public final class Keyboard {
    private static MainActivity activity;

    private Keyboard() {}

    /** Opens the activity, with what is written through in it. */
    public static void open() {
        activity = Drive.open();
    }

    /** Lets the UI thread do what is due. */
    public static void pass() {
        Looper.pass(0);
    }

    private static InputMethodManager keyboards() {
        return (InputMethodManager) activity.getSystemService(Context.INPUT_METHOD_SERVICE);
    }

    /** Does what a keyboard does; returns what it gets of text. */
    public static String call(String name, String text, int one, int other) {
        InputConnection field = keyboards().connection();
        if (field == null) {
            return "no field";
        }
        switch (name) {
            case "commitText":
                field.commitText(text, one);
                return "";
            case "setComposingText":
                field.setComposingText(text, one);
                return "";
            case "setComposingRegion":
                field.setComposingRegion(one, other);
                return "";
            case "finishComposingText":
                field.finishComposingText();
                return "";
            case "deleteSurroundingText":
                field.deleteSurroundingText(one, other);
                return "";
            case "deleteSurroundingTextInCodePoints":
                field.deleteSurroundingTextInCodePoints(one, other);
                return "";
            case "setSelection":
                field.setSelection(one, other);
                return "";
            case "beginBatchEdit":
                field.beginBatchEdit();
                return "";
            case "endBatchEdit":
                field.endBatchEdit();
                return "";
            case "sendKeyEvent":
                field.sendKeyEvent(new KeyEvent(KeyEvent.ACTION_DOWN, one));
                field.sendKeyEvent(new KeyEvent(KeyEvent.ACTION_UP, one));
                return "";
            case "performEditorAction":
                field.performEditorAction(one);
                return "";
            case "performContextMenuAction":
                field.performContextMenuAction(one);
                return "";
            case "getTextBeforeCursor":
                return field.getTextBeforeCursor(one, 0).toString();
            case "getTextAfterCursor":
                return field.getTextAfterCursor(one, 0).toString();
            case "getSelectedText":
                CharSequence selected = field.getSelectedText(0);
                return selected == null ? "" : selected.toString();
            case "getExtractedText":
                return field.getExtractedText(new ExtractedTextRequest(), one).text.toString();
            default:
                throw new IllegalArgumentException(name);
        }
    }

    /** What the keyboard was told last: what is chosen, and what is composed. */
    public static String selection() {
        int[] told = keyboards().selection();
        return told[0] + " " + told[1] + " " + told[2] + " " + told[3];
    }

    public static String isShown() {
        return String.valueOf(keyboards().isShown());
    }

    /** How often it was told to go. */
    public static String hides() {
        return String.valueOf(keyboards().hides());
    }

    /** The person puts it away. */
    public static void putAway() {
        keyboards().putAway();
    }

    /** The whole text, as the keyboard was told last. */
    public static String extracted() {
        return keyboards().extracted().text.toString();
    }

    /** What the keyboard is told of the field: its type and options. */
    public static String info() {
        EditorInfo info = keyboards().info();
        return Integer.toHexString(info.inputType) + " " + Integer.toHexString(info.imeOptions);
    }
}
