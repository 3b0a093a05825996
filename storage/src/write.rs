//! How a batch becomes one transaction.

use std::collections::BTreeSet;

use engine::{Batch, CourierBatch, Mark, RoomId, StoreError, StoredOp};
use redb::{Database, Durability, Table, TableHandle, Value, WriteTransaction};

use crate::{
    error::from_redb,
    keyring::Keyring,
    retained::write_retained,
    tables::{
        CARRIED, CARRIES, CLOSED, CONTROLS, HEADS, KEPT, Keys, LOG, MAILBOXES, MARKS, MEMBERS,
        META, PACKS, PROFILE, REPORTS, ROOMS, RUNS, SIZES, TIMELINE, TRAILS, control_key, encode,
        encode_head, epoch_key, log_key, member_key, peer_key, timeline_key,
    },
};

/// Writes `batch` in one transaction. When this returns it is on disk.
pub(crate) fn write(database: &Database, keys: &Keyring, batch: &Batch) -> Result<(), StoreError> {
    let mut transaction = database.begin_write().map_err(from_redb)?;
    // Said although it is redb's default: everything we promise hangs on it.
    transaction
        .set_durability(Durability::Immediate)
        .map_err(|error| StoreError::Unavailable(Box::new(error)))?;
    for room in &batch.forgotten {
        forget(&transaction, *room)?;
    }
    write_records(&transaction, keys, batch)?;
    write_notes(&transaction, keys, batch)?;
    write_retained(&transaction, batch)?;
    write_ops(&transaction, &batch.ops)?;
    write_courier(&transaction, &batch.courier)?;
    transaction.commit().map_err(from_redb)
}

/// The rooms of which `batch` says something that is sealed.
pub(crate) fn sealed_rooms(batch: &Batch) -> BTreeSet<RoomId> {
    let rooms = batch.rooms.keys().chain(batch.mailboxes.keys()).copied();
    let members = batch.members.keys().map(|(room, _)| *room);
    let controls = batch.controls.keys().map(|(room, ..)| *room);
    let marks = batch.marks.keys().map(|(room, _)| *room);
    let reports = batch.reports.keys().map(|(room, ..)| *room);
    let closed = batch.closed.keys().map(|(room, _)| *room);
    rooms.chain(members).chain(controls).chain(marks).chain(reports).chain(closed).collect()
}

/// Removes everything in `room`. Of tables that may not be there, leaves none behind that were not.
fn forget(transaction: &WriteTransaction, room: RoomId) -> Result<(), StoreError> {
    let mut rooms = transaction.open_table(ROOMS).map_err(from_redb)?;
    rooms.remove(room.as_bytes()).map_err(from_redb)?;
    let mut mailboxes = transaction.open_table(MAILBOXES).map_err(from_redb)?;
    mailboxes.remove(room.as_bytes()).map_err(from_redb)?;
    clear(transaction.open_table(KEPT).map_err(from_redb)?, room)?;
    clear(transaction.open_table(CONTROLS).map_err(from_redb)?, room)?;
    let there: Vec<_> = transaction.list_tables().map_err(from_redb)?.collect();
    let is_there = |name: &str| there.iter().any(|table| table.name() == name);
    if is_there(MARKS.name()) {
        clear(transaction.open_table(MARKS).map_err(from_redb)?, room)?;
    }
    if is_there(CLOSED.name()) {
        clear(transaction.open_table(CLOSED).map_err(from_redb)?, room)?;
    }
    if is_there(REPORTS.name()) {
        clear(transaction.open_table(REPORTS).map_err(from_redb)?, room)?;
    }
    if is_there(TRAILS.name()) {
        clear(transaction.open_table(TRAILS).map_err(from_redb)?, room)?;
    }
    if is_there(RUNS.name()) {
        clear(transaction.open_table(RUNS).map_err(from_redb)?, room)?;
    }
    if is_there(SIZES.name()) {
        let mut sizes = transaction.open_table(SIZES).map_err(from_redb)?;
        sizes.remove(room.as_bytes()).map_err(from_redb)?;
    }
    clear(transaction.open_table(MEMBERS).map_err(from_redb)?, room)?;
    clear(transaction.open_table(HEADS).map_err(from_redb)?, room)?;
    clear(transaction.open_table(TIMELINE).map_err(from_redb)?, room)?;
    clear(transaction.open_table(LOG).map_err(from_redb)?, room)
}

/// Removes every entry of `room` from `table`.
fn clear<const N: usize, V: Value + 'static>(
    mut table: Table<'_, &'static [u8; N], V>,
    room: RoomId,
) -> Result<(), StoreError> {
    table.retain_in::<&[u8; N], _>(Keys::<N>::of(room).bounds(), |_, _| false).map_err(from_redb)
}

