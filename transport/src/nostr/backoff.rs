//! How long to leave a relay alone.

use std::time::{Duration, Instant};

use rand_core::{OsRng, RngCore};

/// Pauses that double, each with chance in it, so that many devices do not come back as one.
#[derive(Debug)]
pub(super) struct Backoff {
    first: Duration,
    longest: Duration,
    doublings: u32,
}

impl Backoff {
    pub(super) fn new(first: Duration, longest: Duration) -> Self {
        Self { first, longest, doublings: 0 }
    }

    /// The next pause: between half and all of the first one, doubled each time.
    pub(super) fn next(&mut self) -> Duration {
        let whole =
            self.first.saturating_mul(1_u32.checked_shl(self.doublings).unwrap_or(u32::MAX));
        let whole = whole.min(self.longest);
        self.doublings = self.doublings.saturating_add(1).min(20);
        let chance = f64::from(OsRng.next_u32()) / f64::from(u32::MAX);
        whole.mul_f64(0.5 + chance / 2.0)
    }

    /// The next pause is at least that of so many doublings.
    pub(super) fn at_least(&mut self, doublings: u32) {
        self.doublings = self.doublings.max(doublings);
    }

    pub(super) fn reset(&mut self) {
        self.doublings = 0;
    }
}

/// What a relay has complained about: while it is to be left in peace, nothing is published.
#[derive(Debug)]
pub(super) struct Complaints {
    pauses: Backoff,
    quiet_until: Option<Instant>,
}

/// Without complaints for so long, all is forgotten.
const FORGIVEN: Duration = Duration::from_secs(600);

impl Complaints {
    pub(super) fn new() -> Self {
        let pauses = Backoff::new(Duration::from_secs(1), Duration::from_secs(600));
        Self { pauses, quiet_until: None }
    }

    /// The relay refused something, or gave notice.
    pub(super) fn note(&mut self, now: Instant) {
        match self.quiet_until {
            // One pause for all complaints about what was sent before it.
            Some(until) if until > now => return,
            Some(until) if now.saturating_duration_since(until) > FORGIVEN => self.pauses.reset(),
            _ => {}
        }
        self.quiet_until = now.checked_add(self.pauses.next());
    }

    pub(super) fn is_quiet(&self, now: Instant) -> bool {
        self.quiet_until.is_some_and(|until| until > now)
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Backoff, Complaints};

    #[test]
    fn pauses_double_up_to_the_longest_and_start_over_after_success() {
        let (first, longest) = (Duration::from_secs(1), Duration::from_secs(300));
        let mut backoff = Backoff::new(first, longest);

        for whole in [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300] {
            let (pause, whole) = (backoff.next(), Duration::from_secs(whole));
            assert!(pause >= whole / 2 && pause <= whole, "{pause:?} of {whole:?}");
        }
        assert!((0..100).all(|_| backoff.next() <= longest));
        backoff.reset();
        assert!(backoff.next() <= first);
    }

    #[test]
    fn relay_that_complains_is_left_in_peace_longer_each_time() {
        let (mut complaints, start) = (Complaints::new(), Instant::now());
        assert!(!complaints.is_quiet(start));

        complaints.note(start);
        complaints.note(start);
        assert!(complaints.is_quiet(start + Duration::from_millis(400)));
        assert!(!complaints.is_quiet(start + Duration::from_secs(1)));
        complaints.note(start + Duration::from_secs(2));
        complaints.note(start + Duration::from_secs(10));
        assert!(complaints.is_quiet(start + Duration::from_secs(11)));
    }
}
