//! A file that is not ours to write is refused with a reason and left as it was.

use std::{fs, path::Path};

use engine::{Batch, Profile, RoomId, Store, StoreError};
use redb::{Database, ReadableDatabase, TableDefinition};
use storage::RedbStore;
use tempfile::TempDir;

const META: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("meta");

fn directory() -> TempDir {
    tempfile::tempdir().expect("a directory")
}

fn named(name: &str) -> Batch {
    Batch { profile: Some(Profile { name: name.to_owned() }), ..Batch::default() }
}

fn name(store: &RedbStore) -> Option<String> {
    store.profile().expect("readable").map(|profile| profile.name)
}

/// Why `path` is refused, having made sure that nothing about it changed.
fn refusal(path: &Path) -> StoreError {
    let before = fs::read(path).expect("a file");
    let modified = fs::metadata(path).and_then(|file| file.modified()).expect("a time");
    let refusal = RedbStore::open(path).expect_err("a refusal");
    assert!(fs::read(path).expect("a file") == before, "the file changed: {refusal}");
    assert_eq!(fs::metadata(path).and_then(|file| file.modified()).expect("a time"), modified);
    refusal
}

/// Writes `format` over the one a database has.
fn set_format(path: &Path, format: &[u8]) {
    let database = Database::open(path).expect("a database");
    let transaction = database.begin_write().expect("a transaction");
    transaction.open_table(META).expect("ours").insert("format", format).expect("written");
    transaction.commit().expect("committed");
}

#[test]
fn database_in_use_is_refused_until_it_is_closed() {
    let directory = directory();
    let path = directory.path().join("a.redb");
    let first = RedbStore::open(&path).expect("a new database");

    assert!(matches!(RedbStore::open(&path), Err(StoreError::InUse)));

    drop(first);
    RedbStore::open(&path).expect("free again");
}

#[test]
fn database_of_a_newer_version_is_refused_and_left_alone() {
    let directory = directory();
    let path = directory.path().join("a.redb");
    RedbStore::open(&path).expect("new").commit(named("alice")).expect("committed");
    set_format(&path, &7_u32.to_be_bytes());

    let refusal = refusal(&path);

    assert!(matches!(refusal, StoreError::TooNew { found: 7, known: 5 }), "{refusal}");
}

#[test]
fn newer_database_is_left_alone_even_if_a_crash_left_it_open() {
    let directory = directory();
    let (path, crashed) = (directory.path().join("a.redb"), directory.path().join("b.redb"));
    RedbStore::open(&path).expect("new").commit(named("alice")).expect("committed");
    set_format(&path, &7_u32.to_be_bytes());
    let open = Database::open(&path).expect("a database");
    let transaction = open.begin_write().expect("a transaction");
    transaction.open_table(META).expect("ours").insert("new", &b"x"[..]).expect("written");
    transaction.commit().expect("committed");
    fs::copy(&path, &crashed).expect("a copy of the open file, as a crash leaves it");

    let refusal = refusal(&crashed);

    assert!(matches!(refusal, StoreError::TooNew { found: 7, known: 5 }), "{refusal}");
}

#[test]
fn foreign_files_are_refused_and_left_alone() {
    let directory = directory();
    let path = directory.path().join("a.redb");
    let contents: [&[u8]; 5] = [
        b"x",
        b"SQLite format 3\0",
        &[0xff; 100_000],
        &[b"redb\x1a\x0a\xa9\x0d\x0a", &[0; 9000][..]].concat(),
        b"redb",
    ];
    for content in contents {
        fs::write(&path, content).expect("written");

        let refusal = refusal(&path);

        assert!(matches!(refusal, StoreError::Corrupt(_)), "{refusal:?}");
    }
}

#[test]
fn another_programs_redb_database_is_refused_and_left_alone() {
    let directory = directory();
    let path = directory.path().join("a.redb");
    let database = Database::create(&path).expect("new");
    let transaction = database.begin_write().expect("a transaction");
    let theirs = TableDefinition::<&str, u64>::new("theirs");
    transaction.open_table(theirs).expect("new").insert("k", 1).expect("written");
    transaction.commit().expect("committed");
    drop(database);

    assert!(matches!(refusal(&path), StoreError::Corrupt(_)));

    let database = Database::open(&path).expect("still theirs");
    let transaction = database.begin_read().expect("a transaction");
    let value = transaction.open_table(theirs).expect("there").get("k").expect("readable");
    assert_eq!(value.expect("there").value(), 1);
}

