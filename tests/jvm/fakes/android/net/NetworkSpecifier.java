package android.net;

public abstract class NetworkSpecifier {}
