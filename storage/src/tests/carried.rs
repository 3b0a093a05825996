//! What is carried for others lies in tables that are there once something is.

use engine::{CarriedRecord, Store as _, Timestamp};
use redb::{Database, ReadableDatabase as _, TableDefinition, TableHandle as _};

use super::disk::Disk;

const META: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("meta");
const CARRIED: TableDefinition<'_, &[u8; 8], &[u8]> = TableDefinition::new("carried");
const PACKS: TableDefinition<'_, &[u8; 8], &[u8]> = TableDefinition::new("packs");

#[test]
fn database_that_never_carried_anything_has_no_tables_for_it() {
    let disk = Disk::default();
    let store = disk.open().expect("a new database");

    assert_eq!(store.carried().expect("readable"), []);
    assert_eq!(store.carried_pack(&[1; 8]).expect("readable"), None);
    assert_eq!(store.carries().expect("readable"), None);

    drop(store);
    let database = Database::builder().create_with_backend(disk).expect("there");
    let txn = database.begin_read().expect("a transaction");
    assert!(txn.list_tables().expect("readable").all(|table| table.name() != CARRIED.name()));
}

/// In literal bytes: what people have on their disks. This never changes.
#[test]
fn what_is_carried_is_read_as_it_was_written() {
    let disk = Disk::default();
    drop(disk.open().expect("a new database"));
    let database = Database::builder().create_with_backend(disk.clone()).expect("there");
    let txn = database.begin_write().expect("a transaction");
    {
        let mut meta = txn.open_table(META).expect("there");
        meta.insert("carries", &[1, 0][..]).expect("written");
        let mut carried = txn.open_table(CARRIED).expect("new");
        carried.insert(&[1; 8], &[1, 0x80, 0x18, 2, 60, 70][..]).expect("written");
        carried.insert(&[2; 8], &[1, 0, 0, 0, 70][..]).expect("written");
        let mut packs = txn.open_table(PACKS).expect("new");
        packs.insert(&[1; 8], &[9, 9, 9][..]).expect("written");
    }
    txn.commit().expect("committed");
    drop(database);

    let store = disk.open().expect("a known format");

    let (ends_at, forget_at) = (Timestamp(60), Timestamp(70));
    let here = CarriedRecord { len: 3_072, source: 2, ends_at, forget_at };
    let gone = CarriedRecord { len: 0, source: 0, ends_at: Timestamp(0), forget_at };
    assert_eq!(store.carried().expect("readable"), [([1; 8], here), ([2; 8], gone)]);
    assert_eq!(store.carried_pack(&[1; 8]).expect("readable"), Some(vec![9; 3]));
    assert_eq!(store.carries().expect("readable"), Some(false));
}
