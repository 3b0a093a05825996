//! A store that forgets when dropped: for tests and simulations.

use std::{collections::BTreeMap, ops::Bound};

use crate::{
    Batch, CarriedRecord, ClosedRecord, ControlRecord, EpochId, Gone, Head, HeldRun, Kept,
    MailboxRecord, Mark, MemberIndex, MemberRecord, PackId, PeerId, Position, Profile,
    ReportRecord, RoomId, RoomRecord, Row, Run, Store, StoreError, StoredOp, Trail,
};

/// A [`Store`] in memory. Clones are independent: a clone is what a disk held at that moment.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore {
    profile: Option<Profile>,
    rooms: BTreeMap<RoomId, RoomRecord>,
    members: BTreeMap<(RoomId, MemberIndex), MemberRecord>,
    heads: BTreeMap<(RoomId, MemberIndex), Head>,
    controls: BTreeMap<(RoomId, PeerId, u64), ControlRecord>,
    mailboxes: BTreeMap<RoomId, MailboxRecord>,
    kept: BTreeMap<(RoomId, MemberIndex), Kept>,
    marks: BTreeMap<(RoomId, PeerId), Mark>,
    closed: BTreeMap<(RoomId, EpochId), ClosedRecord>,
    reports: BTreeMap<(RoomId, PeerId, u64), ReportRecord>,
    timeline: BTreeMap<(RoomId, Position), StoredOp>,
    logs: BTreeMap<(RoomId, MemberIndex, u64), u64>,
    trails: BTreeMap<(RoomId, MemberIndex), Trail>,
    runs: BTreeMap<(RoomId, MemberIndex, u64), Run>,
    bound: Option<u64>,
    carries: Option<bool>,
    carried: BTreeMap<PackId, CarriedRecord>,
    packs: BTreeMap<PackId, Vec<u8>>,
}

impl Store for MemoryStore {
    fn profile(&self) -> Result<Option<Profile>, StoreError> {
        Ok(self.profile.clone())
    }

    fn rooms(&self) -> Result<Vec<RoomRecord>, StoreError> {
        Ok(self.rooms.values().cloned().collect())
    }

    fn members(&self, room: RoomId) -> Result<Vec<MemberRecord>, StoreError> {
        let all = (room, MemberIndex(0))..=(room, MemberIndex(u32::MAX));
        Ok(self.members.range(all).map(|(_, member)| member.clone()).collect())
    }

    fn heads(&self, room: RoomId) -> Result<Vec<Head>, StoreError> {
        let all = (room, MemberIndex(0))..=(room, MemberIndex(u32::MAX));
        let roster = self.members.range(all).map(|(key, _)| key);
        Ok(roster.map(|key| self.heads.get(key).copied().unwrap_or_default()).collect())
    }

    fn controls(&self, room: RoomId) -> Result<Vec<ControlRecord>, StoreError> {
        let of_room = self.controls.iter().filter(|((r, ..), _)| *r == room);
        Ok(of_room.map(|(_, record)| record.clone()).collect())
    }

    fn mailbox(&self, room: RoomId) -> Result<Option<MailboxRecord>, StoreError> {
        Ok(self.mailboxes.get(&room).cloned())
    }

    fn kept(&self, room: RoomId) -> Result<Vec<(MemberIndex, Kept)>, StoreError> {
        let all = (room, MemberIndex(0))..=(room, MemberIndex(u32::MAX));
        Ok(self.kept.range(all).map(|((_, index), kept)| (*index, *kept)).collect())
    }

    fn marks(&self, room: RoomId) -> Result<Vec<(PeerId, Mark)>, StoreError> {
        let of_room = self.marks.iter().filter(|((r, _), _)| *r == room);
        Ok(of_room.map(|((_, peer), mark)| (*peer, *mark)).collect())
    }

    fn closed(&self, room: RoomId) -> Result<Vec<ClosedRecord>, StoreError> {
        let of_room = self.closed.iter().filter(|((r, _), _)| *r == room);
        Ok(of_room.map(|(_, record)| record.clone()).collect())
    }

    fn reports(&self, room: RoomId) -> Result<Vec<ReportRecord>, StoreError> {
        let of_room = self.reports.iter().filter(|((r, ..), _)| *r == room);
        Ok(of_room.map(|(_, report)| report.clone()).collect())
    }

    fn ops_after(
        &self,
        room: RoomId,
        author: MemberIndex,
        after: u64,
        limit: usize,
        max_bytes: usize,
    ) -> Result<Vec<Vec<u8>>, StoreError> {
        let newer =
            (Bound::Excluded((room, author, after)), Bound::Included((room, author, u64::MAX)));
        let mut ops: Vec<Vec<u8>> = Vec::new();
        let mut total = 0usize;
        for (&(_, _, seq), &hlc) in self.logs.range(newer).take(limit) {
            let position = Position { hlc, author, seq };
            let Some(op) = self.timeline.get(&(room, position)) else {
                return Err(StoreError::Corrupt("log entry without operation".to_owned()));
            };
            total = total.saturating_add(op.bytes.len());
            if total > max_bytes && !ops.is_empty() {
                break;
            }
            ops.push(op.bytes.clone());
        }
        Ok(ops)
    }

    fn page_before(
        &self,
        room: RoomId,
        before: Option<Position>,
        limit: usize,
    ) -> Result<Vec<StoredOp>, StoreError> {
        let end = before.map_or(Bound::Included((room, LAST)), |p| Bound::Excluded((room, p)));
        let range = self.timeline.range((Bound::Included((room, FIRST)), end));
        Ok(range.rev().take(limit).map(|(_, op)| op.clone()).collect())
    }

