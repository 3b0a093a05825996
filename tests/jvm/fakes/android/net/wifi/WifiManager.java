package android.net.wifi;

public class WifiManager {
    public MulticastLock createMulticastLock(String tag) {
        return new MulticastLock();
    }

    public class MulticastLock {
        private boolean isCounted = true;
        private int held;

        public void setReferenceCounted(boolean isCounted) {
            this.isCounted = isCounted;
        }

        public void acquire() {
            held = isCounted ? held + 1 : 1;
        }

        public void release() {
            if (held == 0 && isCounted) {
                throw new RuntimeException("MulticastLock under-locked");
            }
            held = Math.max(0, held - 1);
        }

        public boolean isHeld() {
            return held > 0;
        }
    }
}
