//! A database of an older format becomes one of this format, whatever happens on the way.

use engine::{
    Addr, Batch, ClosedRecord, Control, ControlRecord, EpochRecord, Head, InviteId, InviteRecord,
    Kept, MailboxRecord, Mark, MemberIndex, MemberRecord, PeerId, Position, Profile, RelayRecord,
    Role, RoomId, RoomRecord, SeenParcel, Store, StoreError, StoredOp, Timestamp,
};
use redb::{Database, ReadableDatabase, TableDefinition, WriteTransaction};

use super::disk::Disk;
use crate::{
    error::from_redb,
    keyring::Keyring,
    migrate::{self, FORMAT_KNOWN, STEPS},
};

const TEXT: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("meta");

/// A database of format 1, in literal bytes: what people have on their disks. This never changes.
fn format_1() -> Disk {
    const ROOM: &[u8; 16] = &[0xaa; 16];
    let disk = Disk::default();
    let database = Database::builder().create_with_backend(disk.clone()).expect("new");
    let txn = database.begin_write().expect("a transaction");
    {
        let mut meta = txn.open_table(TEXT).expect("new");
        meta.insert("format", &[0, 0, 0, 1][..]).expect("written");
        meta.insert("profile", &b"\x01\x03Ann"[..]).expect("written");
        let rooms = TableDefinition::<&[u8; 16], &[u8]>::new("rooms");
        let room = [
            &[1][..],
            ROOM,
            b"\x04Trip",
            &[1; 32],
            &[2; 32],
            &[3; 16],
            &[1, 9],
            &[4; 32],
            &[1],
            &[5; 16],
            &[1, 0x80, 0x01],
            &[1, 7, 0, 1],
        ]
        .concat();
        txn.open_table(rooms).expect("new").insert(ROOM, room.as_slice()).expect("written");
        let member_key: [u8; 20] = [&ROOM[..], &[0; 4]].concat().try_into().expect("20 bytes");
        let members = TableDefinition::<&[u8; 20], &[u8]>::new("members");
        let member = [&[1][..], &[2; 32], &[6; 32], b"\x03Ann", &[0, 0, 1]].concat();
        let mut members = txn.open_table(members).expect("new");
        members.insert(&member_key, member.as_slice()).expect("written");
        let heads = TableDefinition::<&[u8; 20], &[u8; 24]>::new("heads");
        let head: [u8; 24] =
            [&[0, 0, 0, 0, 0, 0, 0, 1][..], &[8; 16]].concat().try_into().expect("24 bytes");
        txn.open_table(heads).expect("new").insert(&member_key, &head).expect("written");
        let timeline = TableDefinition::<&[u8; 36], &[u8]>::new("timeline");
        let key: [u8; 36] =
            [&ROOM[..], &[0, 0, 0, 0, 0, 0, 0, 7], &[0; 4], &[0, 0, 0, 0, 0, 0, 0, 1]]
                .concat()
                .try_into()
                .expect("36 bytes");
        let mut timeline = txn.open_table(timeline).expect("new");
        timeline.insert(&key, &b"\x02sealed"[..]).expect("written");
        let log = TableDefinition::<&[u8; 28], u64>::new("log");
        let key: [u8; 28] =
            [&ROOM[..], &[0; 4], &[0, 0, 0, 0, 0, 0, 0, 1]].concat().try_into().expect("28 bytes");
        txn.open_table(log).expect("new").insert(&key, 7).expect("written");
    }
    txn.commit().expect("committed");
    drop(database);
    disk
}

/// A database of format 2, in literal bytes: what people have on their disks. This never changes.
fn format_2() -> Disk {
    const ROOM: &[u8; 16] = &[0xaa; 16];
    let disk = format_1();
    let database = Database::builder().create_with_backend(disk.clone()).expect("there");
    let txn = database.begin_write().expect("a transaction");
    {
        let mut meta = txn.open_table(TEXT).expect("there");
        meta.insert("format", &[0, 0, 0, 2][..]).expect("written");
        let mailboxes = TableDefinition::<&[u8; 16], &[u8]>::new("mailboxes");
        let mailbox = [
            &[1, 1, 9, 1, 4, 2][..],
            b"nr",
            &[5, 1, 1, 0x80, 0x01, 1, 1],
            b"n",
            &[2, 4, 1, 3, 50, 60, 1],
            &[2; 32],
            &[4, 40, 70, 0, 1],
            &[5; 16],
            &[80],
        ]
        .concat();
        let mut mailboxes = txn.open_table(mailboxes).expect("new");
        mailboxes.insert(ROOM, mailbox.as_slice()).expect("written");
        let kept = TableDefinition::<&[u8; 20], &[u8]>::new("kept");
        let key: [u8; 20] = [&ROOM[..], &[0; 4]].concat().try_into().expect("20 bytes");
        let mut kept = txn.open_table(kept).expect("new");
        kept.insert(&key, &[1, 1, 70, 0, 0][..]).expect("written");
    }
    txn.commit().expect("committed");
    drop(database);
    disk
}

