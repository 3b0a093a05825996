//! Quotas: how much a peer may make this device keep, or do, in the long run.

use std::time::Duration;

const MILLIS_PER_DAY: u64 = 86_400_000;

/// A bucket that holds so much, and fills up again in a day.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Quota {
    per_day: u64,
    left: u64,
    /// Up to when it was filled again.
    filled_at: Duration,
}

impl Quota {
    /// A full bucket.
    pub(crate) const fn new(per_day: u64) -> Self {
        Self { per_day, left: per_day, filled_at: Duration::ZERO }
    }

    /// Whether `amount` can be taken at `now`; takes nothing.
    pub(crate) fn has(&mut self, now: Duration, amount: u64) -> bool {
        self.fill(now);
        self.left >= amount
    }

    /// Takes `amount`, or all that is left.
    pub(crate) fn take(&mut self, amount: u64) {
        self.left = self.left.saturating_sub(amount);
    }

    fn fill(&mut self, now: Duration) {
        if self.left == self.per_day {
            self.filled_at = now;
            return;
        }
        let passed = now.saturating_sub(self.filled_at).as_millis();
        let passed = u64::try_from(passed).unwrap_or(u64::MAX).min(MILLIS_PER_DAY);
        let more = self.per_day.saturating_mul(passed) / MILLIS_PER_DAY;
        // Fractions wait until they are whole.
        if more > 0 {
            self.left = self.left.saturating_add(more).min(self.per_day);
            self.filled_at = now;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Quota;

    const HOUR: Duration = Duration::from_secs(3_600);

    #[test]
    fn bucket_gives_a_day_at_once_and_then_what_time_brings() {
        let mut quota = Quota::new(240);
        assert!(quota.has(Duration::ZERO, 240));
        quota.take(240);

        assert!(!quota.has(Duration::ZERO, 1));
        assert!(quota.has(HOUR, 10));
        assert!(!quota.has(HOUR, 11));
        assert!(quota.has(HOUR * 48, 240));
        assert!(!quota.has(HOUR * 480, 241), "it never holds more than a day");
    }

    #[test]
    fn asking_often_does_not_lose_fractions() {
        let mut quota = Quota::new(24);
        quota.take(24);

        for minute in 0..60 {
            quota.has(Duration::from_secs(60 * minute), 1);
        }

        assert!(quota.has(HOUR, 1));
    }
}
