//! When the radio is on: how long it listens, how often it shows itself, and what that comes to.
//!
//! Listening is what costs; being heard is cheap. So devices show themselves all the time and listen in
//! short turns, each long enough to hear whoever is near at least once.

use std::time::Duration;

use serde::Serialize;

/// What the radio is used for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Somebody was scanned, switched on or lost just now: it listens without pause, for a while.
    Seeking,
    /// Something was carried within the last ten seconds.
    Active,
    /// Somebody is near, and nothing happens.
    Near,
    /// Nobody is near.
    #[default]
    Alone,
    /// Nobody looks at the screen, and nothing happens.
    ScreenOff,
}

/// How the radio is used, and what of its time that takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RadioUse {
    /// What for.
    pub mode: Mode,
    /// The share of time in which it is on in this mode, with the links there are, in thousandths.
    pub permille: u16,
    /// The share so far, since it was first ready, in thousandths.
    pub permille_so_far: u16,
}

/// Listening and showing in turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Duty {
    /// How long it listens in each turn.
    pub(super) listen: Duration,
    /// How long a turn takes; one that never listens has none.
    pub(super) every: Option<Duration>,
    /// How often it shows itself.
    pub(super) show_every: Duration,
}

/// Longer than two shown in between by whoever is near, so that each turn hears them.
pub(super) const LISTEN: Duration = Duration::from_millis(600);

/// One advertisement: 376 µs on each of three channels, and as long listening for answers, with
/// 130 µs to get going (Core Specification 5.4, volume 6, part B, 4.4.2).
const SHOW_COST: Duration = Duration::from_micros(2_500);

/// One idle meeting of two that are connected: two empty packets of 80 µs, 150 µs between them, and the
/// waking before.
const LINK_COST: Duration = Duration::from_micros(500);

/// How often those meet: what phones and `BlueZ` agree on by themselves.
const LINK_EVERY: Duration = Duration::from_millis(50);

/// The most time of seeking that is saved up, and how much of all time is.
const MAX_SEEKING: Duration = Duration::from_secs(180);
const SEEKING_SHARE: f64 = 0.03;

/// What has to be saved up again once all was used.
const LEAST_SEEKING: Duration = Duration::from_secs(10);

impl Mode {
    /// What a device with so many connections, of `max`, does.
    pub(super) fn duty(self, links: usize, max: usize) -> Duty {
        let millis = |listen_every, show_every| Duty {
            listen: LISTEN,
            every: (links < max).then_some(Duration::from_millis(listen_every)),
            show_every: Duration::from_millis(show_every),
        };
        match self {
            Self::Seeking => Duty { listen: Duration::MAX, ..millis(1_000, 100) },
            Self::Active | Self::Near if links < 5 => millis(12_000, 500),
            Self::Active | Self::Near => millis(18_000, 500),
            Self::Alone => millis(15_000, 500),
            Self::ScreenOff => millis(60_000, 1_000),
        }
    }

    /// The share of time in which the radio is on, 0 to 1, if it looks for somebody and shows itself.
    pub(super) fn share(self, links: usize, max: usize) -> f64 {
        let duty = self.duty(links, max);
        let listens = match duty.every {
            Some(every) => part(duty.listen.min(every), every),
            None => 0.0,
        };
        (listens + part(SHOW_COST, duty.show_every) + linked(links)).min(1.0)
    }
}

/// A share in thousandths.
pub(super) fn permille(share: f64) -> u16 {
    (share * 1_000.0).round() as u16
}

fn part(of: Duration, whole: Duration) -> f64 {
    of.as_secs_f64() / whole.as_secs_f64()
}

/// The share that so many idle connections take.
fn linked(links: usize) -> f64 {
    part(LINK_COST, LINK_EVERY) * links as f64
}

