package chat.festival;

import android.app.Activity;
import java.nio.ByteBuffer;

/**
 * What the native library asks of the phone besides its window, from any thread, and where it is told what came of it.
 * Whatever shows something or asks the person is done on the main thread.
 */
final class Services {
    /** Those of the window, as long as there is one. */
    private static volatile Services current;

    final Permissions permissions;
    final Camera camera;
    final Notices notices;
    final Sharing sharing;
    final Pictures pictures;
    final Staying staying;
    private final Activity activity;

    /** What the person said of a permission. */
    static native void onPermission(int permission, int state);

    /**
     * What the camera sees: how bright each pixel is, in rows that begin `stride` bytes apart, and by how many degrees it is
     * to be turned to the right to be upright. Whether more is wanted.
     */
    static native boolean onFrame(int scan, ByteBuffer luma, int width, int height, int stride, int turn);

    /** The camera shows nothing more for this scan, for one of the reasons of `Camera`. */
    static native void onCameraProblem(int scan, int why);

    /** The person chose a picture; a copy of it lies there. */
    static native void onPicture(String path);

    /** A picture was kept under this name. */
    static native void onSaved(String name);

    /** Something did not work; a sentence says what. */
    static native void onFailed(String why);

    /** The person chose what was told of this room. */
    static native void onOpened(String room);

    /** The person wrote this in answer to what was told of this room. */
    static native void onReply(String room, String text);

    /** Another app shares this text with this one. */
    static native void onShared(String text);

    Services(Activity activity) {
        this.activity = activity;
        permissions = new Permissions(activity);
        camera = new Camera(activity);
        notices = new Notices(activity);
        sharing = new Sharing(activity);
        pictures = new Pictures(activity);
        staying = new Staying(activity);
        current = this;
    }

    /** Those of the window; null without one. */
    static Services current() {
        return current;
    }

    /** The window comes into sight. */
    void start() {
        camera.setInSight(true);
    }

    /** The person can use the window, and may have been in the system's settings. */
    void resume() {
        staying.end();
        permissions.look();
    }

    /** The person can no longer use the window, but it is still in sight: a service may be started. */
    void pause() {
        if (permissions.state(Permissions.NOTIFICATIONS) == Permissions.GRANTED) {
            staying.begin();
        }
    }

    /** The window leaves sight. */
    void stop() {
        camera.setInSight(false);
    }

    /** There is no window any more. */
    void destroy() {
        current = null;
        camera.setInSight(false);
        staying.end();
    }

    /** Ends the app, as if it had been swiped away. */
    void quit() {
        activity.finishAndRemoveTask();
    }

    /** Called from the native library. */
    void ask(final int permission) {
        activity.runOnUiThread(new Runnable() {
            @Override
            public void run() {
                permissions.ask(permission);
            }
        });
    }

    /** Called from the native library. */
    void openSettings() {
        activity.runOnUiThread(new Runnable() {
            @Override
            public void run() {
                permissions.openSettings();
            }
        });
    }

    /** Called from the native library: a code is looked for. */
    void startCamera(int scan) {
        camera.start(scan);
    }

    /** Called from the native library: that scan is over. */
    void stopCamera(int scan) {
        camera.stop(scan);
    }

    /** Called from the native library. */
    void say(String room, String title, String text) {
        notices.say(room, title, text);
    }

    /** Called from the native library. */
    void withdraw(String room) {
        notices.withdraw(room);
    }

    /** Called from the native library. */
    void share(final String title, final String link, final String name, final byte[] png) {
        activity.runOnUiThread(new Runnable() {
            @Override
            public void run() {
                sharing.share(title, link, name, png);
            }
        });
    }

    /** Called from the native library. */
    void save(final String name, final byte[] png) {
        activity.runOnUiThread(new Runnable() {
            @Override
            public void run() {
                pictures.save(name, png);
            }
        });
    }

    /** Called from the native library. */
    void pick() {
        activity.runOnUiThread(new Runnable() {
            @Override
            public void run() {
                pictures.pick();
            }
        });
    }

    /** Called from the native library: whether there is something to stay for when the window leaves sight. */
    void stay(boolean isWanted) {
        staying.setWanted(isWanted);
    }
}
