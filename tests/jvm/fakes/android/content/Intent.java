package android.content;

import android.net.Uri;
import android.os.Bundle;
import java.util.HashMap;
import java.util.Map;

public class Intent {
    public static final String ACTION_CREATE_DOCUMENT = "android.intent.action.CREATE_DOCUMENT";
    public static final String ACTION_GET_CONTENT = "android.intent.action.GET_CONTENT";
    public static final String ACTION_MAIN = "android.intent.action.MAIN";
    public static final String ACTION_SEND = "android.intent.action.SEND";
    public static final String ACTION_VIEW = "android.intent.action.VIEW";
    public static final String CATEGORY_OPENABLE = "android.intent.category.OPENABLE";
    public static final String EXTRA_STREAM = "android.intent.extra.STREAM";
    public static final String EXTRA_SUBJECT = "android.intent.extra.SUBJECT";
    public static final String EXTRA_TEXT = "android.intent.extra.TEXT";
    public static final String EXTRA_TITLE = "android.intent.extra.TITLE";
    public static final int FLAG_ACTIVITY_LAUNCHED_FROM_HISTORY = 0x00100000;
    public static final int FLAG_GRANT_READ_URI_PERMISSION = 1;

    /** What it is about, which a test may set. */
    public String data;
    /** What the person wrote into it, in a notice. */
    public Bundle results;
    /** What the chosen app gets, if the person is to choose one. */
    public Intent chosen;
    public ClipData clip;
    public String type;
    private String action;
    private String target;
    private int flags;
    private final Map<String, Object> extras = new HashMap<String, Object>();

    public Intent(String action) {
        this.action = action;
    }

    public Intent(String action, Uri data) {
        this.action = action;
        this.data = data.toString();
    }

    public Intent(Context from, Class<?> target) {
        this.target = target.getName();
    }

    public static Intent createChooser(Intent target, CharSequence title) {
        Intent chooser = new Intent("android.intent.action.CHOOSER");
        chooser.chosen = target;
        return chooser;
    }

    public String target() {
        return target;
    }

    public String getAction() {
        return action;
    }

    public Intent setAction(String action) {
        this.action = action;
        return this;
    }

    public Intent addCategory(String category) {
        return this;
    }

    public Intent setType(String type) {
        this.type = type;
        return this;
    }

    public Intent putExtra(String name, String value) {
        extras.put(name, value);
        return this;
    }

    public Intent putExtra(String name, Uri value) {
        extras.put(name, value);
        return this;
    }

    public String getStringExtra(String name) {
        Object value = extras.get(name);
        return value instanceof String ? (String) value : null;
    }

    public Object extra(String name) {
        return extras.get(name);
    }

    public void setClipData(ClipData clip) {
        this.clip = clip;
    }

    public Uri getData() {
        return data == null ? null : Uri.parse(data);
    }

    public String getDataString() {
        return data;
    }

    public int getFlags() {
        return flags;
    }

    public Intent addFlags(int flags) {
        this.flags |= flags;
        return this;
    }

    public Intent putExtra(String name, int value) {
        extras.put(name, value);
        return this;
    }

    public int getIntExtra(String name, int otherwise) {
        Object value = extras.get(name);
        return value == null ? otherwise : (Integer) value;
    }
}
