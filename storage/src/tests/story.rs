//! The same batches every time, so that a state can be told from the number of them applied.

use engine::{
    Batch, ClosedRecord, Head, Mark, MemberIndex, MemberRecord, MemoryStore, PeerId, Position,
    Profile, ReportRecord, RoomId, RoomRecord, Store, StoreError, StoredOp, Timestamp,
};

use crate::RedbStore;

const ROOMS: u8 = 3;
const AUTHORS: u32 = 4;

/// A small generator of numbers (splitmix64): these tests need variety, not secrecy.
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end).expect("small")).expect("small")
    }
}

/// The `n`th batch, counted from 1. Its number is in the profile.
pub(crate) fn batch(n: u64) -> Batch {
    let mut chance = Chance(n);
    let mut batch = Batch { profile: Some(profile(n)), ..Batch::default() };
    let room = RoomId::from_bytes([u8::try_from(n % u64::from(ROOMS)).expect("small"); 16]);
    if n.is_multiple_of(9) {
        batch.forgotten.push(room);
    }
    batch.rooms.insert(room, record(room, n));
    let peer = PeerId::from_bytes([5; 32]);
    let mark = Mark { is_verified: n.is_multiple_of(2), is_blocked: n.is_multiple_of(3) };
    batch.marks.insert((room, peer), mark);
    let report = (!n.is_multiple_of(4)).then(|| report(peer, n));
    batch.reports.insert((room, peer, n % 3), report);
    let (epoch, from) = ([6; 16], u32::try_from(n % 100).expect("small"));
    let (chains, is_sure, written, is_said) = (vec![(from, [7; 32])], true, Some(from), false);
    let closed = ClosedRecord { epoch, chains, is_sure, written, from, is_said };
    batch.closed.insert((room, epoch), closed);
    for author in (0..AUTHORS).map(MemberIndex) {
        batch.members.insert((room, author), member(n));
        let head = Head { height: n, id: [u8::try_from(n % 256).expect("a byte"); 16] };
        batch.heads.insert((room, author), head);
        let position = Position { hlc: chance.next() % 1_000, author, seq: n };
        let bytes = vec![u8::try_from(n % 251).expect("a byte"); chance.below(900)];
        batch.ops.push(StoredOp { room, position, kind: 1, bytes });
    }
    batch
}

fn profile(n: u64) -> Profile {
    Profile { name: n.to_string() }
}

fn record(id: RoomId, n: u64) -> RoomRecord {
    RoomRecord {
        id,
        name: format!("room {n}"),
        identity_seed: [1; 32],
        owner: PeerId::from_bytes([2; 32]),
        nonce: [3; 16],
        epochs: vec![(1, [4; 32])],
        invites: Vec::new(),
        read_up_to: Some(Position { hlc: n, author: MemberIndex(0), seq: n }),
        host: n.is_multiple_of(2).then(|| member(n)),
    }
}

fn report(by: PeerId, n: u64) -> ReportRecord {
    let (seq, sent_at, text) = (n % 3, Timestamp(n), format!("report {n}"));
    ReportRecord { by, seq, sent_at, about: by, up_to: n, text, is_done: false }
}

fn member(n: u64) -> MemberRecord {
    MemberRecord {
        id: PeerId::from_bytes([5; 32]),
        noise_key: [6; 32],
        name: format!("member {n}"),
        addrs: Vec::new(),
        last_seen: None,
        holds: n,
    }
}

/// What is remembered after the first `n` batches.
pub(crate) fn after(n: u64) -> MemoryStore {
    let mut store = MemoryStore::default();
    for n in 1..=n {
        store.commit(batch(n)).expect("memory does not fail");
    }
    store
}

/// How many batches `store` holds, by its own account.
pub(crate) fn held(store: &RedbStore) -> Result<u64, StoreError> {
    let profile = store.profile()?;
    Ok(profile.map_or(0, |profile| profile.name.parse().unwrap_or(u64::MAX)))
}

/// Whether `store` and `model` answer everything alike.
pub(crate) fn is_same(store: &RedbStore, model: &MemoryStore) -> Result<bool, StoreError> {
    let mut is_same = store.profile()? == model.profile()? && store.rooms()? == model.rooms()?;
    for room in (0..ROOMS).map(|n| RoomId::from_bytes([n; 16])) {
        is_same &= store.members(room)? == model.members(room)?
            && store.heads(room)? == model.heads(room)?
            && store.marks(room)? == model.marks(room)?
            && store.reports(room)? == model.reports(room)?
            && store.closed(room)? == model.closed(room)?
            && store.page_before(room, None, 10_000)? == model.page_before(room, None, 10_000)?;
        for author in (0..AUTHORS).map(MemberIndex) {
            is_same &= store.ops_after(room, author, 0, 10_000, usize::MAX)?
                == model.ops_after(room, author, 0, 10_000, usize::MAX)?;
        }
    }
    Ok(is_same)
}
