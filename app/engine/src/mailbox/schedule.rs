//! When what is to be left in a mailbox, and what is on its way there.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use super::pack::MAX_MISSING;
use crate::{MemberIndex, RelayRecord, Timestamp};

/// How long nothing more is written before what was is left in the mailbox: somebody who types has
/// several thoughts in a row, and each pack costs at least 3 KiB.
const QUIET: Duration = Duration::from_secs(3);

/// The same where nobody is linked who could have it otherwise, or somebody calls who is not yet: they
/// may be waiting for this very message. Packs are still [`QUIET`] apart, so that there are not
/// more of them than otherwise.
const QUIET_ALONE: Duration = Duration::from_millis(250);

/// How long it may be put off by more.
const PATIENCE: Duration = Duration::from_secs(15);

/// What others wrote is left to them for so long, and for up to a minute more, which differs from
/// device to device.
const OTHERS_PAUSE: Duration = Duration::from_secs(60);

/// Pauses after packs were lost: doubled each time, from the first to the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(30);
const LONGEST_PAUSE: Duration = Duration::from_secs(3_600);

/// How often it is looked whether something comes to its end.
pub(super) const LOOK_INTERVAL: Duration = Duration::from_secs(6 * 3_600);

/// A parcel made and given to relays.
#[derive(Debug)]
pub(super) struct UnderWay {
    pub(super) spans: Vec<(MemberIndex, u64, u64)>,
    pub(super) made_at: Timestamp,
    pub(super) expires_at: Timestamp,
    pub(super) lost_at: Duration,
    /// Whether a relay has acknowledged it.
    pub(super) is_kept: bool,
    /// Relays that said no.
    pub(super) refused_by: Vec<String>,
}

/// What is to be left in a mailbox when.
#[derive(Debug, Default)]
pub(crate) struct Deposits {
    /// When to leave what this device wrote, and when at the latest.
    pub(super) own_at: Option<Duration>,
    pub(super) own_by: Option<Duration>,
    /// When that was last done.
    pub(super) own_left: Option<Duration>,
    /// When to leave what others wrote.
    pub(super) others_at: Option<Duration>,
    /// Whether that is being done.
    pub(super) is_for_others: bool,
    pub(super) look_at: Option<Duration>,
    pub(super) not_before: Duration,
    pub(super) failures: u32,
    pub(super) under_way: BTreeMap<u64, UnderWay>,
    /// Whether a welcome is to be left for those who have seen an invite.
    pub(super) is_welcoming: bool,
    /// When that is tried again.
    pub(super) welcome_at: Option<Duration>,
}

impl Deposits {
    pub(super) fn deadline(&self) -> Option<Duration> {
        let due = [self.own_at, self.others_at, self.look_at, self.welcome_at];
        let due = due.into_iter().flatten().map(|at| at.max(self.not_before));
        due.chain(self.waiting().map(|way| way.lost_at)).min()
    }

    pub(super) fn waiting(&self) -> impl Iterator<Item = &UnderWay> {
        self.under_way.values().filter(|way| !way.is_kept)
    }

    /// Nothing is to be left any more.
    pub(super) fn rest(&mut self) {
        *self = Self { is_welcoming: self.is_welcoming, ..Self::default() };
    }

    /// The mailbox is in use; `has_more` says that this device has written what is not there yet,
    /// `is_urgent` that somebody may be waiting for it who is not linked.
    pub(super) fn mind(&mut self, now: Duration, has_more: bool, is_urgent: bool) {
        self.look_at.get_or_insert(now.saturating_add(LOOK_INTERVAL));
        if (has_more && self.waiting().next().is_none()) || self.is_welcoming {
            let at = self.after_quiet(now, is_urgent);
            self.own_at = Some(self.own_at.map_or(at, |known| known.min(at)));
        }
    }

    /// This device wrote something.
    pub(super) fn put_off(&mut self, now: Duration, is_urgent: bool) {
        let by = *self.own_by.get_or_insert(now.saturating_add(PATIENCE));
        self.own_at = Some(self.after_quiet(now, is_urgent).min(by));
    }

    /// When what was written now is left, if nothing more is.
    fn after_quiet(&self, now: Duration, is_urgent: bool) -> Duration {
        if !is_urgent {
            return now.saturating_add(QUIET);
        }
        let again = self.own_left.map_or(Duration::ZERO, |left| left.saturating_add(QUIET));
        now.saturating_add(QUIET_ALONE).max(again)
    }

    /// This device wrote something long ago that is missing now.
    pub(super) fn hurry(&mut self, now: Duration) {
        self.own_at = Some(now);
    }

    /// Others wrote something.
    pub(super) fn mind_others(&mut self, now: Duration, spread: u8) {
        let spread = Duration::from_secs(u64::from(spread % 60));
        self.others_at.get_or_insert(now.saturating_add(OTHERS_PAUSE).saturating_add(spread));
    }

    /// Parcels no relay has acknowledged in time are lost. Gives those that refused them.
    pub(super) fn lose(&mut self, now: Duration) -> BTreeSet<String> {
        let is_lost = |way: &UnderWay| !way.is_kept && now >= way.lost_at;
        let lost = self.under_way.extract_if(.., |_, way| is_lost(way));
        let lost: Vec<_> = lost.map(|(_, way)| way).collect();
        if !lost.is_empty() {
            let pause = FIRST_PAUSE.saturating_mul(1 << self.failures.min(16)).min(LONGEST_PAUSE);
            self.failures = self.failures.saturating_add(1);
            self.not_before = now.saturating_add(pause);
            self.own_at = Some(self.not_before);
        }
        lost.into_iter().flat_map(|way| way.refused_by).collect()
    }

    /// The first operation after `after` of one log that is not on its way.
    pub(super) fn skip_under_way(&self, index: MemberIndex, mut after: u64) -> u64 {
        for (_, from, to) in self.waiting().flat_map(|way| &way.spans).filter(|s| s.0 == index) {
            if *from <= after.saturating_add(1) {
                after = after.max(*to);
            }
        }
        after
    }
}

impl RelayRecord {
    /// It acknowledged a parcel made here.
    pub(super) fn acknowledge(&mut self, number: u64) {
        if self.from == 0 || number > self.up_to.saturating_add(MAX_MISSING as u64) {
            (self.from, self.up_to) = (number, number);
            self.missing.clear();
            return;
        }
        self.missing.retain(|missing| *missing != number);
        if number > self.up_to {
            self.missing.extend(self.up_to.saturating_add(1)..number);
            self.up_to = number;
        }
        while self.missing.len() > MAX_MISSING {
            self.from = self.missing.remove(0).saturating_add(1);
        }
    }
}
