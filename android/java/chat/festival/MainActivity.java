package chat.festival;

import android.app.NativeActivity;
import android.content.ClipData;
import android.content.ClipboardManager;
import android.content.Context;
import android.content.Intent;
import android.net.wifi.WifiManager;
import android.os.Bundle;
import android.os.Process;
import android.view.HapticFeedbackConstants;
import android.view.View;
import android.view.ViewGroup;
import android.view.WindowInsets;

/**
 * The app's window. What is drawn and decided is in the native library; this passes on what only Java is told.
 *
 * No lambdas: where there is no Android SDK, nothing translates them into what Android runs.
 */
public final class MainActivity extends NativeActivity implements View.OnApplyWindowInsetsListener {
    static {
        System.loadLibrary("festival_android");
    }

    private ClipboardManager clipboard;
    private WifiManager.MulticastLock multicast;
    private Services services;
    private Wifi wifi;

    private static native void onInsets(int left, int top, int right, int bottom);

    private static native void onLink(String link);

    private static native void onVisible(boolean isVisible);

    @Override
    protected void onCreate(Bundle state) {
        clipboard = (ClipboardManager) getSystemService(Context.CLIPBOARD_SERVICE);
        WifiManager wifi = (WifiManager) getApplicationContext().getSystemService(Context.WIFI_SERVICE);
        multicast = wifi.createMulticastLock("festival");
        multicast.setReferenceCounted(false);
        services = new Services(this);
        services.permissions.look();
        super.onCreate(state);
        addContentView(new TextInput(this), new ViewGroup.LayoutParams(1, 1));
        getWindow().getDecorView().setOnApplyWindowInsetsListener(this);
        open(getIntent());
    }

    @Override
    protected void onNewIntent(Intent intent) {
        super.onNewIntent(intent);
        open(intent);
    }

    /** Friends on the same network find each other by multicast, which Android drops otherwise. */
    @Override
    protected void onStart() {
        super.onStart();
        multicast.acquire();
        services.start();
        onVisible(true);
    }

    @Override
    protected void onResume() {
        super.onResume();
        services.resume();
    }

    @Override
    protected void onPause() {
        services.pause();
        super.onPause();
    }

    @Override
    protected void onStop() {
        onVisible(false);
        services.stop();
        if (!services.staying.isOn()) {
            multicast.release();
        }
        super.onStop();
    }

    @Override
    public void onRequestPermissionsResult(int request, String[] rights, int[] results) {
        services.permissions.answered(request, results);
    }

    @Override
    protected void onActivityResult(int request, int result, Intent data) {
        super.onActivityResult(request, result, data);
        services.pictures.chosen(request, result, data);
    }

    /**
     * The process ends with its window: winit makes one event loop in a process, so that a second window could show
     * nothing, and waiting for the first loop to end, as the superclass does, would never end. Nothing is lost by it:
     * what is not on the disk was neither shown nor sent.
     */
    @Override
    protected void onDestroy() {
        services.destroy();
        if (wifi != null) {
            // A group may live on without the app that made it.
            wifi.leave(0);
        }
        Process.killProcess(Process.myPid());
        super.onDestroy();
    }

    @Override
    public WindowInsets onApplyWindowInsets(View view, WindowInsets insets) {
        onInsets(
            insets.getSystemWindowInsetLeft(),
            insets.getSystemWindowInsetTop(),
            insets.getSystemWindowInsetRight(),
            insets.getSystemWindowInsetBottom());
        return view.onApplyWindowInsets(insets);
    }

    /** What is opened anew from the list of recent apps was followed already. */
    private void open(Intent intent) {
        if ((intent.getFlags() & Intent.FLAG_ACTIVITY_LAUNCHED_FROM_HISTORY) != 0) {
            return;
        }
        String room = Notices.opened(intent);
        String text = Sharing.shared(intent);
        String link = intent.getDataString();
        if (room != null) {
            Services.onOpened(room);
        } else if (text != null) {
            Services.onShared(text);
        } else if (link != null) {
            onLink(link);
        }
    }

    /** Called from the native library: what can be asked of the phone. */
    Services services() {
        return services;
    }

    /** Called from the native library: the text on the clipboard, or null. */
    String paste() {
        ClipData clip = clipboard.getPrimaryClip();
        if (clip == null || clip.getItemCount() == 0) {
            return null;
        }
        CharSequence text = clip.getItemAt(0).coerceToText(this);
        return text == null ? null : text.toString();
    }

    /** Called from the native library. */
    void copy(String text) {
        clipboard.setPrimaryClip(ClipData.newPlainText("Festival Chat", text));
    }

    /** Called from the native library: what was there before this app is shown again. */
    void stepAside() {
        runOnUiThread(new Runnable() {
            @Override
            public void run() {
                moveTaskToBack(true);
            }
        });
    }

    /** Called from the native library: a short touch for the hand that holds the phone. */
    void pulse() {
        runOnUiThread(new Runnable() {
            @Override
            public void run() {
                getWindow().getDecorView().performHapticFeedback(HapticFeedbackConstants.LONG_PRESS);
            }
        });
    }

    /** Called from the native library: the Wi-Fi that it knows by this number. */
    Wifi wifi(long number) {
        wifi = new Wifi(this, number);
        return wifi;
    }

    /** Called from the native library: the radio that it knows by this number. */
    Bluetooth bluetooth(long radio) {
        return new Bluetooth(this, radio);
    }
}
