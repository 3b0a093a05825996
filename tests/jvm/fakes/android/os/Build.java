package android.os;

public class Build {
    public static class VERSION {
        /** Not final: a test chooses which Android this is. */
        public static int SDK_INT = 36;
    }
}
