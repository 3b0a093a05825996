//! What is advertised and what opens a link: both are known only to who knows a dial key, and
//! change every quarter of an hour.

use super::packet::Proof;
use crate::{Callee, DialKey};

/// How long one token is shown. Whoever does not know the key can follow a device this long.
pub(super) const PERIOD_SECS: u64 = 15 * 60;

/// What a device shows instead of a name: a chance hit costs a connection nobody answers.
pub type Token = [u8; 8];

/// Who may be recognized: a listener's name under a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Name {
    pub(super) key: DialKey,
    pub(super) callee: Callee,
}

/// The period in which it is this many seconds after the epoch.
pub(super) fn period(wall_secs: u64) -> u64 {
    wall_secs / PERIOD_SECS
}

/// That period and its neighbors: clocks differ, and what was advertised is heard later.
pub(super) fn periods(wall_secs: u64) -> [u64; 3] {
    let now = period(wall_secs);
    [now.saturating_sub(1), now, now.saturating_add(1)]
}

/// A device that meets whoever is near, by the number it shows for a quarter of an hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Stranger([u8; 4]);

impl Stranger {
    /// The number of this device in a period; a seed of its own keeps others from foretelling it.
    pub(super) fn of_seed(seed: &[u8; 16], period: u64) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key("festival/1 ble number");
        hasher.update(seed).update(&period.to_le_bytes());
        let mut number = [0; 4];
        hasher.finalize_xof().fill(&mut number);
        Self(number)
    }

    /// Who shows this token, if it is one of a device that meets whoever is near.
    pub(super) fn shown_by(token: &Token, wall_secs: u64) -> Option<Self> {
        let (mark, number) = token.split_first_chunk()?;
        let is_marked = periods(wall_secs).into_iter().any(|period| Self::mark(period) == *mark);
        Some(Self(number.try_into().ok()?)).filter(|_| is_marked)
    }

    /// What it advertises: a mark that everybody knows, and its number.
    pub(super) fn token(self, period: u64) -> Token {
        let (mut token, number) = ([0; 8], self.0);
        let all = Self::mark(period).into_iter().chain(number);
        token.iter_mut().zip(all).for_each(|(to, from)| *to = from);
        token
    }

    /// The name under which it answers, to a key that everybody knows.
    pub(super) fn name(self) -> Name {
        let mut callee = [0; 16];
        callee.iter_mut().zip(self.0).for_each(|(to, from)| *to = from);
        Name { key: Self::key(), callee: Callee::from_bytes(callee) }
    }

    fn key() -> DialKey {
        DialKey::from_bytes(*blake3::hash(b"festival/1 strangers").as_bytes())
    }

    fn mark(period: u64) -> [u8; 4] {
        let anybody = Name { key: Self::key(), callee: Callee::from_bytes([0; 16]) };
        anybody.derive("festival/1 ble mark", period)
    }
}

impl Name {
    /// What this device advertises.
    pub(super) fn token(&self, period: u64) -> Token {
        self.derive("festival/1 ble token", period)
    }

    /// What the dialer shows to be let in. Not the same, since everybody hears that one.
    pub(super) fn proof(&self, period: u64) -> Proof {
        self.derive("festival/1 ble proof", period)
    }

    fn derive<const LEN: usize>(&self, context: &str, period: u64) -> [u8; LEN] {
        let key = blake3::derive_key(context, self.key.as_bytes());
        let mut hasher = blake3::Hasher::new_keyed(&key);
        hasher.update(self.callee.as_bytes()).update(&period.to_le_bytes());
        let mut out = [0; LEN];
        hasher.finalize_xof().fill(&mut out);
        out
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Name, PERIOD_SECS, Stranger, period, periods};
    use crate::{Callee, DialKey};

    #[test]
    fn token_tells_a_device_a_key_and_a_quarter_of_an_hour_apart() {
        let name = |key, callee| Name {
            key: DialKey::from_bytes([key; 32]),
            callee: Callee::from_bytes([callee; 16]),
        };
        let shown = [(1, 1, 0), (2, 1, 0), (1, 2, 0), (1, 1, 1)]
            .map(|(key, callee, period)| name(key, callee).token(period));
        assert_eq!(shown.iter().collect::<BTreeSet<_>>().len(), shown.len());
        assert_ne!(name(1, 1).proof(0)[..8], name(1, 1).token(0), "heard by everybody");
    }

    #[test]
    fn who_meets_strangers_is_known_as_such_by_its_token_and_for_half_an_hour() {
        let now = 1_000 * PERIOD_SECS;
        let numbers = [0, 1].map(|more| Stranger::of_seed(&[1; 16], period(now) + more));
        assert_ne!(numbers[0], numbers[1], "it could be followed");
        let token = numbers[0].token(period(now));
        assert_eq!(Stranger::shown_by(&token, now), Some(numbers[0]));
        assert_eq!(Stranger::shown_by(&token, now + PERIOD_SECS), Some(numbers[0]));
        assert_eq!(Stranger::shown_by(&token, now + 2 * PERIOD_SECS), None);
        assert_ne!(token[..4], numbers[0].token(period(now) + 1)[..4]);

        let member =
            Name { key: DialKey::from_bytes([1; 32]), callee: Callee::from_bytes([1; 16]) };
        assert_eq!(Stranger::shown_by(&member.token(period(now)), now), None);
        assert_ne!(numbers[0].name().proof(0), numbers[1].name().proof(0), "meant for one device");
    }

    #[test]
    fn clock_that_is_a_quarter_of_an_hour_off_is_understood() {
        let now = 1_000 * PERIOD_SECS;
        for theirs in [now - PERIOD_SECS, now, now + PERIOD_SECS] {
            assert!(periods(now).contains(&period(theirs)));
        }
        assert_ne!(period(now), period(now + PERIOD_SECS));
    }
}
