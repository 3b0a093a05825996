package android.content.pm;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** What the system knows of the rights of the app: who says no twice is asked no more. Not a class of Android's. */
public final class Rights {
    private static final int MOST_REFUSALS = 2;
    private static final Set<String> GRANTED = new HashSet<String>();
    private static final Map<String, Integer> REFUSALS = new HashMap<String, Integer>();

    private Rights() {}

    public static boolean isGranted(String right) {
        return GRANTED.contains(right);
    }

    public static boolean wantsReason(String right) {
        return !isGranted(right) && refusals(right) == 1;
    }

    public static boolean asksNoMore(String right) {
        return !isGranted(right) && refusals(right) >= MOST_REFUSALS;
    }

    public static void grant(String right) {
        GRANTED.add(right);
        REFUSALS.remove(right);
    }

    public static void refuse(String right) {
        GRANTED.remove(right);
        REFUSALS.put(right, refusals(right) + 1);
    }

    private static int refusals(String right) {
        Integer refusals = REFUSALS.get(right);
        return refusals == null ? 0 : refusals;
    }
}