#[test]
fn database_of_format_2_opens_with_its_mailboxes() {
    let store = format_2().open().expect("a known format");

    let room = RoomId::from_bytes([0xaa; 16]);
    let depositor = PeerId::from_bytes([2; 32]);
    let (made_at, expires_at) = (Timestamp(40), Timestamp(70));
    let relay = RelayRecord {
        name: "n".to_owned(),
        from: 2,
        up_to: 4,
        missing: vec![3],
        read_up_to: Timestamp(50),
        audited_at: Timestamp(60),
        seen: vec![SeenParcel { depositor, number: 4, made_at, expires_at }],
        doubted_at: Timestamp(0),
    };
    let record = MailboxRecord {
        on: true,
        epoch: 9,
        at: vec![Addr { tag: 4, bytes: b"nr".to_vec() }],
        made: 5,
        lives: vec![(1, Timestamp(128))],
        relays: vec![relay],
        welcomes: vec![(InviteId::from_bytes([5; 16]), Timestamp(80))],
    };
    let kept = Kept { up_to: 1, expires_at, ..Kept::default() };
    assert_eq!(store.mailbox(room).expect("readable"), Some(record));
    assert_eq!(store.kept(room).expect("readable"), [(MemberIndex(0), kept)]);
    assert_eq!(store.controls(room).expect("readable"), [], "the engine reads them from the logs");
}

/// A database of format 3, in literal bytes: what people have on their disks. This never changes.
fn format_3() -> Disk {
    const ROOM: &[u8; 16] = &[0xaa; 16];
    let disk = format_2();
    let database = Database::builder().create_with_backend(disk.clone()).expect("there");
    let txn = database.begin_write().expect("a transaction");
    {
        let mut meta = txn.open_table(TEXT).expect("there");
        meta.insert("format", &[0, 0, 0, 3][..]).expect("written");
        let controls = TableDefinition::<&[u8; 56], &[u8]>::new("controls");
        let mut controls = txn.open_table(controls).expect("new");
        let key = |seq: u8| {
            let key = [&ROOM[..], &[2; 32], &[0, 0, 0, 0, 0, 0, 0, seq]].concat();
            <[u8; 56]>::try_from(key).expect("56 bytes")
        };
        // Who, where, when; then what: an invite for readers, and a change of the key.
        let invite = [&[1][..], &[2; 32], &[2, 7, 1], &[5; 16], &[1, 1, 0x80, 0x01, 1, 3]].concat();
        controls.insert(&key(2), invite.as_slice()).expect("written");
        let epoch = [
            &[1][..],
            &[2; 32],
            &[3, 8, 3],
            &[6; 16],
            &[1, 4, 1],
            &[7; 32],
            &[5, 1],
            &[5; 16],
            &[1],
            &[2; 32],
            &[2],
        ]
        .concat();
        controls.insert(&key(3), epoch.as_slice()).expect("written");
    }
    txn.commit().expect("committed");
    drop(database);
    disk
}

#[test]
fn database_of_format_3_opens_with_its_rules() {
    let store = format_3().open().expect("a known format");

    let (by, invite) = (PeerId::from_bytes([2; 32]), InviteId::from_bytes([5; 16]));
    let (expires_at, max_uses) = (Some(Timestamp(128)), Some(3));
    let control =
        Control::Invite { invite, role: Role::Muted, expires_at, max_uses, reads_before: false };
    let first = ControlRecord { by, seq: 2, hlc: 7, control };
    let epoch = EpochRecord {
        id: [6; 16],
        number: 1,
        rank: 4,
        removed: vec![(PeerId::from_bytes([7; 32]), 5)],
        revoked: vec![invite],
        seen: vec![(by, 2)],
    };
    let control = Control::Epoch(epoch, None);
    let second = ControlRecord { by, seq: 3, hlc: 8, control };
    let controls = store.controls(RoomId::from_bytes([0xaa; 16])).expect("readable");
    assert_eq!(controls, [first, second]);
}

