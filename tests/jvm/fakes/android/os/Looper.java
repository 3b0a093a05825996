package android.os;

import java.util.PriorityQueue;

/** What is to be done on the UI thread, and when. A test is that thread, and says how time goes by. */
public final class Looper {
    private static final Looper MAIN = new Looper();
    private static Thread thread;

    private final PriorityQueue<Task> tasks = new PriorityQueue<Task>();
    private long now;
    private long posted;

    public static Looper getMainLooper() {
        return MAIN;
    }

    public static Looper myLooper() {
        return MAIN.isCurrentThread() ? MAIN : null;
    }

    public boolean isCurrentThread() {
        return Thread.currentThread() == thread;
    }

    public Thread getThread() {
        return thread;
    }

    /** Has the thread that calls this be the UI thread from now on. */
    public static void begin() {
        thread = Thread.currentThread();
    }

    /** Does what is due within so many milliseconds, in its order; time stands still otherwise. */
    public static void pass(long millis) {
        long end = now() + millis;
        Task task = MAIN.take(end);
        while (task != null) {
            task.what.run();
            task = MAIN.take(end);
        }
    }

    static long now() {
        synchronized (MAIN) {
            return MAIN.now;
        }
    }

    synchronized void post(Object from, Runnable what, long millis) {
        posted += 1;
        tasks.add(new Task(from, what, now + millis, posted));
    }

    synchronized void remove(Object from, Runnable what) {
        for (Task task : tasks.toArray(new Task[0])) {
            if (task.from == from && (what == null || task.what == what)) {
                tasks.remove(task);
            }
        }
    }

    private synchronized Task take(long end) {
        Task next = tasks.peek();
        if (next == null || next.at > end) {
            now = Math.max(now, end);
            return null;
        }
        now = Math.max(now, next.at);
        return tasks.poll();
    }

    private static final class Task implements Comparable<Task> {
        final Object from;
        final Runnable what;
        final long at;
        private final long order;

        Task(Object from, Runnable what, long at, long order) {
            this.from = from;
            this.what = what;
            this.at = at;
            this.order = order;
        }

        @Override
        public int compareTo(Task other) {
            return at == other.at ? Long.compare(order, other.order) : Long.compare(at, other.at);
        }
    }
}
