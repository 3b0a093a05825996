//! What one session's peer holds that we lack, and what it was asked for.

use std::{collections::BTreeMap, time::Duration};

use super::height;
use crate::{MemberIndex, room::Room};

/// How long a peer that was asked may send nothing of it before others are asked as well: several
/// round trips over the worst link we know, and short for a person who waits.
pub(super) const PATIENCE: Duration = Duration::from_secs(3);

/// How long a peer that sends some of what it was asked for may take for one log: longer than a
/// slow radio needs for what a day brought. Whoever sends just enough to be waited for delays a
/// message by no more.
pub(super) const MAX_PATIENCE: Duration = Duration::from_secs(20);

/// A log that was asked for.
#[derive(Debug, Clone, Copy)]
struct Expected {
    up_to: u64,
    since: Duration,
}

/// Of one session: what is to be had there, and what is expected from there.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    /// Logs the peer holds further than we, for which it was not asked yet, and since when that has
    /// been looked at.
    offers: BTreeMap<MemberIndex, Option<Duration>>,
    expected: BTreeMap<MemberIndex, Expected>,
    /// When something expected last came.
    answered_at: Duration,
    /// How often something expected did not come in time, since something last did.
    failures: u32,
    /// Whether the peer was told to offer what others may send as well.
    is_spared: bool,
    /// When something is over that is waited for.
    wake_at: Option<Duration>,
}

impl Asked {
    /// The peer holds more of a log than we.
    pub(super) fn note_offer(&mut self, index: MemberIndex, height: u64) {
        if self.expected.get(&index).is_some_and(|expected| expected.up_to >= height) {
            return;
        }
        self.offers.entry(index).or_default();
    }

    /// Whether the peer has to be told that it should offer, or send.
    pub(crate) fn spare(&mut self, now: Duration, is_spared: bool, held: &[u64]) -> bool {
        if !self.is_spared {
            // It sends these without being asked.
            self.expect_offers(now, held);
        }
        std::mem::replace(&mut self.is_spared, is_spared) != is_spared
    }

    fn expect_offers(&mut self, now: Duration, held: &[u64]) {
        for index in std::mem::take(&mut self.offers).into_keys() {
            self.expect(now, index, height(held, index));
        }
    }

    fn expect(&mut self, now: Duration, index: MemberIndex, up_to: u64) {
        self.expected.entry(index).or_insert(Expected { up_to, since: now });
        let over_at = now.saturating_add(PATIENCE);
        self.wake_at = Some(self.wake_at.map_or(over_at, |at| at.min(over_at)));
    }

    /// These logs came from the peer.
    pub(super) fn note_came(&mut self, now: Duration, logs: &BTreeMap<MemberIndex, u64>) {
        if logs.keys().any(|index| self.expected.contains_key(index)) {
            (self.answered_at, self.failures) = (now, 0);
        }
    }

    /// Forgets what has come, what came and was refused, and what did not come in time.
    pub(crate) fn settle(
        &mut self,
        now: Duration,
        room: &Room,
        held: &[u64],
        is_refused: impl Fn(MemberIndex) -> bool,
    ) {
        let lacks = |index, up_to| up_to > room.head(index).height && !is_refused(index);
        self.offers.retain(|index, since| {
            since.get_or_insert(now);
            lacks(*index, height(held, *index))
        });
        self.expected.retain(|index, expected| lacks(*index, expected.up_to));
        let answered_at = self.answered_at;
        let before = self.expected.len();
        self.expected.retain(|_, expected| now < end_of(answered_at, expected));
        if self.expected.len() < before {
            self.failures = self.failures.saturating_add(1);
        }
        let expected = self.expected.values().map(|expected| end_of(answered_at, expected));
        let offers = self.offers.values().filter(|_| self.failures > 0).flatten();
        self.wake_at = expected.chain(offers.map(|at| at.saturating_add(PATIENCE))).min();
    }

    /// The logs that are expected from this peer.
    pub(crate) fn expected(&self) -> impl Iterator<Item = MemberIndex> {
        self.expected.keys().copied()
    }

    /// Whom to ask first: who kept us waiting least, then who has least to do.
    pub(crate) fn preference(&self) -> (u32, usize) {
        (self.failures, self.expected.len())
    }

    /// Whether there is something to ask for.
    pub(crate) fn has_offers(&self) -> bool {
        self.is_spared && !self.offers.is_empty()
    }

    /// What to ask this peer for: all it offers of what `is_wanted`.
    pub(crate) fn ask(
        &mut self,
        now: Duration,
        held: &[u64],
        is_wanted: impl Fn(MemberIndex) -> bool,
    ) -> Vec<MemberIndex> {
        // Whoever kept us waiting is asked only for what nobody else has offered meanwhile.
        let is_due = |since: &Option<Duration>| {
            self.failures == 0 || since.is_some_and(|at| now >= at.saturating_add(PATIENCE))
        };
        let wanted =
            self.offers.iter().filter(|(index, since)| is_due(since) && is_wanted(**index));
        let wanted: Vec<_> = wanted.map(|(index, _)| *index).collect();
        for index in &wanted {
            self.offers.remove(index);
            self.expect(now, *index, height(held, *index));
        }
        wanted
    }

    /// When to look again.
    pub(crate) fn deadline(&self) -> Option<Duration> {
        self.wake_at
    }
}

fn end_of(answered_at: Duration, expected: &Expected) -> Duration {
    let patience = expected.since.max(answered_at).saturating_add(PATIENCE);
    patience.min(expected.since.saturating_add(MAX_PATIENCE))
}
