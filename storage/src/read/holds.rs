//! Whether a batch whose commit broke off is on disk.

use engine::{Batch, ClosedRecord, Mark, ReportRecord, StoreError, StoredOp};
use redb::TableHandle as _;

use super::{Snapshot, split};
use crate::{
    error::from_redb,
    keyring::Keyring,
    tables::{
        CLOSED, MAILBOXES, MARKS, MEMBERS, REPORTS, ROOMS, control_key, decode, decode_head,
        epoch_key, member_key, peer_key, timeline_key,
    },
};

impl Snapshot {
    /// Whether everything `batch` asks for is so.
    pub(crate) fn holds(&self, keys: &Keyring, batch: &Batch) -> Result<bool, StoreError> {
        let forgotten = batch.forgotten.iter().filter(|room| !batch.rooms.contains_key(room));
        for room in forgotten {
            if self.rooms.get(room.as_bytes()).map_err(from_redb)?.is_some() {
                return Ok(false);
            }
        }
        let holds_courier = self.holds_courier(&batch.courier)?;
        Ok(self.holds_retained(batch)?
            && holds_courier
            && self.holds_records(keys, batch)?
            && self.holds_ops(&batch.ops)?)
    }

    fn holds_records(&self, keys: &Keyring, batch: &Batch) -> Result<bool, StoreError> {
        if batch.profile.is_some() && self.profile()? != batch.profile {
            return Ok(false);
        }
        for (room, record) in &batch.rooms {
            let key = room.as_bytes();
            let value = self.rooms.get(key).map_err(from_redb)?;
            let found = value.map(|value| keys.open(ROOMS.name(), key, value.value()));
            if !is_record(found, record)? {
                return Ok(false);
            }
        }
        for (&(room, index), record) in &batch.members {
            let key = member_key(room, index);
            let value = self.members.get(&key).map_err(from_redb)?;
            let found = value.map(|value| keys.open(MEMBERS.name(), &key, value.value()));
            if !is_record(found, record)? {
                return Ok(false);
            }
        }
        for (room, record) in &batch.mailboxes {
            let key = room.as_bytes();
            let value = self.mailboxes.get(key).map_err(from_redb)?;
            let found = value.map(|value| keys.open(MAILBOXES.name(), key, value.value()));
            if !is_record(found, record)? {
                return Ok(false);
            }
        }
        for (&(room, index), kept) in &batch.kept {
            let value = self.kept.get(&member_key(room, index)).map_err(from_redb)?;
            if !is_record(value.map(|value| decode(value.value())), kept)? {
                return Ok(false);
            }
        }
        for (&(room, peer), mark) in &batch.marks {
            let key = peer_key(room, peer);
            let value = self.marks.as_ref().map(|marks| marks.get(&key)).transpose();
            let value = value.map_err(from_redb)?.flatten();
            let found: Option<Mark> =
                value.map(|value| keys.open(MARKS.name(), &key, value.value())).transpose()?;
            if found.unwrap_or_default() != *mark {
                return Ok(false);
            }
        }
        for (&(room, epoch), record) in &batch.closed {
            let key = epoch_key(room, epoch);
            let value = self.closed.as_ref().map(|closed| closed.get(&key)).transpose();
            let value = value.map_err(from_redb)?.flatten();
            let found: Option<ClosedRecord> =
                value.map(|value| keys.open(CLOSED.name(), &key, value.value())).transpose()?;
            if found.as_ref() != Some(record) {
                return Ok(false);
            }
        }
        for (&(room, author, seq), report) in &batch.reports {
            let key = control_key(room, author, seq);
            let value = self.reports.as_ref().map(|reports| reports.get(&key)).transpose();
            let value = value.map_err(from_redb)?.flatten();
            let found: Option<ReportRecord> =
                value.map(|value| keys.open(REPORTS.name(), &key, value.value())).transpose()?;
            if found != *report {
                return Ok(false);
            }
        }
        for (&(room, index), head) in &batch.heads {
            let value = self.heads.get(&member_key(room, index)).map_err(from_redb)?;
            if value.map(|value| decode_head(value.value())) != Some(*head) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn holds_ops(&self, ops: &[StoredOp]) -> Result<bool, StoreError> {
        for op in ops {
            let value =
                self.timeline.get(&timeline_key(op.room, op.position)).map_err(from_redb)?;
            if !value.is_some_and(|value| split(value.value()).is_ok_and(|(_, b)| b == op.bytes)) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Whether `found` is `wanted`.
fn is_record<T: PartialEq>(
    found: Option<Result<T, StoreError>>,
    wanted: &T,
) -> Result<bool, StoreError> {
    Ok(found.transpose()?.is_some_and(|found| found == *wanted))
}
