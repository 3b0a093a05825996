package android.view;

import android.content.Context;
import java.util.ArrayList;
import java.util.List;

public class Window {
    private final View decor;
    private final List<View> views = new ArrayList<View>();

    public Window(Context context) {
        decor = new View(context);
    }

    public View getDecorView() {
        return decor;
    }

    public void add(View view) {
        views.add(view);
    }

    /** For tests: what was added to it. */
    public List<View> views() {
        return views;
    }
}
