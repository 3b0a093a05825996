package android.view;

public final class Display {
    /** How the phone is held, in quarters of a turn. */
    public static int rotation;

    public int getRotation() {
        return rotation;
    }
}