    fn count_after(
        &self,
        room: RoomId,
        after: Option<Position>,
        kind: u8,
        without: &[MemberIndex],
        limit: usize,
    ) -> Result<usize, StoreError> {
        let start = after.map_or(Bound::Included((room, FIRST)), |p| Bound::Excluded((room, p)));
        let range = self.timeline.range((start, Bound::Included((room, LAST))));
        let counted =
            range.filter(|(_, op)| op.kind == kind && !without.contains(&op.position.author));
        Ok(counted.take(limit).count())
    }

    fn rows_after(
        &self,
        room: RoomId,
        after: Option<Position>,
        limit: usize,
    ) -> Result<Vec<Row>, StoreError> {
        let start = after.map_or(Bound::Included((room, FIRST)), |p| Bound::Excluded((room, p)));
        let range = self.timeline.range((start, Bound::Included((room, LAST))));
        let row = |op: &StoredOp| Row { position: op.position, kind: op.kind, len: op.bytes.len() };
        Ok(range.take(limit).map(|(_, op)| row(op)).collect())
    }

    fn trails(&self, room: RoomId) -> Result<Vec<(MemberIndex, Trail)>, StoreError> {
        let all = (room, MemberIndex(0))..=(room, MemberIndex(u32::MAX));
        Ok(self.trails.range(all).map(|((_, index), trail)| (*index, *trail)).collect())
    }

    fn runs(&self, room: RoomId) -> Result<Vec<HeldRun>, StoreError> {
        let all = (room, MemberIndex(0), 0)..=(room, MemberIndex(u32::MAX), u64::MAX);
        Ok(self.runs.range(all).map(|((_, index, seq), run)| ((*index, *seq), *run)).collect())
    }

    fn taken(&self, room: RoomId) -> Result<u64, StoreError> {
        let range = self.timeline.range((room, FIRST)..=(room, LAST));
        Ok(range.map(|(_, op)| Row::cost(op.bytes.len())).fold(0, u64::saturating_add))
    }

    fn bound(&self) -> Result<Option<u64>, StoreError> {
        Ok(self.bound)
    }

    fn carries(&self) -> Result<Option<bool>, StoreError> {
        Ok(self.carries)
    }

    fn carried(&self) -> Result<Vec<(PackId, CarriedRecord)>, StoreError> {
        Ok(self.carried.iter().map(|(id, record)| (*id, *record)).collect())
    }

    fn carried_pack(&self, id: &PackId) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.packs.get(id).cloned())
    }

    fn commit(&mut self, batch: Batch) -> Result<(), StoreError> {
        for room in batch.forgotten {
            self.rooms.remove(&room);
            self.members.retain(|(r, _), _| *r != room);
            self.heads.retain(|(r, _), _| *r != room);
            self.controls.retain(|(r, ..), _| *r != room);
            self.mailboxes.remove(&room);
            self.kept.retain(|(r, _), _| *r != room);
            self.marks.retain(|(r, _), _| *r != room);
            self.closed.retain(|(r, _), _| *r != room);
            self.reports.retain(|(r, ..), _| *r != room);
            self.trails.retain(|(r, _), _| *r != room);
            self.runs.retain(|(r, ..), _| *r != room);
            self.timeline.retain(|(r, _), _| *r != room);
            self.logs.retain(|(r, _, _), _| *r != room);
        }
        if batch.profile.is_some() {
            self.profile = batch.profile;
        }
        self.rooms.extend(batch.rooms);
        self.members.extend(batch.members);
        self.heads.extend(batch.heads);
        self.controls.extend(batch.controls);
        self.mailboxes.extend(batch.mailboxes);
        self.kept.extend(batch.kept);
        self.marks.extend(batch.marks);
        self.closed.extend(batch.closed);
        self.marks.retain(|_, mark| *mark != Mark::default());
        for (key, report) in batch.reports {
            match report {
                Some(report) => _ = self.reports.insert(key, report),
                None => _ = self.reports.remove(&key),
            }
        }
        self.trails.extend(batch.trails);
        for (key, run) in batch.runs {
            match run {
                Some(run) => _ = self.runs.insert(key, run),
                None => _ = self.runs.remove(&key),
            }
        }
        batch.gone.iter().for_each(|gone| self.forget_ops(gone));
        self.bound = batch.bound.or(self.bound);
        for op in batch.ops {
            let Position { hlc, author, seq } = op.position;
            self.logs.insert((op.room, author, seq), hlc);
            self.timeline.insert((op.room, op.position), op);
        }
        self.carries = batch.courier.on.or(self.carries);
        for (id, record) in batch.courier.records {
            set(&mut self.carried, id, record);
        }
        for (id, pack) in batch.courier.packs {
            set(&mut self.packs, id, pack);
        }
        Ok(())
    }
}

impl MemoryStore {
    fn forget_ops(&mut self, gone: &Gone) {
        let Gone { room, author, after, before } = *gone;
        if before <= after {
            return;
        }
        let span =
            (Bound::Excluded((room, author, after)), Bound::Excluded((room, author, before)));
        let found: Vec<_> = self.logs.range(span).map(|((.., seq), hlc)| (*seq, *hlc)).collect();
        for (seq, hlc) in found {
            self.logs.remove(&(room, author, seq));
            self.timeline.remove(&(room, Position { hlc, author, seq }));
        }
    }
}

/// Remembers a value, or no longer.
fn set<V>(map: &mut BTreeMap<PackId, V>, id: PackId, value: Option<V>) {
    match value {
        Some(value) => {
            map.insert(id, value);
        }
        None => {
            map.remove(&id);
        }
    }
}

const FIRST: Position = Position { hlc: 0, author: MemberIndex(0), seq: 0 };
const LAST: Position = Position { hlc: u64::MAX, author: MemberIndex(u32::MAX), seq: u64::MAX };
