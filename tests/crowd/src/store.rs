//! What a device of the crowd remembers: what all of them hold alike is there once.

use std::{
    collections::{BTreeMap, HashSet},
    ops::Bound,
    sync::{Arc, Mutex},
};

use engine::{
    Batch, CarriedRecord, ClosedRecord, ControlRecord, EpochId, Head, HeldRun, Kept, MailboxRecord,
    Mark, MemberIndex, MemberRecord, MemoryStore, PackId, PeerId, Position, Profile, ReportRecord,
    RoomId, RoomRecord, Row, Store, StoreError, StoredOp, Trail,
};

/// Operations by their place in the order shown, and by author and place in the log.
#[derive(Debug, Default)]
struct Ops {
    timeline: BTreeMap<Position, (u8, Arc<[u8]>)>,
    logs: BTreeMap<(MemberIndex, u64), u64>,
}

impl Ops {
    fn add(&mut self, position: Position, kind: u8, bytes: Arc<[u8]>) {
        self.logs.insert((position.author, position.seq), position.hlc);
        self.timeline.insert(position, (kind, bytes));
    }

    /// The log of `author` above `after`, oldest first.
    fn log(&self, author: MemberIndex, after: u64) -> impl Iterator<Item = &Arc<[u8]>> {
        let newer = (Bound::Excluded((author, after)), Bound::Included((author, u64::MAX)));
        self.logs.range(newer).filter_map(move |(&(author, seq), &hlc)| {
            self.timeline.get(&Position { hlc, author, seq }).map(|(_, bytes)| bytes)
        })
    }

    fn before(
        &self,
        before: Option<Position>,
    ) -> impl Iterator<Item = (&Position, &(u8, Arc<[u8]>))> {
        let end = before.map_or(Bound::Unbounded, Bound::Excluded);
        self.timeline.range((Bound::Unbounded, end)).rev()
    }

    fn rows(&self, after: Option<Position>) -> impl Iterator<Item = Row> {
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let newer = self.timeline.range((start, Bound::Unbounded));
        newer.map(|(at, (kind, bytes))| Row { position: *at, kind: *kind, len: bytes.len() })
    }

    fn count_after(
        &self,
        after: Option<Position>,
        kind: u8,
        without: &[MemberIndex],
        limit: usize,
    ) -> usize {
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let newer = self.timeline.range((start, Bound::Unbounded));
        let counted = newer.filter(|(at, (k, _))| *k == kind && !without.contains(&at.author));
        counted.take(limit).count()
    }
}

/// What every device of the crowd holds at the beginning, and the bytes any of them holds later.
#[derive(Debug)]
pub(crate) struct Common {
    room: RoomId,
    members: Vec<MemberRecord>,
    heads: Vec<Head>,
    controls: Vec<ControlRecord>,
    trails: Vec<(MemberIndex, Trail)>,
    ops: Ops,
    /// Equal bytes are kept once, whoever holds them.
    bytes: Mutex<HashSet<Arc<[u8]>>>,
}

impl Common {
    /// What `store` remembers of its only room.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the memory cannot be read, or has no room.
    pub(crate) fn of(store: &impl Store) -> Result<(Self, RoomRecord), StoreError> {
        let no_room = || StoreError::Corrupt("no room".to_owned());
        let record = store.rooms()?.pop().ok_or_else(no_room)?;
        let room = record.id;
        let mut members = store.members(room)?;
        // Everybody holds everybody's first operation, and nobody has been anywhere yet.
        members.iter_mut().for_each(|member| {
            (member.holds, member.last_seen) = (1, None);
            member.addrs.clear();
        });
        let mut ops = Ops::default();
        for op in store.page_before(room, None, usize::MAX)? {
            ops.add(op.position, op.kind, op.bytes.into());
        }
        let bytes = Mutex::new(HashSet::new());
        let (heads, controls) = (store.heads(room)?, store.controls(room)?);
        let trails = store.trails(room)?;
        Ok((Self { room, members, heads, controls, trails, ops, bytes }, record))
    }

    pub(crate) fn room(&self) -> RoomId {
        self.room
    }

    pub(crate) fn members(&self) -> &[MemberRecord] {
        &self.members
    }

    fn share(&self, bytes: Vec<u8>) -> Arc<[u8]> {
        let mut held = self.bytes.lock().expect("nobody panics while holding it");
        if let Some(known) = held.get(bytes.as_slice()) {
            return Arc::clone(known);
        }
        let bytes: Arc<[u8]> = bytes.into();
        held.insert(Arc::clone(&bytes));
        bytes
    }
}

