//! How often someone is called through relays: pure policy.
//!
//! Whoever comes back into reach calls by itself, so calling an absent one again and again gains
//! little; it must cost relays and metered networks next to nothing.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use crate::{Callee, DialKey};

/// The first pause between two calls to one who does not answer, and the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_secs(30 * 60);

/// Calls that may be made at once, and the time in which one more may. At 1.1 kB to each of three
/// relays, calling all day costs at most 5 MB.
const BURST: u32 = 240;
const INTERVAL: Duration = Duration::from_secs(60);

/// Callees remembered at most; the one that may be called soonest is forgotten first.
const MAX_CALLEES: usize = 1024;

type Called = (DialKey, Callee);

/// Remembers who was called when.
#[derive(Debug, Default)]
pub(super) struct Pace {
    due: HashMap<Called, (Instant, Duration)>,
    /// When the bucket of calls is full again.
    full_at: Option<Instant>,
}

impl Pace {
    /// When `callee` may be called next.
    pub(super) fn next(&self, callee: &Called, now: Instant) -> Instant {
        let due = self.due.get(callee).map_or(now, |(due, _pause)| (*due).max(now));
        let longest = INTERVAL.saturating_mul(BURST.saturating_sub(1));
        let free = self.full_at.and_then(|full_at| full_at.checked_sub(longest));
        free.map_or(due, |free| due.max(free))
    }

    /// `callee` is called now.
    pub(super) fn called(&mut self, callee: Called, now: Instant) {
        let full_at = self.full_at.map_or(now, |at| at.max(now));
        self.full_at = full_at.checked_add(INTERVAL);
        let pause = self
            .due
            .get(&callee)
            .map_or(FIRST_PAUSE, |(_due, pause)| pause.saturating_mul(2).min(LONGEST_PAUSE));
        if self.due.len() >= MAX_CALLEES && !self.due.contains_key(&callee) {
            let soonest = self.due.iter().min_by_key(|(_callee, (due, _pause))| *due);
            if let Some(soonest) = soonest.map(|(callee, _due)| *callee) {
                self.due.remove(&soonest);
            }
        }
        self.due.insert(callee, (now.checked_add(pause).unwrap_or(now), pause));
    }

    /// `callee` answered: it may be called again at once should it be lost.
    pub(super) fn answered(&mut self, callee: &Called) {
        self.due.remove(callee);
    }

    /// Everything may be different now: the network changed.
    pub(super) fn reset(&mut self) {
        self.due.clear();
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{BURST, Pace};
    use crate::{Callee, DialKey};

    const ONE: (DialKey, Callee) = (DialKey::from_bytes([1; 32]), Callee::from_bytes([1; 16]));
    const DAY: Duration = Duration::from_secs(86_400);

    /// Calls made to `callees` within a day by one who calls whenever it may.
    fn calls_in_a_day(pace: &mut Pace, callees: &[(DialKey, Callee)]) -> usize {
        let start = Instant::now();
        let (mut now, mut calls) = (start, 0);
        while now < start + DAY {
            let next = callees.iter().min_by_key(|callee| pace.next(callee, now));
            let callee = *next.expect("one at least");
            now = pace.next(&callee, now);
            pace.called(callee, now);
            calls += 1;
        }
        calls
    }

    #[test]
    fn one_who_never_answers_is_called_seldom() {
        let calls = calls_in_a_day(&mut Pace::default(), &[ONE]);

        assert!((50..70).contains(&calls), "{calls}");
    }

    #[test]
    fn many_who_never_answer_cost_a_bounded_number_of_calls() {
        let many: Vec<_> = (0..=255)
            .map(|n| (DialKey::from_bytes([n; 32]), Callee::from_bytes([n; 16])))
            .collect();

        let calls = calls_in_a_day(&mut Pace::default(), &many);

        assert!(calls <= BURST as usize + 24 * 60 + 1, "{calls}");
    }

    #[test]
    fn one_who_answered_and_all_after_a_change_of_network_may_be_called_at_once() {
        let (mut pace, now) = (Pace::default(), Instant::now());
        pace.called(ONE, now);
        assert!(pace.next(&ONE, now) > now);

        pace.answered(&ONE);

        assert_eq!(pace.next(&ONE, now), now);
        pace.called(ONE, now);
        pace.reset();
        assert_eq!(pace.next(&ONE, now), now);
    }
}