#[test]
fn table_of_another_shape_is_refused() {
    let directory = directory();
    let path = directory.path().join("a.redb");
    let database = Database::create(&path).expect("new");
    let transaction = database.begin_write().expect("a transaction");
    transaction.open_table(TableDefinition::<u64, u64>::new("meta")).expect("new");
    transaction.commit().expect("committed");
    drop(database);

    assert!(matches!(refusal(&path), StoreError::Corrupt(_)));
}

#[test]
fn format_that_is_no_number_is_refused() {
    let directory = directory();
    let path = directory.path().join("a.redb");
    drop(RedbStore::open(&path).expect("new"));
    for format in [&b""[..], b"new", &[0; 4], &[0; 8]] {
        set_format(&path, format);

        assert!(matches!(refusal(&path), StoreError::Corrupt(_)), "{format:?}");
    }
}

#[test]
fn truncated_database_is_refused_and_left_alone() {
    let directory = directory();
    let path = directory.path().join("a.redb");
    let mut store = RedbStore::open(&path).expect("new");
    store.commit(named("alice")).expect("committed");
    drop(store);
    let whole = fs::read(&path).expect("a file");
    for len in [1, 8, 9, 300, 320, 4096, 5000, 8192, whole.len() / 2, whole.len() - 1] {
        fs::write(&path, whole.get(..len).expect("shorter")).expect("written");

        assert!(matches!(refusal(&path), StoreError::Corrupt(_)), "{len}");
    }
}

#[test]
fn missing_or_unusable_place_is_unavailable_not_damaged() {
    let directory = directory();
    let file = directory.path().join("file");
    fs::write(&file, b"x").expect("written");
    let missing = directory.path().join("missing").join("a.redb");
    for path in [missing.as_path(), &file.join("a.redb"), directory.path()] {
        let refusal = RedbStore::open(path).expect_err("no file can be there");

        assert!(matches!(refusal, StoreError::Unavailable(_)), "{refusal:?}");
    }
    assert!(!missing.exists());
}

/// redb writes its mark last when it begins a file. A crash before that once left a file that was
/// "not a database" for good.
#[test]
fn database_whose_creation_was_interrupted_is_begun_again() {
    let directory = directory();
    let path = directory.path().join("a.redb");
    drop(RedbStore::open(&path).expect("new"));
    let mut begun = fs::read(&path).expect("a file");
    begun.iter_mut().take(9).for_each(|byte| *byte = 0);
    begun.iter_mut().skip(320).for_each(|byte| *byte = 0);
    let zeros = vec![0; begun.len()];
    for unfinished in [begun, zeros, vec![0], Vec::new()] {
        fs::write(&path, &unfinished).expect("written");

        let mut store = RedbStore::open(&path).expect("begun again");
        store.commit(named("alice")).expect("committed");
        drop(store);

        let store = RedbStore::open(&path).expect("whole");
        assert_eq!(name(&store).as_deref(), Some("alice"));
    }
}

#[cfg(unix)]
#[test]
fn database_is_readable_by_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let directory = directory();
    let path = directory.path().join("a.redb");

    drop(RedbStore::open(&path).expect("new"));

    let mode = fs::metadata(&path).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn forgotten_room_gives_its_space_back() {
    let directory = directory();
    let path = directory.path().join("a.redb");
    let mut store = RedbStore::open(&path).expect("new");
    let mut longest = 0;
    for round in 0..12_u8 {
        let room = RoomId::from_bytes([round; 16]);
        let ops = (1..=500).map(|seq| engine::StoredOp {
            room,
            position: engine::Position { hlc: seq, author: engine::MemberIndex(0), seq },
            kind: 0,
            bytes: vec![round; 200],
        });
        store.commit(Batch { ops: ops.collect(), ..Batch::default() }).expect("committed");
        store.commit(Batch { forgotten: vec![room], ..Batch::default() }).expect("committed");
        let len = fs::metadata(&path).expect("a file").len();
        if round == 2 {
            longest = len;
        }
        assert!(round < 3 || len <= longest, "round {round}: {len} bytes after {longest}");
    }
}
