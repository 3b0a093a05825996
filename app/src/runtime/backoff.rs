//! When to dial: decisions without a clock, a socket or chance of their own.
//!
//! A device that comes back dials at once, and so does one that sees another come: pauses only
//! have to be short while both ends may have lost each other without either noticing why. After
//! that, patience costs nothing but traffic saved.

use std::time::Duration;

/// The first pause after a failed dial: a person is looking.
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// The longest pause while the loss is fresh: whatever broke is often whole again in minutes.
const SEARCHING_PAUSE: Duration = Duration::from_secs(20);

/// Dials made with pauses up to [`SEARCHING_PAUSE`]: about five minutes, each dial taking its own
/// ten seconds.
const SEARCHING_DIALS: u32 = 14;

/// The longest pause of all. Whoever comes back dials at once, so this bounds only how long two
/// devices look past each other that were both there all along.
const LONGEST_PAUSE: Duration = Duration::from_secs(600);

/// A session that held this long was a good one: after it, dialing begins anew.
const GOOD_SESSION: Duration = Duration::from_secs(5);

/// How long it takes until one more dial without much hope may be made, whoever it is for. With
/// ten kilobytes a dial, one hundred and forty-four a day keep below the ceiling of idle traffic.
const HOPELESS_EVERY: Duration = Duration::from_secs(600);

/// Hopeless dials that may be saved up, so that a small room's members are not dialed in a queue.
const HOPELESS_BURST: u32 = 6;

/// Pauses between dials for a direct way while a link takes a detour; the last one repeats.
const UPGRADE_PAUSES: [Duration; 4] = [
    Duration::from_secs(5),
    Duration::from_secs(15),
    Duration::from_secs(60),
    Duration::from_secs(300),
];

/// How long to wait before one target is dialed again. Times count from any fixed moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Backoff {
    /// Dials without success since it began anew.
    failures: u32,
    /// Not to be dialed before.
    due: Duration,
    /// When a session with it was proved that has not been accounted for yet.
    session_since: Option<Duration>,
}

impl Backoff {
    /// How long to wait still.
    pub(super) fn wait(&self, now: Duration) -> Duration {
        self.due.saturating_sub(now)
    }

    /// Whether so many dials failed that another one has little hope.
    pub(super) fn is_hopeless(&self) -> bool {
        self.failures >= SEARCHING_DIALS
    }

    /// A dial failed, or its link ended before anything was proved.
    pub(super) fn fail(&mut self, now: Duration, chance: u32) {
        let doubled = |pause: Duration, times: u32| {
            let factor = 1_u32.checked_shl(times).unwrap_or(u32::MAX);
            pause.checked_mul(factor).unwrap_or(LONGEST_PAUSE)
        };
        let pause = match self.failures.checked_sub(SEARCHING_DIALS) {
            None => doubled(FIRST_PAUSE, self.failures).min(SEARCHING_PAUSE),
            Some(more) => doubled(SEARCHING_PAUSE, more.saturating_add(1)).min(LONGEST_PAUSE),
        };
        self.failures = self.failures.saturating_add(1);
        self.due = now.saturating_add(jittered(pause, chance));
    }

    /// There is a reason to hope again: the network changed, the device woke, the other one was
    /// seen or has new addresses.
    pub(super) fn begin_anew(&mut self) {
        (self.failures, self.due) = (0, Duration::ZERO);
    }

    /// The other end was proved, whoever dialed.
    pub(super) fn meet(&mut self, now: Duration) {
        // It may be told again.
        self.session_since.get_or_insert(now);
    }

    /// The target is wanted, perhaps because a session with it ended: after a good one it is
    /// dialed at once; one that ended soon counts as a failure, or two devices that drop each
    /// other would do nothing else.
    pub(super) fn miss(&mut self, now: Duration, chance: u32) {
        match self.session_since.take() {
            Some(since) if now.saturating_sub(since) < GOOD_SESSION => self.fail(now, chance),
            Some(_) => self.begin_anew(),
            None => {}
        }
    }
}

/// Between half and all of `pause`: devices that lost each other do not dial in step.
pub(super) fn jittered(pause: Duration, chance: u32) -> Duration {
    let half = pause / 2;
    half.saturating_add(half.mul_f64(f64::from(chance) / f64::from(u32::MAX)))
}

/// Keeps all hopeless dials together within the ceiling of idle traffic.
#[derive(Debug, Clone, Copy)]
pub(super) struct Thrift {
    /// How many may be made now.
    saved: u32,
    /// Since when the next one is being saved.
    since: Duration,
}

impl Thrift {
    pub(super) fn new(now: Duration) -> Self {
        Self { saved: HOPELESS_BURST, since: now }
    }

    /// Allows one dial, or says how long to wait before asking again.
    pub(super) fn spend(&mut self, now: Duration) -> Result<(), Duration> {
        while self.saved < HOPELESS_BURST && now >= self.since.saturating_add(HOPELESS_EVERY) {
            self.saved = self.saved.saturating_add(1);
            self.since = self.since.saturating_add(HOPELESS_EVERY);
        }
        if self.saved == HOPELESS_BURST {
            self.since = now;
        }
        match self.saved.checked_sub(1) {
            Some(left) => {
                self.saved = left;
                Ok(())
            }
            None => Err(self.since.saturating_add(HOPELESS_EVERY).saturating_sub(now)),
        }
    }
}

