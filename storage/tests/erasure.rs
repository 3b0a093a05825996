//! Nothing of a room that was forgotten can be read any more, whatever is left of it in the files.

use std::{fs, path::Path};

use engine::{
    Batch, Gone, InviteRecord, MemberIndex, MemberRecord, PeerId, Position, Profile, RoomId,
    RoomRecord, Store, StoreError, StoredOp,
};
use storage::RedbStore;

const ROOM: RoomId = RoomId::from_bytes([0xab; 16]);
const OTHER: RoomId = RoomId::from_bytes([0xcd; 16]);
/// What must not be found: keys, an invite's secret, and names.
const SECRETS: [&[u8]; 5] =
    [&[0x51; 32], &[0x52; 32], &[0x53; 16], b"Weekend in the mountains", b"Cem Yilmaz"];

fn record(id: RoomId) -> RoomRecord {
    RoomRecord {
        id,
        name: "Weekend in the mountains".to_owned(),
        identity_seed: [0x51; 32],
        owner: PeerId::from_bytes([2; 32]),
        nonce: [3; 16],
        epochs: vec![(1, [0x52; 32])],
        invites: vec![InviteRecord { secret: [0x53; 16], expires_at: None }],
        read_up_to: None,
        host: None,
    }
}

fn member() -> MemberRecord {
    MemberRecord {
        id: PeerId::from_bytes([5; 32]),
        noise_key: [6; 32],
        name: "Cem Yilmaz".to_owned(),
        addrs: Vec::new(),
        last_seen: None,
        holds: 1,
    }
}

fn entered(room: RoomId) -> Batch {
    let mut batch = Batch::default();
    batch.rooms.insert(room, record(room));
    batch.members.insert((room, MemberIndex(0)), member());
    batch
}

fn forgotten(room: RoomId) -> Batch {
    Batch { forgotten: vec![room], ..Batch::default() }
}

fn find(path: &Path, wanted: &[u8]) -> bool {
    let content = fs::read(path).expect("a file");
    content.windows(wanted.len()).any(|window| window == wanted)
}

/// The key that a slot of the file of keys holds.
fn key_in_slot(path: &Path, at: usize) -> Vec<u8> {
    let content = fs::read(path).expect("a file");
    content.get(at * 64 + 16..at * 64 + 48).expect("a slot").to_vec()
}

#[test]
fn keys_and_names_of_a_room_are_never_in_the_database_in_clear() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("a.redb");
    let mut store = RedbStore::open(&path).expect("new");
    store.commit(entered(ROOM)).expect("committed");
    drop(store);

    for secret in SECRETS {
        assert!(!find(&path, secret), "{secret:?}");
    }
    let store = RedbStore::open(&path).expect("whole");
    assert!(store.rooms().expect("readable") == [record(ROOM)]);
    assert_eq!(store.members(ROOM).expect("readable"), [member()]);
}

#[test]
fn key_of_a_forgotten_room_is_written_over_and_others_stay() {
    let directory = tempfile::tempdir().expect("a directory");
    let (path, keys) = (directory.path().join("a.redb"), directory.path().join("a.redb.keys"));
    let mut store = RedbStore::open(&path).expect("new");
    store.commit(entered(ROOM)).expect("committed");
    store.commit(entered(OTHER)).expect("committed");
    let (key, other) = (key_in_slot(&keys, 0), key_in_slot(&keys, 1));

    store.commit(forgotten(ROOM)).expect("committed");

    assert!(!find(&keys, &key) && !find(&path, &key));
    assert_eq!(key_in_slot(&keys, 1), other);
    drop(store);
    let store = RedbStore::open(&path).expect("whole");
    assert!(store.rooms().expect("readable") == [record(OTHER)]);
}

