//! Operations that are forgotten one by one, and how much of the file a room takes.

use std::collections::{BTreeMap, BTreeSet};

use engine::{
    Batch, Gone, HeldRun, MemberIndex, Position, RoomId, Row, StoreError, StoredOp, Trail,
};
use redb::{ReadableTable, Table, WriteTransaction};

use crate::{
    error::from_redb,
    read::{Snapshot, split},
    tables::{
        BOUND, Keys, LOG, LogKey, META, MemberKey, RUNS, RoomKey, SIZES, TIMELINE, TRAILS,
        TimelineKey, decode, encode, log_key, member_index, member_key, position, seq,
        timeline_key,
    },
};

impl Snapshot {
    pub(crate) fn rows_after(
        &self,
        room: RoomId,
        after: Option<Position>,
        limit: usize,
    ) -> Result<Vec<Row>, StoreError> {
        let all = Keys::<36>::of(room);
        let newer = match after {
            Some(position) => all.after(timeline_key(room, position)),
            None => all,
        };
        let rows = self.timeline.range::<&TimelineKey>(newer.bounds()).map_err(from_redb)?;
        let rows = rows.take(limit).map(|entry| {
            let (key, value) = entry.map_err(from_redb)?;
            let (kind, bytes) = split(value.value())?;
            Ok(Row { position: position(key.value()), kind, len: bytes.len() })
        });
        rows.collect()
    }

    pub(crate) fn trails(&self, room: RoomId) -> Result<Vec<(MemberIndex, Trail)>, StoreError> {
        let Some(trails) = &self.trails else { return Ok(Vec::new()) };
        let all = trails.range::<&MemberKey>(Keys::<20>::of(room).bounds()).map_err(from_redb)?;
        let all = all.map(|entry| {
            let (key, trail) = entry.map_err(from_redb)?;
            Ok((member_index(key.value()), decode(trail.value())?))
        });
        all.collect()
    }

    pub(crate) fn runs(&self, room: RoomId) -> Result<Vec<HeldRun>, StoreError> {
        let Some(runs) = &self.runs else { return Ok(Vec::new()) };
        let all = runs.range::<&LogKey>(Keys::<28>::of(room).bounds()).map_err(from_redb)?;
        let all = all.map(|entry| {
            let (key, run) = entry.map_err(from_redb)?;
            let key = key.value();
            Ok(((crate::tables::author(key), seq(key)), decode(run.value())?))
        });
        all.collect()
    }

    pub(crate) fn taken(&self, room: RoomId) -> Result<u64, StoreError> {
        let known = self.sizes.as_ref().map(|sizes| sizes.get(room.as_bytes())).transpose();
        match known.map_err(from_redb)?.flatten() {
            Some(known) => Ok(known.value()),
            None => size(&self.timeline, room),
        }
    }

    /// Whether everything `batch` asks for of what is kept is so.
    pub(crate) fn holds_retained(&self, batch: &Batch) -> Result<bool, StoreError> {
        for (&(room, index), trail) in &batch.trails {
            let key = member_key(room, index);
            let held = self.trails.as_ref().map(|trails| trails.get(&key)).transpose();
            let held = held.map_err(from_redb)?.flatten();
            if held.map(|value| decode(value.value())).transpose()? != Some(*trail) {
                return Ok(false);
            }
        }
        for (&(room, index, seq), run) in &batch.runs {
            let key = log_key(room, index, seq);
            let held = self.runs.as_ref().map(|runs| runs.get(&key)).transpose();
            let held = held.map_err(from_redb)?.flatten();
            if held.map(|value| decode(value.value())).transpose()? != *run {
                return Ok(false);
            }
        }
        for gone in &batch.gone {
            let span = Keys::<28>::of(gone.room)
                .after(log_key(gone.room, gone.author, gone.after))
                .before(log_key(gone.room, gone.author, gone.before));
            let is_empty = gone.before <= gone.after;
            let mut held = self.log.range::<&LogKey>(span.bounds()).map_err(from_redb)?;
            if !is_empty && held.next().is_some() {
                return Ok(false);
            }
        }
        Ok(batch.bound.is_none() || self.bound()? == batch.bound)
    }

    pub(crate) fn bound(&self) -> Result<Option<u64>, StoreError> {
        let value = self.meta.get(BOUND).map_err(from_redb)?;
        value.map(|value| decode(value.value())).transpose()
    }
}

/// What the operations of a room take, counted.
fn size(
    timeline: &impl ReadableTable<&'static TimelineKey, &'static [u8]>,
    room: RoomId,
) -> Result<u64, StoreError> {
    let all = timeline.range::<&TimelineKey>(Keys::<36>::of(room).bounds()).map_err(from_redb)?;
    let mut sum = 0_u64;
    for entry in all {
        let (_, value) = entry.map_err(from_redb)?;
        let (_, bytes) = split(value.value())?;
        sum = sum.saturating_add(Row::cost(bytes.len()));
    }
    Ok(sum)
}

