//! The tables. Keys that start with a time hold it turned around, so that byte order is the order
//! of NIP-01: the newest first, and the lowest id first among equals.

use nostr::{
    Event,
    filter::SingleLetterTag,
    hashes::{Hash as _, sha256},
};
use redb::{Database, TableDefinition};

use super::{StoreError, failed};

/// A time, turned around.
pub(super) type Ago = u64;
/// An event's id.
pub(super) type Id = [u8; 32];
/// A tag's letter and the first half of its value's SHA-256.
pub(super) type TagKey = [u8; 17];
/// Kind, expiry and half of the author's key, so that most questions are answered without reading
/// the event.
pub(super) type Brief = (u16, u64, u128);

/// The events: when they expire, and their text.
pub(super) const EVENTS: TableDefinition<'_, &Id, (u64, &str)> = TableDefinition::new("events");
/// All of them by time.
pub(super) const BY_TIME: TableDefinition<'_, (Ago, &Id), Brief> = TableDefinition::new("by_time");
/// By tag, then by time.
pub(super) const BY_TAG: TableDefinition<'_, (&TagKey, Ago, &Id), Brief> =
    TableDefinition::new("by_tag");
/// By author, then by time.
pub(super) const BY_AUTHOR: TableDefinition<'_, (&[u8; 32], Ago, &Id), Brief> =
    TableDefinition::new("by_author");
/// By the time they expire, the soonest first.
pub(super) const BY_EXPIRY: TableDefinition<'_, (u64, &Id), ()> = TableDefinition::new("by_expiry");
/// What each key has here: events, and bytes.
pub(super) const USAGE: TableDefinition<'_, &[u8; 32], (u64, u64)> = TableDefinition::new("usage");
/// What there is in all, under one key.
pub(super) const TOTAL: TableDefinition<'_, (), (u64, u64)> = TableDefinition::new("total");

/// What an event costs beside its text: its places in the tables.
const OVERHEAD: u64 = 512;

/// Makes the tables, so that they can be read before anything is written.
pub(super) fn create(database: &Database) -> Result<(), StoreError> {
    let transaction = database.begin_write().map_err(failed)?;
    transaction.open_table(EVENTS).map_err(failed)?;
    transaction.open_table(BY_TIME).map_err(failed)?;
    transaction.open_table(BY_TAG).map_err(failed)?;
    transaction.open_table(BY_AUTHOR).map_err(failed)?;
    transaction.open_table(BY_EXPIRY).map_err(failed)?;
    transaction.open_table(USAGE).map_err(failed)?;
    transaction.open_table(TOTAL).map_err(failed)?;
    transaction.commit().map_err(failed)
}

/// Half of a key: as hard to hit as the whole.
pub(super) fn half(key: &[u8; 32]) -> u128 {
    let half = key.first_chunk().copied().unwrap_or_default();
    u128::from_be_bytes(half)
}

/// Turns a time around, and back.
pub(super) fn ago(time: u64) -> Ago {
    u64::MAX ^ time
}

/// What an event with this text counts for.
pub(super) fn cost(json: &str) -> u64 {
    u64::try_from(json.len()).unwrap_or(u64::MAX).saturating_add(OVERHEAD)
}

/// Where events with this tag stand.
pub(super) fn tag_key(tag: SingleLetterTag, value: &str) -> TagKey {
    let mut key = TagKey::default();
    let hash = sha256::Hash::hash(value.as_bytes()).to_byte_array();
    let letter = u8::try_from(tag.as_char()).unwrap_or_default();
    for (to, from) in key.iter_mut().zip(std::iter::once(letter).chain(hash)) {
        *to = from;
    }
    key
}

/// The places of an event's tags, each once.
pub(super) fn tag_keys(event: &Event) -> Vec<TagKey> {
    let keys =
        event.tags.iter().filter_map(|tag| Some(tag_key(tag.single_letter_tag()?, tag.content()?)));
    let mut keys: Vec<_> = keys.collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}