/// When to look for a direct way beside a relayed link.
#[derive(Debug, Default)]
pub(super) struct Upgrades(usize);

impl Upgrades {
    /// How long to wait before the next look.
    pub(super) fn next_pause(&mut self, chance: u32) -> Duration {
        let last = UPGRADE_PAUSES.len().saturating_sub(1);
        let pause = UPGRADE_PAUSES.get(self.0.min(last)).copied().unwrap_or(LONGEST_PAUSE);
        self.0 = self.0.saturating_add(1);
        // Never early: the other way may need its time to appear.
        pause.saturating_add(jittered(pause / 10, chance))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Backoff, HOPELESS_BURST, HOPELESS_EVERY, Thrift, Upgrades, jittered};

    const DIAL: Duration = Duration::from_secs(10);

    fn secs(secs: u64) -> Duration {
        Duration::from_secs(secs)
    }

    /// The times of dials that all fail, of one target alone, for `how_long`.
    fn dials(backoff: &mut Backoff, how_long: Duration) -> Vec<Duration> {
        let (mut now, mut dials) = (Duration::ZERO, Vec::new());
        while now < how_long {
            dials.push(now);
            now += DIAL;
            backoff.fail(now, u32::MAX);
            now += backoff.wait(now);
        }
        dials
    }

    #[test]
    fn dials_come_thick_and_fast_then_seldom_but_never_stop() {
        let dials = dials(&mut Backoff::default(), secs(24 * 3_600));
        let within = |from: u64, to: u64| {
            dials.iter().filter(|at| (secs(from)..secs(to)).contains(*at)).count()
        };

        assert!(within(0, 60) >= 5, "{dials:?}");
        assert!(within(60, 300) >= 8);
        assert!(within(3_600, 7_200) <= 6);
        assert!(within(23 * 3_600, 24 * 3_600) >= 5);
    }

    #[test]
    fn first_pause_is_shorter_than_a_person_notices() {
        let mut backoff = Backoff::default();
        backoff.fail(DIAL, u32::MAX);
        assert!(backoff.wait(DIAL) <= Duration::from_millis(250));
    }

    #[test]
    fn reason_to_hope_ends_every_pause() {
        let mut backoff = Backoff::default();
        dials(&mut backoff, secs(24 * 3_600));
        assert!(backoff.is_hopeless());

        backoff.begin_anew();

        assert!(!backoff.is_hopeless());
        assert_eq!(backoff.wait(Duration::ZERO), Duration::ZERO);
    }

    #[test]
    fn peer_lost_after_a_good_session_is_dialed_at_once() {
        let mut backoff = Backoff::default();
        dials(&mut backoff, secs(24 * 3_600));
        backoff.meet(secs(1_000));

        backoff.miss(secs(1_006), 0);

        assert_eq!(backoff.wait(secs(1_006)), Duration::ZERO);
        assert!(!backoff.is_hopeless());
    }

    #[test]
    fn sessions_that_end_at_once_are_opened_ever_more_seldom() {
        let mut backoff = Backoff::default();
        let (mut now, mut sessions) = (Duration::ZERO, 0);
        while now < secs(60) {
            backoff.meet(now);
            sessions += 1;
            now += Duration::from_millis(1);
            backoff.miss(now, 0);
            now += backoff.wait(now);
        }
        assert!((5..15).contains(&sessions), "{sessions}");
    }

    #[test]
    fn target_wanted_in_turn_keeps_its_pause() {
        let mut backoff = Backoff::default();
        dials(&mut backoff, secs(3_600));
        backoff.fail(secs(4_000), 0);
        let wait = backoff.wait(secs(4_000));

        backoff.miss(secs(4_001), 0);

        assert_eq!(backoff.wait(secs(4_001)), wait - secs(1));
    }

    #[test]
    fn pauses_differ_between_devices() {
        assert_eq!(jittered(secs(20), 0), secs(10));
        assert_eq!(jittered(secs(20), u32::MAX), secs(20));
    }

    #[test]
    fn hopeless_dials_of_a_crowd_keep_within_the_ceiling() {
        let mut thrift = Thrift::new(Duration::ZERO);
        let day = 24 * 3_600;
        let made = (0..day).filter(|at| thrift.spend(secs(*at)).is_ok()).count();
        let allowed = day / HOPELESS_EVERY.as_secs() + u64::from(HOPELESS_BURST);
        assert!(made as u64 <= allowed, "{made}");
        assert!(made as u64 >= allowed - 1, "{made}");
    }

    #[test]
    fn thrift_says_how_long_to_wait() {
        let mut thrift = Thrift::new(Duration::ZERO);
        (0..HOPELESS_BURST).for_each(|_| thrift.spend(secs(60)).expect("saved up"));

        let wait = thrift.spend(secs(70)).expect_err("all spent");

        assert_eq!(wait, HOPELESS_EVERY - secs(10));
        assert_eq!(thrift.spend(secs(70) + wait), Ok(()));
    }

    #[test]
    fn direct_way_is_looked_for_soon_and_then_seldom() {
        let mut upgrades = Upgrades::default();
        let pauses: Vec<_> = (0..6).map(|_| upgrades.next_pause(0).as_secs()).collect();
        assert_eq!(pauses, [5, 15, 63, 315, 315, 315]);
    }
}