/// Writes what is remembered of logs, and forgets operations.
pub(crate) fn write_retained(
    transaction: &WriteTransaction,
    batch: &Batch,
) -> Result<(), StoreError> {
    if let Some(bound) = &batch.bound {
        let mut meta = transaction.open_table(META).map_err(from_redb)?;
        meta.insert(BOUND, encode(bound)?.as_slice()).map_err(from_redb)?;
    }
    if !batch.trails.is_empty() {
        let mut trails = transaction.open_table(TRAILS).map_err(from_redb)?;
        for (&(room, index), trail) in &batch.trails {
            trails
                .insert(&member_key(room, index), encode(trail)?.as_slice())
                .map_err(from_redb)?;
        }
    }
    if !batch.runs.is_empty() {
        let mut runs = transaction.open_table(RUNS).map_err(from_redb)?;
        for (&(room, index, seq), run) in &batch.runs {
            let key = log_key(room, index, seq);
            match run {
                Some(run) => runs.insert(&key, encode(run)?.as_slice()).map_err(from_redb)?,
                None => runs.remove(&key).map_err(from_redb)?,
            };
        }
    }
    if batch.gone.is_empty() && batch.ops.is_empty() {
        return Ok(());
    }
    let mut sizes = transaction.open_table(SIZES).map_err(from_redb)?;
    let mut timeline = transaction.open_table(TIMELINE).map_err(from_redb)?;
    let mut log = transaction.open_table(LOG).map_err(from_redb)?;
    for gone in &batch.gone {
        let freed = forget_ops(&mut timeline, &mut log, gone)?;
        resize(&mut sizes, &timeline, gone.room, |size| size.saturating_sub(freed), freed)?;
    }
    let rooms: BTreeSet<RoomId> = batch.ops.iter().map(|op| op.room).collect();
    for room in rooms {
        let of_room = batch.ops.iter().filter(|op| op.room == room);
        let (new, old) = new_bytes(&timeline, of_room)?;
        let change = |size: u64| size.saturating_add(new).saturating_sub(old);
        resize(&mut sizes, &timeline, room, change, 0)?;
    }
    Ok(())
}

/// Notes that a room takes more or less. One that was never counted is: `freed` was there before.
fn resize(
    sizes: &mut Table<'_, &'static RoomKey, u64>,
    timeline: &Table<'_, &'static TimelineKey, &'static [u8]>,
    room: RoomId,
    change: impl Fn(u64) -> u64,
    freed: u64,
) -> Result<(), StoreError> {
    let known = sizes.get(room.as_bytes()).map_err(from_redb)?.map(|size| size.value());
    let before = match known {
        Some(size) => size,
        None => size(timeline, room)?.saturating_add(freed),
    };
    sizes.insert(room.as_bytes(), change(before)).map_err(from_redb)?;
    Ok(())
}

/// What operations will take, and what those take that they replace.
fn new_bytes<'a>(
    timeline: &Table<'_, &'static TimelineKey, &'static [u8]>,
    ops: impl Iterator<Item = &'a StoredOp>,
) -> Result<(u64, u64), StoreError> {
    let costs: BTreeMap<_, _> =
        ops.map(|op| (timeline_key(op.room, op.position), Row::cost(op.bytes.len()))).collect();
    let (mut new, mut old) = (0_u64, 0_u64);
    for (key, cost) in costs {
        let held = timeline.get(&key).map_err(from_redb)?;
        let held = held.map_or(0, |value| Row::cost(value.value().len().saturating_sub(1)));
        (new, old) = (new.saturating_add(cost), old.saturating_add(held));
    }
    Ok((new, old))
}

/// Forgets operations; gives what they took.
fn forget_ops(
    timeline: &mut Table<'_, &'static TimelineKey, &'static [u8]>,
    log: &mut Table<'_, &'static LogKey, u64>,
    gone: &Gone,
) -> Result<u64, StoreError> {
    let Gone { room, author, after, before } = *gone;
    if before <= after {
        return Ok(0);
    }
    let span = Keys::<28>::of(room)
        .after(log_key(room, author, after))
        .before(log_key(room, author, before));
    let mut found = Vec::new();
    for entry in log.range::<&LogKey>(span.bounds()).map_err(from_redb)? {
        let (key, hlc) = entry.map_err(from_redb)?;
        found.push(Position { hlc: hlc.value(), author, seq: seq(key.value()) });
    }
    let mut freed = 0_u64;
    for position in found {
        log.remove(&log_key(room, author, position.seq)).map_err(from_redb)?;
        let value = timeline.remove(&timeline_key(room, position)).map_err(from_redb)?;
        let len = value.map_or(0, |value| value.value().len().saturating_sub(1));
        freed = freed.saturating_add(Row::cost(len));
    }
    Ok(freed)
}
