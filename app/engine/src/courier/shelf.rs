//! What is carried, and what was: kept small, whoever fills it.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use crate::{
    CarriedRecord, PackId, Timestamp,
    mailbox::{after, before},
};

/// How long a pack is carried: a weekend. By this device's own clock, whatever others say.
pub(crate) const LIFE: Duration = Duration::from_secs(48 * 3_600);

/// How long it is remembered that a pack was here, so that it is not taken again: as long as
/// whoever gave it, and whoever got it last, may carry it.
const MEMORY: Duration = Duration::from_secs(96 * 3_600);

/// The most bytes of packs carried: what a phone does not miss, and a radio passes on in minutes.
const MAX_BYTES: usize = 8 << 20;

/// The most bytes of packs made here: strangers do not push them out, nor do they fill the rest.
const MAX_OWN_BYTES: usize = 1 << 20;

/// The most packs remembered that are here no more: more than may be taken within [`MEMORY`].
const MAX_GONE: usize = 65_536;

/// The source of what was made here.
pub(crate) const OWN: u64 = 0;

/// The packs carried, without their bytes.
#[derive(Debug, Default)]
pub(crate) struct Shelf {
    held: BTreeMap<PackId, CarriedRecord>,
    /// Packs that are here no more, and when that is forgotten.
    gone: BTreeMap<PackId, Timestamp>,
    /// What is to be written.
    changed: BTreeSet<PackId>,
    ends_next: Option<Timestamp>,
}

impl Shelf {
    /// From what the store remembers.
    pub(crate) fn restore(records: Vec<(PackId, CarriedRecord)>) -> Self {
        let mut shelf = Self::default();
        for (id, record) in records {
            if record.len > 0 {
                shelf.held.insert(id, record);
            } else {
                shelf.gone.insert(id, record.forget_at);
            }
        }
        shelf.look_ahead();
        shelf
    }

    /// Whether a pack is here, or was.
    pub(crate) fn knows(&self, id: &PackId) -> bool {
        self.held.contains_key(id) || self.gone.contains_key(id)
    }

    /// How many more minutes a pack is carried here, and its length; `None` if it is not here.
    pub(crate) fn left_of(&self, id: &PackId, now: Timestamp) -> Option<(u16, usize)> {
        let record = self.held.get(id)?;
        let left = before(record.ends_at, Duration::from_millis(now.0)).0 / 60_000;
        let longest = LIFE.as_secs() / 60;
        let minutes = u16::try_from(left.min(longest)).ok().filter(|minutes| *minutes > 0)?;
        Some((minutes, record.len as usize))
    }

    /// Everything that is carried.
    pub(crate) fn ids(&self) -> impl Iterator<Item = PackId> {
        self.held.keys().copied()
    }

    /// What was made here.
    pub(crate) fn own(&self) -> Vec<PackId> {
        self.of(OWN).map(|(id, _)| *id).collect()
    }

    /// A number that no source of what is here has.
    pub(crate) fn next_source(&self) -> u64 {
        let last = self.held.values().map(|record| record.source).max();
        last.unwrap_or(OWN).saturating_add(1)
    }

    /// When the next pack is over.
    pub(crate) fn ends_next(&self) -> Option<Timestamp> {
        self.ends_next
    }

    /// Takes a pack of `len` bytes in, to be carried for `life` at most.
    pub(crate) fn take(
        &mut self,
        id: PackId,
        len: usize,
        source: u64,
        life: Duration,
        now: Timestamp,
    ) {
        let record = CarriedRecord {
            len: u32::try_from(len).unwrap_or(u32::MAX),
            source,
            ends_at: after(now, life.min(LIFE)),
            forget_at: after(now, MEMORY),
        };
        self.held.insert(id, record);
        self.changed.insert(id);
        while self.bytes_of(OWN) > MAX_OWN_BYTES {
            self.drop_oldest_of(OWN);
        }
        while self.bytes() > MAX_BYTES {
            self.drop_oldest_of(self.largest_source());
        }
        self.look_ahead();
    }