/// The memory of one device in one room, or in none.
#[derive(Debug)]
pub(crate) struct SharingStore {
    common: Arc<Common>,
    profile: Option<Profile>,
    record: Option<RoomRecord>,
    mailbox: Option<MailboxRecord>,
    kept: BTreeMap<MemberIndex, Kept>,
    marks: BTreeMap<PeerId, Mark>,
    closed: BTreeMap<EpochId, ClosedRecord>,
    reports: BTreeMap<(PeerId, u64), ReportRecord>,
    /// Members that are new or have changed.
    members: BTreeMap<MemberIndex, MemberRecord>,
    trails: BTreeMap<MemberIndex, Trail>,
    heads: BTreeMap<MemberIndex, Head>,
    /// Control operations that are new.
    controls: Vec<ControlRecord>,
    ops: Ops,
    /// What is carried for others.
    carried: MemoryStore,
}

impl SharingStore {
    /// A device that is in the room as `record` says, and holds what everybody holds; without a
    /// record it is in no room.
    pub(crate) fn new(common: &Arc<Common>, record: Option<RoomRecord>, name: String) -> Self {
        Self {
            common: Arc::clone(common),
            profile: Some(Profile { name }),
            record,
            mailbox: None,
            kept: BTreeMap::new(),
            marks: BTreeMap::new(),
            closed: BTreeMap::new(),
            reports: BTreeMap::new(),
            members: BTreeMap::new(),
            trails: BTreeMap::new(),
            heads: BTreeMap::new(),
            controls: Vec::new(),
            ops: Ops::default(),
            carried: MemoryStore::default(),
        }
    }
}

/// What is common to all, with what differs here in its place, and what is new here behind it.
fn merged<T: Clone>(common: &[T], own: &BTreeMap<MemberIndex, T>) -> Vec<T> {
    let mut all = common.to_vec();
    for (index, value) in own {
        match all.get_mut(index.0 as usize) {
            Some(slot) => slot.clone_from(value),
            None => all.push(value.clone()),
        }
    }
    all
}

impl Store for SharingStore {
    fn profile(&self) -> Result<Option<Profile>, StoreError> {
        Ok(self.profile.clone())
    }

    fn rooms(&self) -> Result<Vec<RoomRecord>, StoreError> {
        Ok(self.record.iter().cloned().collect())
    }

    fn members(&self, _: RoomId) -> Result<Vec<MemberRecord>, StoreError> {
        Ok(merged(&self.common.members, &self.members))
    }

    fn heads(&self, _: RoomId) -> Result<Vec<Head>, StoreError> {
        Ok(merged(&self.common.heads, &self.heads))
    }

    fn controls(&self, _: RoomId) -> Result<Vec<ControlRecord>, StoreError> {
        Ok(self.common.controls.iter().chain(&self.controls).cloned().collect())
    }

    fn mailbox(&self, _: RoomId) -> Result<Option<MailboxRecord>, StoreError> {
        Ok(self.mailbox.clone())
    }

    fn kept(&self, _: RoomId) -> Result<Vec<(MemberIndex, Kept)>, StoreError> {
        Ok(self.kept.iter().map(|(index, kept)| (*index, *kept)).collect())
    }

    fn marks(&self, _: RoomId) -> Result<Vec<(PeerId, Mark)>, StoreError> {
        Ok(self.marks.iter().map(|(peer, mark)| (*peer, *mark)).collect())
    }

    fn closed(&self, _: RoomId) -> Result<Vec<ClosedRecord>, StoreError> {
        Ok(self.closed.values().cloned().collect())
    }

    fn reports(&self, _: RoomId) -> Result<Vec<ReportRecord>, StoreError> {
        Ok(self.reports.values().cloned().collect())
    }

    fn ops_after(
        &self,
        _: RoomId,
        author: MemberIndex,
        after: u64,
        limit: usize,
        max_bytes: usize,
    ) -> Result<Vec<Vec<u8>>, StoreError> {
        let mut total = 0;
        let log = self.common.ops.log(author, after).chain(self.ops.log(author, after));
        let log = log.take(limit).enumerate().take_while(|(n, bytes)| {
            total += bytes.len();
            *n == 0 || total <= max_bytes
        });
        Ok(log.map(|(_, bytes)| bytes.to_vec()).collect())
    }

