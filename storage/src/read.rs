//! What can be asked of the database.

mod holds;

use engine::{
    ClosedRecord, ControlRecord, Head, Kept, MailboxRecord, Mark, MemberIndex, MemberRecord,
    PackId, PeerId, Position, Profile, ReportRecord, RoomId, RoomRecord, StoreError, StoredOp,
};
use redb::{
    Key, ReadOnlyTable, ReadTransaction, ReadableTable, TableDefinition, TableError,
    TableHandle as _, Value,
};

use crate::{
    error::{corrupt, from_redb},
    keyring::Keyring,
    tables::{
        CARRIED, CLOSED, CONTROLS, ControlKey, EpochKey, HEADS, HeadBytes, KEPT, Keys, LOG, LogKey,
        MAILBOXES, MARKS, MEMBERS, META, MemberKey, PACKS, PROFILE, PeerKey, REPORTS, ROOMS, RUNS,
        RoomKey, SIZES, TIMELINE, TRAILS, TimelineKey, decode, decode_head, log_key, member_index,
        peer, position, seq, timeline_key,
    },
};

/// Every table, open for reading at one moment. Opening them costs more than most answers.
pub(crate) struct Snapshot {
    pub(crate) meta: ReadOnlyTable<&'static str, &'static [u8]>,
    rooms: ReadOnlyTable<&'static RoomKey, &'static [u8]>,
    members: ReadOnlyTable<&'static MemberKey, &'static [u8]>,
    heads: ReadOnlyTable<&'static MemberKey, &'static HeadBytes>,
    controls: ReadOnlyTable<&'static ControlKey, &'static [u8]>,
    mailboxes: ReadOnlyTable<&'static RoomKey, &'static [u8]>,
    kept: ReadOnlyTable<&'static MemberKey, &'static [u8]>,
    marks: Option<ReadOnlyTable<&'static PeerKey, &'static [u8]>>,
    closed: Option<ReadOnlyTable<&'static EpochKey, &'static [u8]>>,
    reports: Option<ReadOnlyTable<&'static ControlKey, &'static [u8]>>,
    pub(crate) trails: Option<ReadOnlyTable<&'static MemberKey, &'static [u8]>>,
    pub(crate) runs: Option<ReadOnlyTable<&'static LogKey, &'static [u8]>>,
    pub(crate) sizes: Option<ReadOnlyTable<&'static RoomKey, u64>>,
    pub(crate) timeline: ReadOnlyTable<&'static TimelineKey, &'static [u8]>,
    pub(crate) log: ReadOnlyTable<&'static LogKey, u64>,
    /// There once something was carried.
    pub(crate) carried: Option<ReadOnlyTable<&'static PackId, &'static [u8]>>,
    pub(crate) packs: Option<ReadOnlyTable<&'static PackId, &'static [u8]>>,
}

impl Snapshot {
    /// The tables as `transaction` sees them; a database of ours has all but those that begin with
    /// the first thing in them.
    pub(crate) fn new(transaction: &ReadTransaction) -> Result<Self, StoreError> {
        Ok(Self {
            meta: transaction.open_table(META).map_err(from_redb)?,
            rooms: transaction.open_table(ROOMS).map_err(from_redb)?,
            members: transaction.open_table(MEMBERS).map_err(from_redb)?,
            heads: transaction.open_table(HEADS).map_err(from_redb)?,
            controls: transaction.open_table(CONTROLS).map_err(from_redb)?,
            mailboxes: transaction.open_table(MAILBOXES).map_err(from_redb)?,
            kept: transaction.open_table(KEPT).map_err(from_redb)?,
            marks: if_there(transaction, MARKS)?,
            closed: if_there(transaction, CLOSED)?,
            reports: if_there(transaction, REPORTS)?,
            trails: if_there(transaction, TRAILS)?,
            runs: if_there(transaction, RUNS)?,
            sizes: if_there(transaction, SIZES)?,
            timeline: transaction.open_table(TIMELINE).map_err(from_redb)?,
            log: transaction.open_table(LOG).map_err(from_redb)?,
            carried: if_there(transaction, CARRIED)?,
            packs: if_there(transaction, PACKS)?,
        })
    }

    /// Whether anything sealed of `room` is there.
    pub(crate) fn knows(&self, room: RoomId) -> Result<bool, StoreError> {
        Ok(self.rooms.get(room.as_bytes()).map_err(from_redb)?.is_some()
            || self.mailboxes.get(room.as_bytes()).map_err(from_redb)?.is_some()
            || has_any(Some(&self.members), room)?
            || has_any(Some(&self.controls), room)?
            || has_any(self.marks.as_ref(), room)?
            || has_any(self.closed.as_ref(), room)?
            || has_any(self.reports.as_ref(), room)?)
    }