    /// Drops what is over, and forgets what was dropped long ago. A clock that was set back makes
    /// nothing last longer.
    pub(crate) fn expire(&mut self, now: Timestamp) {
        let (latest_end, latest) = (after(now, LIFE), after(now, MEMORY));
        for (id, record) in &mut self.held {
            if record.ends_at > latest_end || record.forget_at > latest {
                record.ends_at = record.ends_at.min(latest_end);
                record.forget_at = record.forget_at.min(latest);
                self.changed.insert(*id);
            }
        }
        let is_over = |(_, record): &(&PackId, &CarriedRecord)| record.ends_at <= now;
        let over: Vec<_> = self.held.iter().filter(is_over).map(|(id, _)| *id).collect();
        over.into_iter().for_each(|id| self.put_away(id));
        let forgotten = self.gone.extract_if(.., |_, at| *at <= now || *at > latest);
        self.changed.extend(forgotten.map(|(id, _)| id));
        self.look_ahead();
    }

    /// Drops everything; what was here is still remembered.
    pub(crate) fn clear(&mut self) {
        self.ids().collect::<Vec<_>>().into_iter().for_each(|id| self.put_away(id));
        self.look_ahead();
    }

    /// What changed since the last call: the record to write, or none for one to remove.
    pub(crate) fn changes(&mut self) -> BTreeMap<PackId, Option<CarriedRecord>> {
        let changed = std::mem::take(&mut self.changed).into_iter();
        changed.map(|id| (id, self.record(&id))).collect()
    }

    fn record(&self, id: &PackId) -> Option<CarriedRecord> {
        let gone = |forget_at: &Timestamp| CarriedRecord {
            len: 0,
            source: OWN,
            ends_at: Timestamp(0),
            forget_at: *forget_at,
        };
        self.held.get(id).copied().or_else(|| self.gone.get(id).map(gone))
    }

    fn of(&self, source: u64) -> impl Iterator<Item = (&PackId, &CarriedRecord)> {
        self.held.iter().filter(move |(_, record)| record.source == source)
    }

    fn bytes(&self) -> usize {
        self.held.values().fold(0, |sum, record| sum.saturating_add(record.len as usize))
    }

    fn bytes_of(&self, source: u64) -> usize {
        self.of(source).fold(0, |sum, (_, record)| sum.saturating_add(record.len as usize))
    }

    /// Of all meetings, the one that brought most of what is here; of those, the oldest. So whoever
    /// brings much pushes out what others brought who brought as much, and nothing of those who
    /// brought little.
    fn largest_source(&self) -> u64 {
        let mut sums = BTreeMap::<u64, usize>::new();
        for record in self.held.values().filter(|record| record.source != OWN) {
            let sum = sums.entry(record.source).or_default();
            *sum = sum.saturating_add(record.len as usize);
        }
        let largest =
            sums.into_iter().max_by_key(|(source, sum)| (*sum, std::cmp::Reverse(*source)));
        largest.map_or(OWN, |(source, _)| source)
    }

    fn drop_oldest_of(&mut self, source: u64) {
        let oldest = self.of(source).min_by_key(|(_, record)| record.forget_at);
        if let Some(id) = oldest.map(|(id, _)| *id) {
            self.put_away(id);
        }
    }

    fn put_away(&mut self, id: PackId) {
        let Some(record) = self.held.remove(&id) else { return };
        self.gone.insert(id, record.forget_at);
        self.changed.insert(id);
        if self.gone.len() > MAX_GONE
            && let Some(first) = self.gone.iter().min_by_key(|(_, at)| **at).map(|(id, _)| *id)
        {
            self.gone.remove(&first);
            self.changed.insert(first);
        }
    }

    fn look_ahead(&mut self) {
        self.ends_next = self.held.values().map(|record| record.ends_at).min();
    }
}

#[cfg(test)]
mod tests;