/// Marks, reports and closed epochs have no format of their own: their tables begin with the first
/// thing in them.
#[test]
fn database_without_marks_reports_and_closed_epochs_has_none_and_takes_them() {
    let mut store = format_3().open().expect("a known format");
    let (room, peer) = (RoomId::from_bytes([0xaa; 16]), PeerId::from_bytes([2; 32]));
    assert_eq!(store.marks(room).expect("readable"), []);
    assert_eq!(store.reports(room).expect("readable"), []);
    assert_eq!(store.closed(room).expect("readable"), []);
    store.commit(Batch { forgotten: vec![room], ..Batch::default() }).expect("committed");

    let mark = Mark { is_verified: true, is_blocked: false };
    let marks = [((room, peer), mark)].into();
    store.commit(Batch { marks, ..Batch::default() }).expect("committed");

    assert_eq!(store.marks(room).expect("readable"), [(peer, mark)]);
    assert_eq!(store.reports(room).expect("readable"), []);

    let (epoch, written) = ([3; 16], Some(2));
    let (chains, is_sure, from, is_said) = (vec![(1, [4; 32])], false, 2, true);
    let record = ClosedRecord { epoch, chains, is_sure, written, from, is_said };
    let closed = [((room, epoch), record.clone())].into();
    store.commit(Batch { closed, ..Batch::default() }).expect("committed");
    assert_eq!(store.closed(room).expect("readable"), [record]);
    store.commit(Batch { forgotten: vec![room], ..Batch::default() }).expect("committed");
    assert_eq!(store.closed(room).expect("readable"), [], "and forgets them with the room");
}

#[test]
fn database_of_format_1_opens_with_everything_in_it() {
    let store = format_1().open().expect("a known format");

    let room = RoomId::from_bytes([0xaa; 16]);
    let author = MemberIndex(0);
    let position = Position { hlc: 7, author, seq: 1 };
    assert_eq!(store.profile().expect("readable"), Some(Profile { name: "Ann".to_owned() }));
    let record = RoomRecord {
        id: room,
        name: "Trip".to_owned(),
        identity_seed: [1; 32],
        owner: PeerId::from_bytes([2; 32]),
        nonce: [3; 16],
        epochs: vec![(9, [4; 32])],
        invites: vec![InviteRecord { secret: [5; 16], expires_at: Some(Timestamp(128)) }],
        read_up_to: Some(position),
        host: None,
    };
    assert!(store.rooms().expect("readable") == [record]);
    let member = MemberRecord {
        id: PeerId::from_bytes([2; 32]),
        noise_key: [6; 32],
        name: "Ann".to_owned(),
        addrs: Vec::new(),
        last_seen: None,
        holds: 1,
    };
    assert_eq!(store.members(room).expect("readable"), [member]);
    assert_eq!(store.heads(room).expect("readable"), [Head { height: 1, id: [8; 16] }]);
    let op = StoredOp { room, position, kind: 2, bytes: b"sealed".to_vec() };
    assert_eq!(store.page_before(room, None, 9).expect("readable"), [op]);
    assert_eq!(store.ops_after(room, author, 0, 9, 99).expect("readable"), [b"sealed".to_vec()]);
    assert_eq!(store.mailbox(room).expect("readable"), None);
    assert_eq!(store.kept(room).expect("readable"), []);
}