    pub(crate) fn profile(&self) -> Result<Option<Profile>, StoreError> {
        let value = self.meta.get(PROFILE).map_err(from_redb)?;
        value.map(|value| decode(value.value())).transpose()
    }

    pub(crate) fn rooms(&self, keys: &Keyring) -> Result<Vec<RoomRecord>, StoreError> {
        let all = self.rooms.iter().map_err(from_redb)?;
        all.map(|entry| {
            let (key, value) = entry.map_err(from_redb)?;
            keys.open_grown(ROOMS.name(), key.value(), value.value())
        })
        .collect()
    }

    pub(crate) fn members(
        &self,
        keys: &Keyring,
        room: RoomId,
    ) -> Result<Vec<MemberRecord>, StoreError> {
        let all =
            self.members.range::<&MemberKey>(Keys::<20>::of(room).bounds()).map_err(from_redb)?;
        all.map(|entry| {
            let (key, value) = entry.map_err(from_redb)?;
            keys.open(MEMBERS.name(), key.value(), value.value())
        })
        .collect()
    }

    pub(crate) fn heads(&self, room: RoomId) -> Result<Vec<Head>, StoreError> {
        let keys = Keys::<20>::of(room);
        let mut grown = self.heads.range::<&MemberKey>(keys.bounds()).map_err(from_redb)?;
        let mut next = grown.next().transpose().map_err(from_redb)?;
        let mut heads = Vec::new();
        for entry in self.members.range::<&MemberKey>(keys.bounds()).map_err(from_redb)? {
            let member = member_index(entry.map_err(from_redb)?.0.value());
            while next.as_ref().is_some_and(|(key, _)| member_index(key.value()) < member) {
                next = grown.next().transpose().map_err(from_redb)?;
            }
            let own = next.as_ref().filter(|(key, _)| member_index(key.value()) == member);
            heads.push(own.map(|(_, head)| decode_head(head.value())).unwrap_or_default());
        }
        Ok(heads)
    }

    pub(crate) fn controls(
        &self,
        keys: &Keyring,
        room: RoomId,
    ) -> Result<Vec<ControlRecord>, StoreError> {
        let all =
            self.controls.range::<&ControlKey>(Keys::<56>::of(room).bounds()).map_err(from_redb)?;
        all.map(|entry| {
            let (key, value) = entry.map_err(from_redb)?;
            keys.open_grown(CONTROLS.name(), key.value(), value.value())
        })
        .collect()
    }

    pub(crate) fn mailbox(
        &self,
        keys: &Keyring,
        room: RoomId,
    ) -> Result<Option<MailboxRecord>, StoreError> {
        let key = room.as_bytes();
        let value = self.mailboxes.get(key).map_err(from_redb)?;
        value.map(|value| keys.open(MAILBOXES.name(), key, value.value())).transpose()
    }

    pub(crate) fn kept(&self, room: RoomId) -> Result<Vec<(MemberIndex, Kept)>, StoreError> {
        let all =
            self.kept.range::<&MemberKey>(Keys::<20>::of(room).bounds()).map_err(from_redb)?;
        let all = all.map(|entry| {
            let (key, kept) = entry.map_err(from_redb)?;
            Ok((member_index(key.value()), decode(kept.value())?))
        });
        all.collect()
    }

    pub(crate) fn marks(
        &self,
        keys: &Keyring,
        room: RoomId,
    ) -> Result<Vec<(PeerId, Mark)>, StoreError> {
        let Some(marks) = &self.marks else { return Ok(Vec::new()) };
        let all = marks.range::<&PeerKey>(Keys::<48>::of(room).bounds()).map_err(from_redb)?;
        let all = all.map(|entry| {
            let (key, mark) = entry.map_err(from_redb)?;
            Ok((peer(key.value()), keys.open(MARKS.name(), key.value(), mark.value())?))
        });
        all.collect()
    }

    pub(crate) fn closed(
        &self,
        keys: &Keyring,
        room: RoomId,
    ) -> Result<Vec<ClosedRecord>, StoreError> {
        let Some(closed) = &self.closed else { return Ok(Vec::new()) };
        let all = closed.range::<&EpochKey>(Keys::<32>::of(room).bounds()).map_err(from_redb)?;
        let all = all.map(|entry| {
            let (key, record) = entry.map_err(from_redb)?;
            keys.open(CLOSED.name(), key.value(), record.value())
        });
        all.collect()
    }

