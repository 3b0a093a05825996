package chat.festival;

/** A network that was made or joined, or is being so. Called with the lock of its {@link Wifi}. */
interface WifiGroup {
    /** Begins; what comes of it is told once, by {@link Wifi#settle}. */
    void begin(String ssid, String passphrase);

    /** Ends it, in any state, and tells once that it has: {@link Wifi#left}. */
    void end(long attempt);
}
