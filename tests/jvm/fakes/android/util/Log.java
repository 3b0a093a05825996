package android.util;

public final class Log {
    private Log() {}

    public static int i(String tag, String message) {
        System.err.println(tag + ": " + message);
        return 0;
    }

    public static int w(String tag, String message, Throwable why) {
        return i(tag, message + ": " + why);
    }
}
