//! The same batches in every process, so that a state can be told from the number of them applied.

use engine::{
    Batch, Head, MemberIndex, MemberRecord, MemoryStore, PeerId, Position, Profile, RoomId,
    RoomRecord, Store, StoredOp,
};
use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};
use storage::RedbStore;

const ROOMS: u64 = 2;
const AUTHORS: u32 = 5;

/// More than any room here holds.
const ALL: usize = 1_000_000;

/// The `n`th batch, counted from 1: some large, some that forget a room. Its number is in the
/// profile.
pub(crate) fn batch(n: u64) -> Batch {
    let mut rng = ChaCha8Rng::seed_from_u64(n);
    let room = room(n);
    let mut batch = Batch { profile: Some(Profile { name: n.to_string() }), ..Batch::default() };
    if rng.next_u32().is_multiple_of(16) {
        batch.forgotten.push(room);
    }
    let count = if rng.next_u32().is_multiple_of(4) { 200 } else { 1 + rng.next_u32() % 4 };
    batch.rooms.insert(room, record(room, n));
    for place in 0..count {
        let author = MemberIndex(place % AUTHORS);
        let seq = n * 1_000 + u64::from(place);
        let mut id = [0; 16];
        rng.fill_bytes(&mut id);
        batch.heads.insert((room, author), Head { height: seq, id });
        batch.members.insert((room, author), member(seq));
        let mut bytes = vec![0; (rng.next_u32() % 600) as usize];
        rng.fill_bytes(&mut bytes);
        let position = Position { hlc: u64::from(rng.next_u32()), author, seq };
        batch.ops.push(StoredOp { room, position, kind: 1, bytes });
    }
    batch
}

fn room(n: u64) -> RoomId {
    let mut id = [0; 16];
    id[0] = if n.is_multiple_of(ROOMS) { 1 } else { 2 };
    RoomId::from_bytes(id)
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

fn member(holds: u64) -> MemberRecord {
    MemberRecord {
        id: PeerId::from_bytes([5; 32]),
        noise_key: [6; 32],
        name: format!("member {holds}"),
        addrs: Vec::new(),
        last_seen: None,
        holds,
    }
}

/// How many batches `store` holds, by its own account.
pub(crate) fn held(store: &RedbStore) -> u64 {
    let profile = store.profile().expect("readable");
    profile.map_or(0, |profile| profile.name.parse().expect("a number"))
}

/// Fails unless `store` answers everything as `model` does.
pub(crate) fn assert_same(store: &RedbStore, model: &MemoryStore, what: &str) {
    assert!(all(store) == all(model), "{what}: a batch is there in part");
}

/// Everything a store has to tell.
fn all(store: &dyn Store) -> impl PartialEq {
    let rooms: Vec<_> = (0..ROOMS)
        .map(room)
        .map(|room| {
            let logs: Vec<_> = (0..AUTHORS)
                .map(|n| store.ops_after(room, MemberIndex(n), 0, ALL, usize::MAX))
                .map(|log| log.expect("readable"))
                .collect();
            let heads = store.heads(room).expect("readable");
            let members = store.members(room).expect("readable");
            (logs, heads, members, store.page_before(room, None, ALL).expect("readable"))
        })
        .collect();
    (store.profile().expect("readable"), store.rooms().expect("readable"), rooms)
}
