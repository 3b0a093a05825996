//! What one session's peer holds that we lack, and what it was asked for.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

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
    /// Logs the peer holds further than we, for which it was not asked yet.
    offers: BTreeSet<MemberIndex>,
    expected: BTreeMap<MemberIndex, Expected>,
    /// When something expected last came.
    answered_at: Duration,
    /// How often something expected did not come in time.
    failures: u32,
    /// Whether the peer was told to offer what others may send as well.
    is_spared: bool,
}

impl Asked {
    /// The peer holds more of a log than we.
    pub(super) fn note_offer(&mut self, index: MemberIndex) {
        self.offers.insert(index);
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
        for index in std::mem::take(&mut self.offers) {
            let up_to = height(held, index);
            self.expected.entry(index).or_insert(Expected { up_to, since: now });
        }
    }

    /// These logs came from the peer.
    pub(super) fn note_came(&mut self, now: Duration, logs: &BTreeMap<MemberIndex, u64>) {
        if logs.keys().any(|index| self.expected.contains_key(index)) {
            self.answered_at = now;
        }
    }

    /// Forgets what has come, and what did not come in time.
    pub(crate) fn settle(&mut self, now: Duration, room: &Room, held: &[u64]) {
        self.offers.retain(|index| height(held, *index) > room.height(*index));
        self.expected.retain(|index, expected| expected.up_to > room.height(*index));
        let answered_at = self.answered_at;
        let before = self.expected.len();
        self.expected.retain(|_, expected| now < end_of(answered_at, expected));
        if self.expected.len() < before {
            self.failures = self.failures.saturating_add(1);
        }
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
        let wanted: Vec<_> = self.offers.iter().copied().filter(|index| is_wanted(*index)).collect();
        for index in &wanted {
            self.offers.remove(index);
            let up_to = height(held, *index);
            self.expected.insert(*index, Expected { up_to, since: now });
        }
        wanted
    }

    /// When to stop waiting for something.
    pub(crate) fn deadline(&self) -> Option<Duration> {
        self.expected.values().map(|expected| end_of(self.answered_at, expected)).min()
    }
}

fn end_of(answered_at: Duration, expected: &Expected) -> Duration {
    let patience = expected.since.max(answered_at).saturating_add(PATIENCE);
    patience.min(expected.since.saturating_add(MAX_PATIENCE))
}
