//! Which days' topics count now.

use std::time::Duration;

const DAY: u64 = 24 * 3600;

/// Around midnight (UTC) the neighbor day counts too: clocks differ.
const OVERLAP: u64 = 600;

/// How long until the days are looked at again, at most: a clock may be set, a device may sleep.
const LOOK: u64 = 600;

/// The day of a caller at `time` (seconds since 1970): days since 1970.
pub(super) fn day(time: u64) -> u32 {
    u32::try_from(time / DAY).unwrap_or(u32::MAX)
}

/// The days on whose topics to hear.
pub(super) fn days(time: u64) -> Vec<u32> {
    let mut days = vec![day(time)];
    for neighbor in [time.saturating_sub(OVERLAP), time.saturating_add(OVERLAP)] {
        if !days.contains(&day(neighbor)) {
            days.push(day(neighbor));
        }
    }
    days
}

/// How long [`days`] stays the same, or a while.
pub(super) fn lasting(time: u64) -> Duration {
    let since_midnight = time % DAY;
    let changes = [OVERLAP, DAY.saturating_sub(OVERLAP), DAY];
    let next = changes.into_iter().find(|change| *change > since_midnight).unwrap_or(DAY);
    Duration::from_secs(next.saturating_sub(since_midnight).clamp(1, LOOK))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{DAY, days, lasting};

    #[test]
    fn neighbor_day_counts_around_midnight_only() {
        let midnight = 20_783 * DAY;

        assert_eq!(days(midnight + DAY / 2), [20_783]);
        assert_eq!(days(midnight + 60), [20_783, 20_782]);
        assert_eq!(days(midnight - 60), [20_782, 20_783]);
        assert_eq!(days(0), [0]);
    }

    #[test]
    fn days_are_looked_at_again_when_they_change() {
        let midnight = 20_783 * DAY;
        for start in [midnight + 599, midnight - 601, midnight - 1] {
            assert_eq!(lasting(start), Duration::from_secs(1));
            assert_ne!(days(start), days(start + 1), "{start}");
        }
        assert_eq!(lasting(midnight + DAY / 2), Duration::from_secs(600));
    }
}
