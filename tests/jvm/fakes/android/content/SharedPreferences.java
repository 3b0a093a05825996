package android.content;

import java.util.HashMap;
import java.util.Map;

/** A class here: there is one kind of it. */
public class SharedPreferences {
    private final Map<String, Object> values = new HashMap<String, Object>();

    public int getInt(String key, int otherwise) {
        Object value = values.get(key);
        return value == null ? otherwise : (Integer) value;
    }

    public Editor edit() {
        return new Editor();
    }

    public class Editor {
        private final Map<String, Object> changes = new HashMap<String, Object>();

        public Editor putInt(String key, int value) {
            changes.put(key, value);
            return this;
        }

        public Editor remove(String key) {
            changes.put(key, null);
            return this;
        }

        public void apply() {
            for (Map.Entry<String, Object> change : changes.entrySet()) {
                if (change.getValue() == null) {
                    values.remove(change.getKey());
                } else {
                    values.put(change.getKey(), change.getValue());
                }
            }
        }
    }
}
