//! How well devices find each other, counted by day on this device alone: no names, no addresses,
//! nothing that says who was looked for.

use std::{collections::BTreeMap, fmt::Write as _, time::Duration};

use serde::{Deserialize, Serialize};
use transport::{LinkPath, TransportError, TransportKind};

/// Days remembered.
pub const MAX_DAYS: usize = 90;

/// Different tallies of one day: more than transports, kinds of NAT and results make together.
const MAX_TALLIES: usize = 128;

/// Signaling that a device which nobody uses may cause in a day, in bytes.
pub const IDLE_CEILING: u64 = 5_000_000;

/// Bounds of the times told apart; what takes longer is counted after the last one.
pub const TIMES: [Duration; 3] =
    [Duration::from_secs(1), Duration::from_secs(3), Duration::from_secs(10)];

/// A day, as people write it in UTC: `2026-11-26`.
pub type Day = String;

/// What came of looking for somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// A link from device to device.
    Direct,
    /// A link through a server.
    Relayed,
    /// Nobody answered for minutes: not there, or not to be reached.
    Unreachable,
    /// The radio or network is switched off.
    Off,
    /// The person has not given the permission.
    Denied,
    /// Nothing is known that could be dialed.
    NoAddress,
    /// The system refused, or something new.
    #[serde(other)]
    Failed,
}

impl From<LinkPath> for Outcome {
    fn from(path: LinkPath) -> Self {
        match path {
            LinkPath::Direct | LinkPath::Bluetooth => Self::Direct,
            LinkPath::Relayed => Self::Relayed,
        }
    }
}

impl From<&TransportError> for Outcome {
    fn from(err: &TransportError) -> Self {
        match err {
            TransportError::Unreachable => Self::Unreachable,
            TransportError::Off(_) => Self::Off,
            TransportError::Denied(_) => Self::Denied,
            TransportError::NoUsableAddr => Self::NoAddress,
            _ => Self::Failed,
        }
    }
}

impl Outcome {
    /// Whether there was a link.
    pub fn is_success(self) -> bool {
        matches!(self, Self::Direct | Self::Relayed)
    }

    fn word(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Relayed => "through relay",
            Self::Unreachable => "no answer",
            Self::Off => "switched off",
            Self::Denied => "no permission",
            Self::NoAddress => "no address",
            Self::Failed => "failed",
        }
    }
}

/// How often something came about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Over what: `webrtc`, `memory`.
    pub transport: String,
    /// Behind which kind of NAT this device was.
    pub nat: String,
    /// What came of it.
    pub outcome: Outcome,
    /// How often.
    pub count: u64,
    /// Of links: how many opened within each of [`TIMES`], and how many later.
    #[serde(default)]
    pub within: [u64; TIMES.len() + 1],
}

/// One day.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayStats {
    /// What came about.
    #[serde(default)]
    pub tallies: Vec<Tally>,
    /// Bytes sent for signaling.
    #[serde(default)]
    pub signaling_sent: u64,
    /// Bytes received for signaling.
    #[serde(default)]
    pub signaling_received: u64,
}

impl DayStats {
    /// The share of [`IDLE_CEILING`] that signaling took.
    pub fn share_of_ceiling(&self) -> f64 {
        let bytes = self.signaling_sent.saturating_add(self.signaling_received);
        bytes as f64 / IDLE_CEILING as f64
    }
}

/// Every day remembered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SuccessStats {
    #[serde(default)]
    days: BTreeMap<Day, DayStats>,
}

/// What a link or the lack of one is counted under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Circumstances {
    /// Over what it was tried.
    pub transport: TransportKind,
    /// Behind which kind of NAT.
    pub nat: &'static str,
}

impl SuccessStats {
    /// The days, oldest first.
    pub fn days(&self) -> impl DoubleEndedIterator<Item = (&Day, &DayStats)> {
        self.days.iter()
    }

    /// All days in one, without signaling.
    pub fn totals(&self) -> Vec<Tally> {
        let mut totals: Vec<Tally> = Vec::new();
        for tally in self.days.values().flat_map(|day| &day.tallies) {
            match totals.iter_mut().find(|total| total.is_like(tally)) {
                Some(total) => total.add(tally),
                None => totals.push(tally.clone()),
            }
        }
        totals.sort_by_key(|tally| std::cmp::Reverse(tally.count));
        totals
    }

    /// Counts a link that opened, or that none did; `took` is the time of one that did.
    pub fn count(&mut self, day: Day, under: Circumstances, outcome: Outcome, took: Duration) {
        let within = |place: usize| {
            let is_late = TIMES.get(place).is_some_and(|most| took > *most);
            let is_early = place > 0 && TIMES.get(place - 1).is_some_and(|most| took <= *most);
            u64::from(outcome.is_success() && !is_late && !is_early)
        };
        let one = Tally {
            transport: format!("{:?}", under.transport).to_lowercase(),
            nat: under.nat.to_owned(),
            outcome,
            count: 1,
            within: std::array::from_fn(within),
        };
        let day = self.day(day);
        let is_full = day.tallies.len() >= MAX_TALLIES;
        match day.tallies.iter_mut().find(|tally| tally.is_like(&one)) {
            Some(tally) => tally.add(&one),
            None if is_full => {}
            None => day.tallies.push(one),
        }
    }

    /// Counts signaling.
    pub fn count_signaling(&mut self, day: Day, sent: u64, received: u64) {
        let day = self.day(day);
        day.signaling_sent = day.signaling_sent.saturating_add(sent);
        day.signaling_received = day.signaling_received.saturating_add(received);
    }

    /// Forgets what is too old or too much, also of a file somebody else wrote.
    pub(crate) fn keep_limits(&mut self) {
        while self.days.len() > MAX_DAYS {
            self.days.pop_first();
        }
        for day in self.days.values_mut() {
            day.tallies.truncate(MAX_TALLIES);
        }
    }

