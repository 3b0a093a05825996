package android.net;

/** Android's since API level 26: only to compile with. */
public abstract class NetworkSpecifier {}
