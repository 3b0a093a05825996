package android.view.inputmethod;

public class ExtractedTextRequest {
    public int token;
}