/// A database of format 4 with one record, and its file of keys, in literal bytes: what people have
/// on their disks. This never changes.
fn format_4() -> Disk {
    const ROOM: &[u8; 16] = &[0xaa; 16];
    let check: [u8; 16] = [206, 14, 37, 179, 18, 93, 18, 185, 144, 92, 149, 127, 248, 53, 170, 145];
    #[rustfmt::skip]
    let sealed: [u8; 87] = [
        175, 115, 64, 175, 131, 34, 87, 96, 78, 16, 224, 23, 77, 29, 53, 13,
        120, 64, 137, 170, 5, 25, 113, 170, 38, 179, 36, 45, 124, 130, 188, 99,
        231, 191, 196, 193, 248, 124, 120, 237, 229, 14, 79, 148, 27, 63, 179, 136,
        121, 67, 196, 79, 50, 150, 246, 4, 4, 8, 215, 86, 80, 87, 77, 2,
        64, 187, 81, 52, 50, 80, 236, 252, 68, 133, 189, 155, 26, 83, 49, 21,
        138, 128, 139, 5, 142, 108, 155,
    ];
    let disk = Disk::default();
    drop(disk.open().expect("new"));
    let database = Database::builder().create_with_backend(disk.clone()).expect("there");
    let txn = database.begin_write().expect("a transaction");
    {
        let mut meta = txn.open_table(TEXT).expect("there");
        meta.insert("format", &[0, 0, 0, 4][..]).expect("written");
        let members = TableDefinition::<&[u8; 20], &[u8]>::new("members");
        let key: [u8; 20] = [&ROOM[..], &[0; 4]].concat().try_into().expect("20 bytes");
        let record = [&[2][..], &[1; 24], &sealed].concat();
        let mut members = txn.open_table(members).expect("there");
        members.insert(&key, record.as_slice()).expect("written");
    }
    txn.commit().expect("committed");
    drop(database);
    disk.with(|state| state.keys = [&ROOM[..], &[9; 32], &check].concat());
    disk
}

#[test]
fn database_of_format_4_opens_with_the_keys_beside_it() {
    let store = format_4().open().expect("a known format");

    let member = MemberRecord {
        id: PeerId::from_bytes([2; 32]),
        noise_key: [6; 32],
        name: "Ann".to_owned(),
        addrs: Vec::new(),
        last_seen: None,
        holds: 1,
    };
    assert_eq!(store.members(RoomId::from_bytes([0xaa; 16])).expect("readable"), [member]);
}

#[test]
fn every_format_before_this_one_has_its_step() {
    assert_eq!(u32::try_from(STEPS.len()).expect("few"), FORMAT_KNOWN - 1);
}

/// A step as a later version might have one: the profile moves to another name.
fn move_profile(txn: &WriteTransaction, _: &mut Keyring) -> Result<(), StoreError> {
    let mut meta = txn.open_table(TEXT).map_err(from_redb)?;
    let profile = meta.remove("profile").map_err(from_redb)?.map(|value| value.value().to_vec());
    meta.insert("me", profile.unwrap_or_default().as_slice()).map_err(from_redb)?;
    Ok(())
}

fn fail(_: &WriteTransaction, _: &mut Keyring) -> Result<(), StoreError> {
    Err(StoreError::Corrupt("no way on".to_owned()))
}

fn value(database: &Database, key: &str) -> Option<Vec<u8>> {
    let txn = database.begin_read().expect("a transaction");
    let meta = txn.open_table(TEXT).expect("there");
    meta.get(key).expect("readable").map(|value| value.value().to_vec())
}

#[test]
fn older_database_takes_each_step_it_lacks_and_no_other() {
    let disk = format_1();
    let database = Database::builder().create_with_backend(disk.clone()).expect("there");
    let keys = &mut Keyring::new(Box::new(disk));

    let found = migrate::format(&database, 2).expect("known");
    migrate::migrate(&database, found, &[move_profile], keys).expect("migrated");
    let found = migrate::format(&database, 3).expect("known");
    migrate::migrate(&database, found, &[fail, |_, _| Ok(())], keys).expect("only the second step");

    assert_eq!(value(&database, "me").as_deref(), Some(&b"\x01\x03Ann"[..]));
    assert_eq!(value(&database, "profile"), None);
    assert_eq!(migrate::format(&database, 3).expect("known"), Some(3));
}

#[test]
fn step_that_fails_leaves_the_format_before_it() {
    let disk = format_1();
    let database = Database::builder().create_with_backend(disk.clone()).expect("there");
    let keys = &mut Keyring::new(Box::new(disk));

    let found = migrate::format(&database, 3).expect("known");
    migrate::migrate(&database, found, &[move_profile, fail], keys)
        .expect_err("the second step fails");

    assert_eq!(migrate::format(&database, 3).expect("known"), Some(2));
    assert_eq!(value(&database, "me").as_deref(), Some(&b"\x01\x03Ann"[..]));
}