#[test]
fn copy_of_the_database_made_before_is_noise_once_the_room_is_forgotten() {
    let directory = tempfile::tempdir().expect("a directory");
    let (path, copy) = (directory.path().join("a.redb"), directory.path().join("b.redb"));
    let mut store = RedbStore::open(&path).expect("new");
    store.commit(entered(ROOM)).expect("committed");
    fs::copy(&path, &copy).expect("copied");

    store.commit(forgotten(ROOM)).expect("committed");
    fs::copy(directory.path().join("a.redb.keys"), directory.path().join("b.redb.keys"))
        .expect("copied");

    let store = RedbStore::open(&copy).expect("whole, but for that room");
    assert!(matches!(store.rooms(), Err(StoreError::Corrupt(_))));
}

#[test]
fn key_that_outlived_its_room_in_a_crash_is_erased_at_the_next_start() {
    let directory = tempfile::tempdir().expect("a directory");
    let (path, keys) = (directory.path().join("a.redb"), directory.path().join("a.redb.keys"));
    let mut store = RedbStore::open(&path).expect("new");
    store.commit(entered(ROOM)).expect("committed");
    let before = fs::read(&keys).expect("a file");
    store.commit(forgotten(ROOM)).expect("committed");
    drop(store);
    fs::write(&keys, before).expect("as if the program had ended first");
    let key = key_in_slot(&keys, 0);

    drop(RedbStore::open(&path).expect("whole"));

    assert!(!find(&keys, &key));
}

#[test]
fn place_of_an_erased_key_is_used_again() {
    let directory = tempfile::tempdir().expect("a directory");
    let (path, keys) = (directory.path().join("a.redb"), directory.path().join("a.redb.keys"));
    let mut store = RedbStore::open(&path).expect("new");
    for n in 0..20 {
        let room = RoomId::from_bytes([n; 16]);
        store.commit(entered(room)).expect("committed");
        store.commit(forgotten(room)).expect("committed");
    }

    assert_eq!(fs::metadata(&keys).expect("a file").len(), 64);
}

#[cfg(unix)]
#[test]
fn keys_are_readable_by_their_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;

    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("a.redb");
    let mut store = RedbStore::open(&path).expect("new");
    assert!(!directory.path().join("a.redb.keys").exists(), "there is nothing to keep yet");
    let profile = Some(Profile { name: "Ann".to_owned() });
    store.commit(Batch { profile, ..entered(ROOM) }).expect("committed");

    let mode = fs::metadata(directory.path().join("a.redb.keys")).expect("a file").permissions();
    assert_eq!(mode.mode() & 0o777, 0o600);
}

#[test]
fn forgotten_operations_are_gone_from_the_file_once_it_was_made_smaller_and_the_others_are_there() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("a.redb");
    let mut store = RedbStore::open(&path).expect("new");
    let author = MemberIndex(0);
    let bytes = |seq: u64| [b"sealed words ", seq.to_be_bytes().as_slice(), &[7; 300]].concat();
    let op = |seq| StoredOp {
        room: ROOM,
        position: Position { hlc: seq, author, seq },
        kind: 3,
        bytes: bytes(seq),
    };
    store.commit(entered(ROOM)).expect("committed");
    store
        .commit(Batch { ops: (1..=4_000).map(op).collect(), ..Batch::default() })
        .expect("committed");
    let (before, taken) =
        (fs::metadata(&path).expect("a file").len(), store.taken(ROOM).expect("known"));

    let gone = Gone { room: ROOM, author, after: 1, before: 3_900 };
    store.commit(Batch { gone: vec![gone], ..Batch::default() }).expect("committed");
    store.compact().expect("made smaller");

    for seq in [2, 1_000, 3_899] {
        assert!(!find(&path, &bytes(seq)), "{seq}");
    }
    assert!(find(&path, &bytes(3_900)) && find(&path, &bytes(1)));
    assert!(fs::metadata(&path).expect("a file").len() < before / 4);
    assert!(store.taken(ROOM).expect("known") < taken / 30);
    let left = store.ops_after(ROOM, author, 1, 1, 0).expect("readable");
    assert_eq!(left, [bytes(3_900)], "the log goes on behind the gap");
    drop(store);
    let store = RedbStore::open(&path).expect("whole");
    assert_eq!(store.page_before(ROOM, None, 9_999).expect("readable").len(), 102);
}
