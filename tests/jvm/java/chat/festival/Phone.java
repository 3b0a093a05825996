package chat.festival;

import android.app.Activity;
import android.app.Notification;
import android.app.NotificationManager;
import android.app.PendingIntent;
import android.app.RemoteInput;
import android.content.Context;
import android.content.Intent;
import android.content.pm.Rights;
import android.database.MatrixCursor;
import android.hardware.camera2.CameraManager;
import android.media.ImageReader;
import android.net.Uri;
import android.os.Build;
import android.os.Looper;
import android.os.ParcelFileDescriptor;
import android.view.Display;
import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.FileNotFoundException;
import java.io.InputStream;
import java.nio.file.Files;
import java.util.Arrays;

/** A phone, its person and its other apps, for tests: each verb takes and gives a text. */
public final class Phone {
    private static MainActivity activity;
    private static StayService staying;

    private Phone() {}

    /** The services of the app, once it is open. */
    static Services services() {
        return activity.services();
    }

    /** Opens the app at an API level; its cache is in that folder. */
    static String open(String level, String cache) {
        Build.VERSION.SDK_INT = Integer.parseInt(level);
        Context.cache = new File(cache);
        activity = Drive.open();
        activity.onResume();
        return pass();
    }

    /** Does everything that is to be done now. */
    static String pass() {
        Looper.pass(0);
        return "";
    }

    static String hide() {
        activity.onPause();
        activity.onStop();
        return pass();
    }

    static String show() {
        activity.onStart();
        activity.onResume();
        return pass();
    }

    // Rights.

    static String asked() {
        return activity.asked == null ? "" : String.join(" ", activity.asked);
    }

    /** The person answers the system's question: "yes", "no", or by looking at something else. */
    static String answer(String said) {
        String[] rights = activity.asked;
        for (String right : rights) {
            if (said.equals("yes")) {
                Rights.grant(right);
            } else if (said.equals("no")) {
                Rights.refuse(right);
            }
        }
        activity.answer(rights);
        return "";
    }

    /** The question goes away with nobody having seen it. */
    static String answerNothing() {
        activity.onRequestPermissionsResult(activity.askedAs, new String[0], new int[0]);
        return "";
    }

    /** In the system's settings, and back. */
    static String grant(String rights) {
        activity.onPause();
        for (String right : rights.split(" ")) {
            Rights.grant("android.permission." + right);
        }
        activity.onResume();
        return "";
    }

    static String forbidNotices() {
        activity.onPause();
        notices().isEnabled = false;
        activity.onResume();
        return "";
    }

    /** What was opened last. */
    static String started() {
        Intent started = Context.started;
        return started == null ? "" : started.getAction() + " " + started.getDataString();
    }

    // The camera.

    private static CameraManager cameras() {
        return (CameraManager) activity.getSystemService(Context.CAMERA_SERVICE);
    }

    static String camera() {
        pass();
        return cameras().isOn() ? (cameras().focuses() ? "on" : "opening") : "off";
    }

    /** The camera sees so many pictures at once; "none" if nobody looks. How many are in use then comes after it. */
    static String see(byte[] luma, int width, int height, int stride, int times) {
        boolean isSeen = false;
        for (int time = 0; time < times; time++) {
            isSeen = cameras().see(luma, width, height, stride);
        }
        pass();
        return (isSeen ? "seen" : "none") + " " + ImageReader.out;
    }

    static String hold(String quarters) {
        Display.rotation = Integer.parseInt(quarters);
        return "";
    }

    static String refuseCamera(String reason) {
        cameras().refusal = Integer.parseInt(reason);
        return "";
    }

    static String loseCameras() {
        cameras().hasCameras = false;
        return "";
    }

    static String takeCamera() {
        cameras().takeAway();
        return pass();
    }

    static String breakCamera(String error) {
        cameras().fail(Integer.parseInt(error));
        return pass();
    }

    // Notices.

    private static NotificationManager notices() {
        return (NotificationManager) activity.getSystemService(Context.NOTIFICATION_SERVICE);
    }

    /** All that is shown, a line for each. */
    static String notices(String of) {
        StringBuilder lines = new StringBuilder();
        for (Notification notice : notices().shown.values()) {
            lines.append(notice.title).append(": ").append(notice.text).append("\n");
        }
        return lines.toString();
    }

