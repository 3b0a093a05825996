package android.app;

import android.content.Context;
import android.content.Intent;
import android.os.Bundle;
import android.os.Handler;
import android.os.Looper;
import android.view.View;
import android.view.ViewGroup;
import android.view.Window;

public class Activity extends Context {
    private final Handler handler = new Handler(Looper.getMainLooper());
    private final Window window = new Window(this);
    private Intent intent = new Intent(Intent.ACTION_MAIN);
    /** Whether another app is shown. */
    public boolean isBehind;

    protected void onCreate(Bundle state) {}

    protected void onStart() {}

    protected void onStop() {}

    protected void onDestroy() {}

    protected void onNewIntent(Intent intent) {}

    public Intent getIntent() {
        return intent;
    }

    public void setIntent(Intent intent) {
        this.intent = intent;
    }

    public Window getWindow() {
        return window;
    }

    public void addContentView(View view, ViewGroup.LayoutParams params) {
        window.add(view);
    }

    public boolean moveTaskToBack(boolean nonRoot) {
        isBehind = true;
        return true;
    }

    public final void runOnUiThread(Runnable what) {
        if (Looper.getMainLooper().isCurrentThread()) {
            what.run();
        } else {
            handler.post(what);
        }
    }
}
