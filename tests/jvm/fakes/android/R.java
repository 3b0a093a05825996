package android;

public final class R {
    public static final class id {
        public static final int selectAll = 0x0102001f;
        public static final int cut = 0x01020020;
        public static final int copy = 0x01020021;
        public static final int paste = 0x01020022;
        public static final int pasteAsPlainText = 0x01020031;
    }
}