    private static Notification notice(String title) {
        for (Notification notice : notices().shown.values()) {
            if (notice.title.toString().equals(title)) {
                return notice;
            }
        }
        throw new IllegalStateException("no notice of " + title);
    }

    static String tap(String title) {
        PendingIntent tap = notice(title).tap;
        if (!tap.kind.equals("activity")) {
            throw new IllegalStateException(tap.kind);
        }
        activity.onNewIntent(tap.intent);
        return "";
    }

    static String reply(String title, String text) {
        Notification.Action action = notice(title).actions.get(0);
        action.input.write(action.intent, text);
        new ReplyReceiver().onReceive(activity, action.intent.intent);
        return "";
    }

    /** The window is gone for good, and the process with it; what it had said is still there. */
    static String end() {
        activity.onDestroy();
        return pass();
    }

    // Sharing.

    /** What the app chosen by the person would get. */
    static String shared() {
        Intent sent = Context.started.chosen;
        boolean mayRead = (sent.getFlags() & Intent.FLAG_GRANT_READ_URI_PERMISSION) != 0 && sent.clip != null;
        return sent.type + " | " + sent.extra(Intent.EXTRA_SUBJECT) + " | " + sent.extra(Intent.EXTRA_TEXT) + " | "
            + sent.extra(Intent.EXTRA_STREAM) + " | " + (mayRead ? "may read" : "may not read");
    }

    /** What another app gets that asks for this, in this way. */
    static String read(String uri, String mode) throws Exception {
        PictureProvider provider = new PictureProvider();
        provider.attach(activity);
        MatrixCursor cursor = (MatrixCursor) provider.query(Uri.parse(uri), null, null, null, null);
        try {
            ParcelFileDescriptor opened = provider.openFile(Uri.parse(uri), mode);
            if (opened.mode != ParcelFileDescriptor.MODE_READ_ONLY) {
                return "may write";
            }
            return new String(Files.readAllBytes(opened.file.toPath()), "UTF-8") + " "
                + provider.getType(Uri.parse(uri)) + " " + Arrays.toString(cursor.rows.get(0));
        } catch (FileNotFoundException none) {
            return "nothing";
        }
    }

    /** Another app sends a text here. */
    static String send(String text) {
        activity.onNewIntent(new Intent(Intent.ACTION_SEND).putExtra(Intent.EXTRA_TEXT, text));
        return "";
    }

    // Pictures.

    /** The person chooses this in the screen that was opened for it. */
    static String choose(String uri) {
        Intent chosen = new Intent("");
        chosen.data = uri;
        activity.onActivityResult(activity.wantedAs, Activity.RESULT_OK, chosen);
        return "";
    }

    static String chooseNothing() {
        activity.onActivityResult(activity.wantedAs, Activity.RESULT_CANCELED, null);
        return "";
    }

    /** Another app has a file there with this in it. */
    static String put(String uri, String content) throws Exception {
        activity.getContentResolver().readable.put(uri, new ByteArrayInputStream(content.getBytes("UTF-8")));
        return "";
    }

    /** Another app has a file there that never ends. */
    static String putEndless(String uri) {
        activity.getContentResolver().readable.put(uri, new InputStream() {
            @Override
            public int read() {
                return 0;
            }

            @Override
            public int read(byte[] into, int from, int len) {
                return len;
            }
        });
        return "";
    }

    static String written(String uri) throws Exception {
        return activity.getContentResolver().written.get(uri).toString("UTF-8");
    }

    static String loseApps() {
        Context.hasNoOtherApps = true;
        return "";
    }

    // Staying.

    /** Whether the service runs, as Android would have it: started in sight, shown, and of which type. */
    static String service() {
        if (Context.service == null) {
            staying = null;
            return "off";
        }
        if (staying == null) {
            staying = new StayService();
            staying.onStartCommand(Context.service, 0, 1);
        }
        Notification notice = staying.foreground;
        return notice == null ? "hidden" : notice.title + " " + staying.type + " " + notice.isOngoing;
    }

    static String stop() {
        staying.onStartCommand(staying.foreground.actions.get(0).intent.intent, 0, 2);
        return (staying.isStopped ? "stopped " : "runs ") + (activity.isFinished ? "ended" : "goes on");
    }

    static String outOfSight() {
        Context.isHidden = true;
        return "";
    }
}
