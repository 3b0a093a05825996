package android.app;

import android.content.Context;
import android.content.Intent;
import android.content.pm.Rights;
import android.os.Bundle;
import android.os.Handler;
import android.os.Looper;
import android.view.View;
import android.view.ViewGroup;
import android.view.Window;
import android.view.WindowManager;

public class Activity extends Context {
    public static final int RESULT_CANCELED = 0;
    public static final int RESULT_OK = -1;

    private final Handler handler = new Handler(Looper.getMainLooper());
    private final Window window = new Window(this);
    private Intent intent = new Intent(Intent.ACTION_MAIN);
    /** Whether another app is shown. */
    public boolean isBehind;
    public boolean isFinished;

    protected void onCreate(Bundle state) {}

    protected void onStart() {}

    protected void onResume() {}

    protected void onPause() {}

    protected void onStop() {}

    protected void onDestroy() {}

    protected void onNewIntent(Intent intent) {}

    protected void onActivityResult(int request, int result, Intent data) {}

    public void onRequestPermissionsResult(int request, String[] rights, int[] results) {}

    /** The rights that the person is being asked for, and by what number; null if they are not. */
    public String[] asked;
    public int askedAs;
    /** What was opened to get something from another app, and by what number. */
    public Intent wanted;
    public int wantedAs;

    /** Who has refused a right twice is asked no more, as since Android 11. */
    public final void requestPermissions(String[] rights, int request) {
        boolean asksNoMore = false;
        for (String right : rights) {
            asksNoMore |= Rights.asksNoMore(right);
        }
        askedAs = request;
        if (asksNoMore) {
            answer(rights);
        } else {
            asked = rights;
        }
    }

    public boolean shouldShowRequestPermissionRationale(String right) {
        return Rights.wantsReason(right);
    }

    /** For tests: what the system does when its question is gone, with what it knows then. */
    public void answer(String[] rights) {
        int[] results = new int[rights.length];
        for (int index = 0; index < rights.length; index++) {
            results[index] = checkSelfPermission(rights[index]);
        }
        asked = null;
        onRequestPermissionsResult(askedAs, rights, results);
    }

    public void startActivityForResult(Intent intent, int request) {
        startActivity(intent);
        wanted = intent;
        wantedAs = request;
    }

    public boolean isFinishing() {
        return isFinished;
    }

    public void finishAndRemoveTask() {
        isFinished = true;
    }

    public WindowManager getWindowManager() {
        return new WindowManager();
    }

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