/// How long it may go on listening without pause. What is not used is saved up, to a bound, so
/// that somebody who comes and goes all the time does not keep the radio on.
#[derive(Debug)]
pub(super) struct Seeking {
    left: Duration,
    /// All was used, and too little is saved up again.
    is_spent: bool,
    until: Duration,
}

impl Seeking {
    pub(super) fn new() -> Self {
        Self { left: MAX_SEEKING, is_spent: false, until: Duration::ZERO }
    }

    /// Seeks for so long from now on.
    pub(super) fn begin(&mut self, now: Duration, how_long: Duration) {
        self.until = self.until.max(now.saturating_add(how_long));
    }

    pub(super) fn is_on(&self, now: Duration) -> bool {
        now < self.until && !self.is_spent
    }

    /// So much time went by, in which it did or did not listen without pause.
    fn pass(&mut self, span: Duration, was_on: bool) {
        self.left = if was_on {
            self.left.saturating_sub(span)
        } else {
            self.left.saturating_add(span.mul_f64(SEEKING_SHARE)).min(MAX_SEEKING)
        };
        self.is_spent = self.left < LEAST_SEEKING && (self.is_spent || self.left.is_zero());
    }
}

/// What the radio was used for so far.
#[derive(Debug, Default)]
pub(super) struct Meter {
    at: Option<Duration>,
    /// Seconds since it was first ready, and of those on.
    whole: f64,
    on: f64,
}

impl Meter {
    /// Counts the time since the last call, in which the radio did this.
    pub(super) fn count(&mut self, now: Duration, did: &Did, seeking: &mut Seeking) {
        let span = now.saturating_sub(self.at.replace(now).unwrap_or(now));
        seeking.pass(span, did.was_seeking);
        let shown = did.shown_every.map_or(0.0, |every| part(SHOW_COST, every));
        let listened = if did.listened { 1.0 } else { 0.0 };
        self.whole += span.as_secs_f64();
        self.on += span.as_secs_f64() * (listened + shown + linked(did.links)).min(1.0);
    }

    /// Seconds in which the radio was on.
    #[cfg(test)]
    pub(super) fn seconds_on(&self) -> f64 {
        self.on
    }

    /// The share so far, 0 to 1.
    pub(super) fn so_far(&self) -> f64 {
        if self.whole > 0.0 { self.on / self.whole } else { 0.0 }
    }
}

/// What the radio did in a span of time.
#[derive(Debug)]
pub(super) struct Did {
    pub(super) was_seeking: bool,
    pub(super) listened: bool,
    pub(super) shown_every: Option<Duration>,
    pub(super) links: usize,
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Mode, Seeking};

    #[test]
    fn idle_radio_is_off_nearly_all_the_time() {
        assert!(Mode::Alone.share(0, 6) <= 0.05, "{}", Mode::Alone.share(0, 6));
        for links in 0..=6 {
            assert!(Mode::Near.share(links, 6) <= 0.10, "{links}: {}", Mode::Near.share(links, 6));
        }
        assert!(Mode::ScreenOff.share(0, 6) <= 0.02, "{}", Mode::ScreenOff.share(0, 6));
    }

    #[test]
    fn each_turn_of_listening_hears_whoever_is_near() {
        for listener in [Mode::Active, Mode::Near, Mode::Alone, Mode::ScreenOff] {
            for near in [Mode::Seeking, Mode::Active, Mode::Near, Mode::Alone] {
                assert!(listener.duty(1, 6).listen > near.duty(1, 6).show_every);
            }
        }
    }

    #[test]
    fn who_comes_and_goes_does_not_keep_the_radio_on() {
        let (mut seeking, mut on) = (Seeking::new(), 0);
        for second in 0..3_600 {
            let now = Duration::from_secs(second);
            seeking.begin(now, Duration::from_secs(30));
            let is_on = seeking.is_on(now);
            on += u32::from(is_on);
            seeking.pass(Duration::from_secs(1), is_on);
        }
        assert!((180..=300).contains(&on), "{on} s of an hour");
    }
}