    fn page_before(
        &self,
        room: RoomId,
        before: Option<Position>,
        limit: usize,
    ) -> Result<Vec<StoredOp>, StoreError> {
        let newest = |ops: &Ops| -> Vec<_> {
            let op = |(position, (kind, bytes)): (&Position, &(u8, Arc<[u8]>))| StoredOp {
                room,
                position: *position,
                kind: *kind,
                bytes: bytes.to_vec(),
            };
            ops.before(before).take(limit).map(op).collect()
        };
        let mut page = newest(&self.common.ops);
        page.extend(newest(&self.ops));
        page.sort_by_key(|op| std::cmp::Reverse(op.position));
        page.truncate(limit);
        Ok(page)
    }

    fn count_after(
        &self,
        _: RoomId,
        after: Option<Position>,
        kind: u8,
        without: &[MemberIndex],
        limit: usize,
    ) -> Result<usize, StoreError> {
        let of = |ops: &Ops| ops.count_after(after, kind, without, limit);
        Ok((of(&self.common.ops) + of(&self.ops)).min(limit))
    }

    fn rows_after(
        &self,
        _: RoomId,
        after: Option<Position>,
        limit: usize,
    ) -> Result<Vec<Row>, StoreError> {
        let mut rows: Vec<_> = self.common.ops.rows(after).take(limit).collect();
        rows.extend(self.ops.rows(after).take(limit));
        rows.sort_by_key(|row| row.position);
        rows.truncate(limit);
        Ok(rows)
    }

    fn trails(&self, _: RoomId) -> Result<Vec<(MemberIndex, Trail)>, StoreError> {
        let mut trails: BTreeMap<_, _> = self.common.trails.iter().copied().collect();
        trails.extend(self.trails.iter().map(|(index, trail)| (*index, *trail)));
        Ok(trails.into_iter().collect())
    }

    fn runs(&self, _: RoomId) -> Result<Vec<HeldRun>, StoreError> {
        Ok(Vec::new())
    }

    fn taken(&self, _: RoomId) -> Result<u64, StoreError> {
        let all = self.common.ops.rows(None).chain(self.ops.rows(None));
        Ok(all.map(|row| Row::cost(row.len)).sum())
    }

    fn bound(&self) -> Result<Option<u64>, StoreError> {
        Ok(None)
    }

    fn carries(&self) -> Result<Option<bool>, StoreError> {
        self.carried.carries()
    }

    fn carried(&self) -> Result<Vec<(PackId, CarriedRecord)>, StoreError> {
        self.carried.carried()
    }

    fn carried_pack(&self, id: &PackId) -> Result<Option<Vec<u8>>, StoreError> {
        self.carried.carried_pack(id)
    }

    fn commit(&mut self, mut batch: Batch) -> Result<(), StoreError> {
        if !batch.courier.is_empty() {
            let courier = std::mem::take(&mut batch.courier);
            self.carried.commit(Batch { courier, ..Batch::default() })?;
        }
        if !batch.forgotten.is_empty() {
            return Err(StoreError::Unavailable("nobody leaves the crowd's room".into()));
        }
        if !batch.gone.is_empty() {
            return Err(StoreError::Unavailable("the crowd keeps everything".into()));
        }
        self.trails.extend(batch.trails.into_iter().map(|((_, index), trail)| (index, trail)));
        if batch.profile.is_some() {
            self.profile = batch.profile;
        }
        if let Some((_, record)) = batch.rooms.into_iter().next() {
            self.record = Some(record);
        }
        if let Some((_, mailbox)) = batch.mailboxes.into_iter().next() {
            self.mailbox = Some(mailbox);
        }
        self.kept.extend(batch.kept.into_iter().map(|((_, index), kept)| (index, kept)));
        self.controls.extend(batch.controls.into_values());
        self.marks.extend(batch.marks.into_iter().map(|((_, peer), mark)| (peer, mark)));
        self.marks.retain(|_, mark| *mark != Mark::default());
        self.closed.extend(batch.closed.into_iter().map(|((_, epoch), record)| (epoch, record)));
        for ((_, by, seq), report) in batch.reports {
            match report {
                Some(report) => _ = self.reports.insert((by, seq), report),
                None => _ = self.reports.remove(&(by, seq)),
            }
        }
        self.members.extend(batch.members.into_iter().map(|((_, index), m)| (index, m)));
        self.heads.extend(batch.heads.into_iter().map(|((_, index), head)| (index, head)));
        for op in batch.ops {
            self.ops.add(op.position, op.kind, self.common.share(op.bytes));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
