//! What is known of a mailbox while it is read: what relays have shown, and what waits for its
//! place.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use super::{LOST_PAUSE, before, days, pack::Acked};
use crate::{Addr, Doubt, MailboxRecord, PeerId, RelayRecord, SeenParcel, Timestamp};

/// Relays one room is told of; more than anybody uses.
const MAX_RELAYS: usize = 8;

/// The longest name of a relay.
const MAX_RELAY_NAME_LEN: usize = 128;

/// Reading goes on this long before the newest that was read: clocks differ, and a pack may have
/// waited for a relay.
const OVERLAP: Duration = Duration::from_secs(6 * 3_600);

/// How often a relay is read from the beginning, to see whether everything is still there.
const AUDIT_INTERVAL: Duration = days(7);

/// Operations kept in memory until what comes before them is found: relays show the newest first.
/// What is above waits for the next reading.
const MAX_PENDING_BYTES: usize = 16 << 20;

/// Numbers of parcels noted in one reading: a year of a busy room.
pub(super) const MAX_NUMBERS: usize = 65_536;

/// Depositors of whom something is remembered of each relay, and in one reading.
const MAX_SEEN: usize = 64;
pub(super) const MAX_PROMISES: usize = 4_096;

/// Pieces of logs in the mailbox that do not yet go on from what is known.
const MAX_SPANS: usize = 65_536;

/// What a depositor said last.
#[derive(Debug)]
pub(super) struct Promise {
    pub(super) number: u64,
    pub(super) lives: Vec<(u64, Timestamp)>,
    pub(super) acked: Vec<Acked>,
}

/// What one relay has shown in this reading.
#[derive(Debug, Default)]
pub(super) struct Shown {
    /// From when on it was read.
    pub(super) since: Timestamp,
    pub(super) numbers: BTreeMap<PeerId, BTreeSet<u64>>,
    /// The newest parcel of each depositor.
    pub(super) last: BTreeMap<PeerId, SeenParcel>,
    pub(super) count: usize,
    pub(super) newest: Timestamp,
    pub(super) junk: u32,
    pub(super) is_read: bool,
}

/// Listening at a mailbox.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    /// Where, while it goes on.
    pub(super) at: Option<Vec<Addr>>,
    /// Whether a relay was read to the end since the device started.
    pub(super) has_read: bool,
    pub(super) shown: BTreeMap<String, Shown>,
    pub(super) promises: BTreeMap<PeerId, Promise>,
    /// What relays seemed to lack when they were read last.
    pub(super) suspected: BTreeMap<String, BTreeSet<(PeerId, u64)>>,
    /// Relays the person was told about, and of what.
    pub(super) doubted: BTreeSet<(String, Doubt)>,
    /// Operations whose predecessors have not come yet.
    pub(super) pending: BTreeMap<(PeerId, u64), Vec<u8>>,
    pending_bytes: usize,
    pub(super) has_overflowed: bool,
    /// Whether anything new came of this reading.
    pub(super) has_added: bool,
    /// What is in the mailbox, until it is known whose.
    pub(super) spans: BTreeMap<(PeerId, u64), (u64, Timestamp)>,
}

impl Reading {
    pub(super) fn is_going_on(&self) -> bool {
        self.at.is_some()
    }

    /// It is wanted at these places; says whether it should begin there, and how long it should
    /// only listen.
    pub(super) fn begins_at(&self, places: &[Addr]) -> Option<Duration> {
        match &self.at {
            Some(at) if at == places => None,
            None if self.has_read => Some(LOST_PAUSE),
            _ => Some(Duration::ZERO),
        }
    }

    /// It is not wanted; true if it went on.
    pub(super) fn stop(&mut self) -> bool {
        self.pending.clear();
        self.pending_bytes = 0;
        self.spans.clear();
        self.shown.clear();
        self.at.take().is_some()
    }

    pub(super) fn shown_by(
        &mut self,
        relay: &str,
        record: &MailboxRecord,
        now: Timestamp,
    ) -> Option<&mut Shown> {
        if relay.len() > MAX_RELAY_NAME_LEN || self.at.is_none() {
            return None;
        }
        if !self.shown.contains_key(relay) {
            if self.shown.len() >= MAX_RELAYS {
                return None;
            }
            let is_suspect = self.suspected.contains_key(relay);
            let known = record.relays.iter().find(|known| known.name == relay && !is_suspect);
            let since = known.and_then(|known| known.read_from(now)).unwrap_or_default();
            self.shown.insert(relay.to_owned(), Shown { since, ..Shown::default() });
        }
        self.shown.get_mut(relay)
    }

    pub(super) fn keep_pending(&mut self, author: PeerId, seq: u64, bytes: &[u8]) {
        if self.pending.contains_key(&(author, seq)) {
            return;
        }
        let sum = self.pending_bytes.saturating_add(bytes.len());
        if sum > MAX_PENDING_BYTES {
            self.has_overflowed = true;
            return;
        }
        self.pending_bytes = sum;
        self.pending.insert((author, seq), bytes.to_vec());
    }

    pub(super) fn forget_pending(&mut self, author: PeerId, seq: u64) {
        if let Some(bytes) = self.pending.remove(&(author, seq)) {
            self.pending_bytes = self.pending_bytes.saturating_sub(bytes.len());
        }
    }

    pub(super) fn note_span(&mut self, span: Option<(PeerId, u64, u64)>, expires_at: Timestamp) {
        let Some((author, from, to)) = span else { return };
        let is_known = self.spans.contains_key(&(author, from));
        if self.spans.len() >= MAX_SPANS && !is_known {
            return;
        }
        let span = self.spans.entry((author, from)).or_insert((to, expires_at));
        // Of two that begin alike, the longer one; of equal ones, the one that stays longer.
        *span = (*span).max((to, expires_at));
    }

    /// The first pending operation of the first author from `author` on.
    pub(super) fn first_pending(&self, author: PeerId) -> Option<(PeerId, u64)> {
        self.pending.range((author, 0)..).next().map(|(key, _)| *key)
    }
}

impl MailboxRecord {
    /// What is known of a relay; `None` if there are too many.
    pub(super) fn relay(&mut self, name: &str) -> Option<&mut RelayRecord> {
        let at = match self.relays.iter().position(|relay| relay.name == name) {
            Some(at) => at,
            None if self.relays.len() >= MAX_RELAYS || name.len() > MAX_RELAY_NAME_LEN => {
                return None;
            }
            None => {
                self.relays.push(RelayRecord { name: name.to_owned(), ..RelayRecord::default() });
                self.relays.len().saturating_sub(1)
            }
        };
        self.relays.get_mut(at)
    }
}

impl RelayRecord {
    /// From when on to read it; `None` for from the beginning.
    pub(super) fn read_from(&self, now: Timestamp) -> Option<Timestamp> {
        let is_audited = self.audited_at > before(now, AUDIT_INTERVAL);
        is_audited.then(|| before(self.read_up_to, OVERLAP))
    }

    /// It has shown, or acknowledged, a parcel.
    pub(super) fn note_seen(&mut self, parcel: SeenParcel) {
        match self.seen.iter_mut().find(|seen| seen.depositor == parcel.depositor) {
            Some(seen) if seen.number < parcel.number => *seen = parcel,
            Some(_) => {}
            None => self.seen.push(parcel),
        }
        if self.seen.len() > MAX_SEEN {
            self.seen.sort_by_key(|seen| std::cmp::Reverse(seen.made_at));
            self.seen.truncate(MAX_SEEN);
        }
    }
}