    pub(crate) fn reports(
        &self,
        keys: &Keyring,
        room: RoomId,
    ) -> Result<Vec<ReportRecord>, StoreError> {
        let Some(reports) = &self.reports else { return Ok(Vec::new()) };
        let all = reports.range::<&ControlKey>(Keys::<56>::of(room).bounds()).map_err(from_redb)?;
        all.map(|entry| {
            let (key, report) = entry.map_err(from_redb)?;
            keys.open(REPORTS.name(), key.value(), report.value())
        })
        .collect()
    }

    pub(crate) fn ops_after(
        &self,
        room: RoomId,
        author: MemberIndex,
        after: u64,
        limit: usize,
        max_bytes: usize,
    ) -> Result<Vec<Vec<u8>>, StoreError> {
        let newer = Keys::<28>::of(room).after(log_key(room, author, after)).up_to(log_key(
            room,
            author,
            u64::MAX,
        ));
        let mut ops: Vec<Vec<u8>> = Vec::new();
        let mut total = 0_usize;
        for entry in self.log.range::<&LogKey>(newer.bounds()).map_err(from_redb)?.take(limit) {
            let (key, hlc) = entry.map_err(from_redb)?;
            let position = Position { hlc: hlc.value(), author, seq: seq(key.value()) };
            let key = timeline_key(room, position);
            let Some(value) = self.timeline.get(&key).map_err(from_redb)? else {
                return Err(corrupt("a log names an operation that is not there"));
            };
            let (_, bytes) = split(value.value())?;
            total = total.saturating_add(bytes.len());
            if total > max_bytes && !ops.is_empty() {
                break;
            }
            ops.push(bytes.to_vec());
        }
        Ok(ops)
    }

    pub(crate) fn page_before(
        &self,
        room: RoomId,
        before: Option<Position>,
        limit: usize,
    ) -> Result<Vec<StoredOp>, StoreError> {
        let all = Keys::<36>::of(room);
        let older = match before {
            Some(position) => all.before(timeline_key(room, position)),
            None => all,
        };
        let newest_first =
            self.timeline.range::<&TimelineKey>(older.bounds()).map_err(from_redb)?.rev();
        let page = newest_first.take(limit).map(|entry| {
            let (key, value) = entry.map_err(from_redb)?;
            let (kind, bytes) = split(value.value())?;
            let position = position(key.value());
            Ok(StoredOp { room, position, kind, bytes: bytes.to_vec() })
        });
        page.collect()
    }

    pub(crate) fn count_after(
        &self,
        room: RoomId,
        after: Option<Position>,
        kind: u8,
        without: &[MemberIndex],
        limit: usize,
    ) -> Result<usize, StoreError> {
        let all = Keys::<36>::of(room);
        let newer = match after {
            Some(position) => all.after(timeline_key(room, position)),
            None => all,
        };
        let mut count = 0_usize;
        let mut entries = self.timeline.range::<&TimelineKey>(newer.bounds()).map_err(from_redb)?;
        while count < limit {
            let Some(entry) = entries.next() else { break };
            let (key, value) = entry.map_err(from_redb)?;
            let (found, _) = split(value.value())?;
            let is_counted = found == kind && !without.contains(&position(key.value()).author);
            count = count.saturating_add(usize::from(is_counted));
        }
        Ok(count)
    }
}

/// Whether there is anything of `room` in a table, if that is there.
fn has_any<const N: usize>(
    table: Option<&ReadOnlyTable<&'static [u8; N], &'static [u8]>>,
    room: RoomId,
) -> Result<bool, StoreError> {
    let Some(table) = table else { return Ok(false) };
    let mut of_room = table.range::<&[u8; N]>(Keys::<N>::of(room).bounds()).map_err(from_redb)?;
    Ok(of_room.next().is_some())
}

/// A table, unless nothing was ever written to it.
fn if_there<K: Key + 'static, V: Value + 'static>(
    transaction: &ReadTransaction,
    table: TableDefinition<'_, K, V>,
) -> Result<Option<ReadOnlyTable<K, V>>, StoreError> {
    match transaction.open_table(table) {
        Ok(table) => Ok(Some(table)),
        Err(TableError::TableDoesNotExist(_)) => Ok(None),
        Err(error) => Err(from_redb(error)),
    }
}

/// The kind and the sealed bytes in a timeline's value.
pub(crate) fn split(value: &[u8]) -> Result<(u8, &[u8]), StoreError> {
    let (kind, bytes) =
        value.split_first().ok_or_else(|| corrupt("an operation is without a kind"))?;
    Ok((*kind, bytes))
}