fn write_records(
    transaction: &WriteTransaction,
    keys: &Keyring,
    batch: &Batch,
) -> Result<(), StoreError> {
    if let Some(profile) = &batch.profile {
        let mut meta = transaction.open_table(META).map_err(from_redb)?;
        meta.insert(PROFILE, encode(profile)?.as_slice()).map_err(from_redb)?;
    }
    let mut rooms = transaction.open_table(ROOMS).map_err(from_redb)?;
    for (room, record) in &batch.rooms {
        let sealed = keys.seal(ROOMS.name(), room.as_bytes(), record)?;
        rooms.insert(room.as_bytes(), sealed.as_slice()).map_err(from_redb)?;
    }
    let mut members = transaction.open_table(MEMBERS).map_err(from_redb)?;
    for (&(room, index), record) in &batch.members {
        let key = member_key(room, index);
        let sealed = keys.seal(MEMBERS.name(), &key, record)?;
        members.insert(&key, sealed.as_slice()).map_err(from_redb)?;
    }
    let mut heads = transaction.open_table(HEADS).map_err(from_redb)?;
    for (&(room, index), head) in &batch.heads {
        heads.insert(&member_key(room, index), &encode_head(head)).map_err(from_redb)?;
    }
    let mut controls = transaction.open_table(CONTROLS).map_err(from_redb)?;
    for (&(room, author, seq), record) in &batch.controls {
        let key = control_key(room, author, seq);
        let sealed = keys.seal(CONTROLS.name(), &key, record)?;
        controls.insert(&key, sealed.as_slice()).map_err(from_redb)?;
    }
    let mut mailboxes = transaction.open_table(MAILBOXES).map_err(from_redb)?;
    for (room, record) in &batch.mailboxes {
        let sealed = keys.seal(MAILBOXES.name(), room.as_bytes(), record)?;
        mailboxes.insert(room.as_bytes(), sealed.as_slice()).map_err(from_redb)?;
    }
    let mut all_kept = transaction.open_table(KEPT).map_err(from_redb)?;
    for (&(room, index), kept) in &batch.kept {
        let key = member_key(room, index);
        all_kept.insert(&key, encode(kept)?.as_slice()).map_err(from_redb)?;
    }
    Ok(())
}

/// Writes what changed of what is carried for others.
fn write_courier(transaction: &WriteTransaction, courier: &CourierBatch) -> Result<(), StoreError> {
    if let Some(on) = &courier.on {
        let mut meta = transaction.open_table(META).map_err(from_redb)?;
        meta.insert(CARRIES, encode(on)?.as_slice()).map_err(from_redb)?;
    }
    if courier.records.is_empty() && courier.packs.is_empty() {
        return Ok(());
    }
    let mut carried = transaction.open_table(CARRIED).map_err(from_redb)?;
    for (id, record) in &courier.records {
        match record {
            Some(record) => carried.insert(id, encode(record)?.as_slice()).map_err(from_redb)?,
            None => carried.remove(id).map_err(from_redb)?,
        };
    }
    let mut packs = transaction.open_table(PACKS).map_err(from_redb)?;
    for (id, pack) in &courier.packs {
        match pack {
            Some(pack) => packs.insert(id, pack.as_slice()).map_err(from_redb)?,
            None => packs.remove(id).map_err(from_redb)?,
        };
    }
    Ok(())
}

/// Writes what most devices have nothing of: their tables begin with the first thing in them.
fn write_notes(
    transaction: &WriteTransaction,
    keys: &Keyring,
    batch: &Batch,
) -> Result<(), StoreError> {
    if !batch.marks.is_empty() {
        let mut marks = transaction.open_table(MARKS).map_err(from_redb)?;
        for (&(room, peer), mark) in &batch.marks {
            let key = peer_key(room, peer);
            if *mark == Mark::default() {
                marks.remove(&key).map_err(from_redb)?;
            } else {
                let sealed = keys.seal(MARKS.name(), &key, mark)?;
                marks.insert(&key, sealed.as_slice()).map_err(from_redb)?;
            }
        }
    }
    if !batch.closed.is_empty() {
        let mut closed = transaction.open_table(CLOSED).map_err(from_redb)?;
        for (&(room, epoch), record) in &batch.closed {
            let key = epoch_key(room, epoch);
            let sealed = keys.seal(CLOSED.name(), &key, record)?;
            closed.insert(&key, sealed.as_slice()).map_err(from_redb)?;
        }
    }
    if !batch.reports.is_empty() {
        let mut reports = transaction.open_table(REPORTS).map_err(from_redb)?;
        for (&(room, author, seq), report) in &batch.reports {
            let key = control_key(room, author, seq);
            if let Some(report) = report {
                let sealed = keys.seal(REPORTS.name(), &key, report)?;
                reports.insert(&key, sealed.as_slice()).map_err(from_redb)?;
            } else {
                reports.remove(&key).map_err(from_redb)?;
            }
        }
    }
    Ok(())
}

/// Writes operations in the order of their keys, so that each page is visited once. Where two have
/// one key the later one stays, as sorting is stable.
fn write_ops(transaction: &WriteTransaction, ops: &[StoredOp]) -> Result<(), StoreError> {
    let mut ops: Vec<&StoredOp> = ops.iter().collect();
    let mut log = transaction.open_table(LOG).map_err(from_redb)?;
    ops.sort_by_key(|op| (op.room, op.position.author, op.position.seq));
    for op in &ops {
        let key = log_key(op.room, op.position.author, op.position.seq);
        log.insert(&key, op.position.hlc).map_err(from_redb)?;
    }
    let mut timeline = transaction.open_table(TIMELINE).map_err(from_redb)?;
    ops.sort_by_key(|op| (op.room, op.position));
    let mut value = Vec::new();
    for op in &ops {
        value.clear();
        value.push(op.kind);
        value.extend_from_slice(&op.bytes);
        timeline
            .insert(&timeline_key(op.room, op.position), value.as_slice())
            .map_err(from_redb)?;
    }
    Ok(())
}
