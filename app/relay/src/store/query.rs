//! Finding events.

use std::ops::RangeInclusive;

use nostr::{Event, EventId, Filter, filter::MatchEventOptions};
use redb::{ReadTransaction, ReadableTable};

use super::{
    StoreError, failed,
    tables::{Ago, BY_AUTHOR, BY_TAG, BY_TIME, Brief, EVENTS, Id, ago, half, tag_key},
};

/// An event that matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Found {
    ago: Ago,
    id: Id,
}

impl Found {
    pub(crate) fn id(&self) -> EventId {
        EventId::from_byte_array(self.id)
    }

    /// Seconds since 1970.
    pub(crate) fn created_at(&self) -> u64 {
        ago(self.ago)
    }
}

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) found: Vec<Found>,
    /// Whether everything was looked at that could match.
    pub(crate) is_whole: bool,
}

/// See [`Store::find`](super::Store::find).
pub(super) fn find(
    transaction: &ReadTransaction,
    filter: &Filter,
    max: usize,
    scan: usize,
    now: u64,
) -> Result<Findings, StoreError> {
    let max = filter.limit.map_or(max, |limit| limit.min(max));
    let mut search = Search {
        filter,
        now,
        max,
        left: scan,
        must_load: false,
        authors: filter.authors.iter().flatten().map(|key| half(&key.to_bytes())).collect(),
        events: transaction.open_table(EVENTS).map_err(failed)?,
        found: Vec::new(),
    };
    search.run(transaction)?;
    let mut found = std::mem::take(&mut search.found);
    found.sort_unstable();
    found.dedup();
    found.truncate(max);
    Ok(Findings { found, is_whole: search.left > 0 })
}

/// A question being answered.
struct Search<'a, T> {
    filter: &'a Filter,
    now: u64,
    max: usize,
    /// How many more rows may be looked at.
    left: usize,
    /// Whether a row alone does not tell that its event matches.
    must_load: bool,
    /// Halves of the authors' keys, in order; none if any will do.
    authors: Vec<u128>,
    events: T,
    found: Vec<Found>,
}

impl<T: ReadableTable<&'static Id, (u64, &'static str)>> Search<'_, T> {
    /// Goes through the rows of the one condition that leaves the fewest.
    fn run(&mut self, transaction: &ReadTransaction) -> Result<(), StoreError> {
        let filter = self.filter;
        let tags = || filter.generic_tags.iter().filter(|(_, values)| !values.is_empty());
        let ids = filter.ids.iter().flatten();
        let authors = filter.authors.iter().flatten();
        let times = ago(filter.until.map_or(u64::MAX, |until| until.as_secs()))
            ..=ago(filter.since.map_or(0, |since| since.as_secs()));
        // A tag without a value is never found.
        if times.is_empty() || tags().count() < filter.generic_tags.len() {
            return Ok(());
        }
        self.must_load = filter.search.is_some();
        if ids.clone().next().is_some() {
            for id in ids {
                self.take_id(id.as_bytes())?;
            }
        } else if let Some((tag, values)) = tags().next() {
            self.must_load |= tags().count() > 1;
            let table = transaction.open_table(BY_TAG).map_err(failed)?;
            for value in values {
                let key = tag_key(*tag, value);
                let rows = table.range(keyed(&key, &times)).map_err(failed)?;
                self.take_rows(rows.map(|row| {
                    row.map(|(key, brief)| (key.value().1, *key.value().2, brief.value()))
                }))?;
            }
        } else if authors.clone().next().is_some() {
            let table = transaction.open_table(BY_AUTHOR).map_err(failed)?;
            for author in authors {
                let key = author.to_bytes();
                let rows = table.range(keyed(&key, &times)).map_err(failed)?;
                self.take_rows(rows.map(|row| {
                    row.map(|(key, brief)| (key.value().1, *key.value().2, brief.value()))
                }))?;
            }
        } else {
            let table = transaction.open_table(BY_TIME).map_err(failed)?;
            let rows = (*times.start(), &FIRST)..=(*times.end(), &LAST);
            let rows = table.range(rows).map_err(failed)?;
            self.take_rows(rows.map(|row| {
                row.map(|(key, brief)| (key.value().0, *key.value().1, brief.value()))
            }))?;
        }
        Ok(())
    }

    /// Takes the first rows that match: they are in order.
    fn take_rows(
        &mut self,
        rows: impl Iterator<Item = Result<(Ago, Id, Brief), redb::StorageError>>,
    ) -> Result<(), StoreError> {
        let mut taken = 0_usize;
        for row in rows {
            let (ago, id, (kind, expires, author)) = row.map_err(failed)?;
            if taken >= self.max || self.left == 0 {
                break;
            }
            self.left = self.left.saturating_sub(1);
            let is_kind = self
                .filter
                .kinds
                .as_ref()
                .is_none_or(|kinds| kinds.is_empty() || kinds.contains(&kind.into()));
            let is_author = self.authors.is_empty() || self.authors.binary_search(&author).is_ok();
            let may_match = expires > self.now && is_kind && is_author;
            if may_match && (!self.must_load || self.is_match(&id)?.is_some()) {
                self.found.push(Found { ago, id });
                taken = taken.saturating_add(1);
            }
        }
        Ok(())
    }

    fn take_id(&mut self, id: &Id) -> Result<(), StoreError> {
        if self.left > 0 {
            self.left = self.left.saturating_sub(1);
            if let Some(created_at) = self.is_match(id)? {
                self.found.push(Found { ago: ago(created_at), id: *id });
            }
        }
        Ok(())
    }

    /// When the event was made, if it is there and matches.
    fn is_match(&self, id: &Id) -> Result<Option<u64>, StoreError> {
        let Some(row) = self.events.get(id).map_err(failed)? else { return Ok(None) };
        let (expires, json) = row.value();
        let Ok(event) = serde_json::from_str::<Event>(json) else { return Ok(None) };
        let is_match =
            expires > self.now && self.filter.match_event(&event, MatchEventOptions::new());
        Ok(is_match.then(|| event.created_at.as_secs()))
    }
}

const FIRST: Id = [0; 32];
const LAST: Id = [u8::MAX; 32];

/// The rows of one tag or author within `times`.
fn keyed<'a, const N: usize>(
    key: &'a [u8; N],
    times: &RangeInclusive<Ago>,
) -> RangeInclusive<(&'a [u8; N], Ago, &'a Id)> {
    (key, *times.start(), &FIRST)..=(key, *times.end(), &LAST)
}

/// See [`Store::load`](super::Store::load).
pub(super) fn load(
    transaction: &ReadTransaction,
    ids: &[EventId],
    bytes: usize,
    now: u64,
) -> Result<(usize, Vec<String>), StoreError> {
    let events = transaction.open_table(EVENTS).map_err(failed)?;
    let (mut done, mut size, mut texts) = (0_usize, 0_usize, Vec::new());
    for id in ids {
        if size >= bytes {
            break;
        }
        done = done.saturating_add(1);
        if let Some(row) = events.get(id.as_bytes()).map_err(failed)? {
            let (expires, json) = row.value();
            if expires > now {
                size = size.saturating_add(json.len());
                texts.push(json.to_owned());
            }
        }
    }
    Ok((done, texts))
}