    /// Everything as a text that a person can read, and send to whoever helps.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for (name, day) in &self.days {
            let signaling = day.signaling_sent.saturating_add(day.signaling_received);
            let share = day.share_of_ceiling() * 100.0;
            let _ =
                writeln!(text, "{name}: signaling {signaling} bytes ({share:.0} % of the most)");
            for tally in &day.tallies {
                let Tally { transport, nat, outcome, count, within } = tally;
                let _ = write!(text, "  {transport}, NAT {nat}: {} {count}", outcome.word());
                if outcome.is_success() {
                    let [second, three, ten, later] = within;
                    let _ =
                        write!(text, " (1 s: {second}, 3 s: {three}, 10 s: {ten}, later: {later})");
                }
                text.push('\n');
            }
        }
        text
    }

    fn day(&mut self, day: Day) -> &mut DayStats {
        if !self.days.contains_key(&day) && self.days.len() >= MAX_DAYS {
            self.days.pop_first();
        }
        self.days.entry(day).or_default()
    }
}

impl Tally {
    fn is_like(&self, other: &Self) -> bool {
        (&self.transport, &self.nat, self.outcome) == (&other.transport, &other.nat, other.outcome)
    }

    fn add(&mut self, other: &Self) {
        self.count = self.count.saturating_add(other.count);
        for (mine, theirs) in self.within.iter_mut().zip(other.within) {
            *mine = mine.saturating_add(theirs);
        }
    }
}

/// Turns a running total, which begins anew with whoever counts, into what was added.
#[derive(Debug, Clone, Copy, Default)]
pub struct Meter {
    sent: u64,
    received: u64,
}

impl Meter {
    /// What was sent and received since the last call.
    pub fn added(&mut self, sent: u64, received: u64) -> (u64, u64) {
        let since = |last: u64, total: u64| total.checked_sub(last).unwrap_or(total);
        let added = (since(self.sent, sent), since(self.received, received));
        *self = Self { sent, received };
        added
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use transport::TransportKind;

    use super::{Circumstances, IDLE_CEILING, MAX_DAYS, Meter, Outcome, SuccessStats};

    const HERE: Circumstances = Circumstances { transport: TransportKind::WebRtc, nat: "cone" };

    fn counted() -> SuccessStats {
        let mut stats = SuccessStats::default();
        let mut count = |day: &str, outcome, millis| {
            stats.count(day.to_owned(), HERE, outcome, Duration::from_millis(millis));
        };
        count("2026-11-25", Outcome::Direct, 400);
        count("2026-11-26", Outcome::Direct, 1_000);
        count("2026-11-26", Outcome::Direct, 1_001);
        count("2026-11-26", Outcome::Direct, 60_000);
        count("2026-11-26", Outcome::Relayed, 2_000);
        count("2026-11-26", Outcome::Unreachable, 60_000);
        stats
    }

    #[test]
    fn attempts_are_counted_by_day_way_nat_and_result() {
        let stats = counted();
        let days: Vec<_> = stats.days().map(|(day, stats)| (&**day, stats.tallies.len())).collect();
        assert_eq!(days, [("2026-11-25", 1), ("2026-11-26", 3)]);
        let totals = stats.totals();
        assert_eq!((totals[0].outcome, totals[0].count), (Outcome::Direct, 4));
        assert_eq!(totals[0].within, [2, 1, 0, 1]);
        let missed = totals.iter().find(|t| t.outcome == Outcome::Unreachable).expect("counted");
        assert_eq!((missed.count, missed.within), (1, [0; 4]));
    }

    #[test]
    fn export_is_a_text_and_tells_all_of_it() {
        let mut stats = counted();
        stats.count_signaling("2026-11-26".to_owned(), IDLE_CEILING / 4, IDLE_CEILING / 4);
        assert_eq!(
            stats.to_text(),
            "2026-11-25: signaling 0 bytes (0 % of the most)\n  \
             webrtc, NAT cone: direct 1 (1 s: 1, 3 s: 0, 10 s: 0, later: 0)\n\
             2026-11-26: signaling 2500000 bytes (50 % of the most)\n  \
             webrtc, NAT cone: direct 3 (1 s: 1, 3 s: 1, 10 s: 0, later: 1)\n  \
             webrtc, NAT cone: through relay 1 (1 s: 0, 3 s: 1, 10 s: 0, later: 0)\n  \
             webrtc, NAT cone: no answer 1\n"
        );
    }

    #[test]
    fn only_the_last_days_are_kept() {
        let mut stats = SuccessStats::default();
        for day in 0..MAX_DAYS + 10 {
            let day = format!("2026-{:02}-{:02}", day / 28 + 1, day % 28 + 1);
            stats.count(day, HERE, Outcome::Direct, Duration::ZERO);
        }
        assert_eq!(stats.days().count(), MAX_DAYS);
        assert_eq!(stats.days().next().map(|(day, _)| &**day), Some("2026-01-11"));
    }

    #[test]
    fn meter_counts_on_after_the_total_began_anew() {
        let mut meter = Meter::default();
        assert_eq!(meter.added(10, 5), (10, 5));
        assert_eq!(meter.added(12, 5), (2, 0));
        assert_eq!(meter.added(3, 0), (3, 0));
    }

    #[test]
    fn what_a_later_version_counted_is_still_read() {
        let text = r#"{"days":{"2026-11-26":{"tallies":[{"transport":"ble","nat":"none",
            "outcome":"by_pigeon","count":2,"weather":"fine"}]}}}"#;
        let stats: SuccessStats = serde_json::from_str(text).expect("read");
        assert_eq!(stats.totals()[0].outcome, Outcome::Failed);
    }
}
