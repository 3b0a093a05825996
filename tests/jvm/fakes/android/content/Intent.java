package android.content;

import java.util.HashMap;
import java.util.Map;

public class Intent {
    public static final String ACTION_MAIN = "android.intent.action.MAIN";
    public static final String ACTION_VIEW = "android.intent.action.VIEW";
    public static final int FLAG_ACTIVITY_LAUNCHED_FROM_HISTORY = 0x00100000;

    /** What it is about, which a test may set. */
    public String data;
    private final String action;
    private final Map<String, Integer> numbers = new HashMap<String, Integer>();
    private int flags;

    public Intent(String action) {
        this.action = action;
    }

    public String getAction() {
        return action;
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
        numbers.put(name, value);
        return this;
    }

    public int getIntExtra(String name, int otherwise) {
        Integer value = numbers.get(name);
        return value == null ? otherwise : value;
    }
}
