//! Whoever gets hold of a device, or of what it wrote down besides.

#![expect(clippy::indexing_slicing, reason = "a test that panics has failed")]

use std::{fs, path::Path, time::Duration};

use engine::{
    Command, Engine, Event, Input, Now, Output, RoomId, RoomOption, RoomRecord, Store, Timestamp,
};
use storage::RedbStore;
use tests::World;

/// A device without a network, whose memory is a real file.
struct Alone {
    engine: Engine<RedbStore>,
    events: Vec<Event>,
}

impl Alone {
    fn open(file: &Path, seed: u8) -> Self {
        let store = RedbStore::open(file).expect("a database");
        let engine = Engine::new(store, [seed; 32]).expect("readable");
        Self { engine, events: Vec::new() }
    }

    fn command(&mut self, command: Command) {
        let now = Now { since_start: Duration::ZERO, wall: Timestamp(1_784_000_000_000) };
        self.engine.handle(now, Input::Command(command)).expect("readable");
        self.engine.commit().expect("on disk");
        while let Some(output) = self.engine.poll() {
            if let Output::Notify(event) = output {
                self.events.push(event);
            }
        }
    }

    fn create_room(&mut self, name: &str) -> RoomId {
        self.command(Command::CreateRoom { name: name.to_owned() });
        let joined = self.events.iter().rev().find_map(|event| match event {
            Event::RoomJoined { room, .. } => Some(room.id),
            _ => None,
        });
        joined.expect("a room")
    }

    fn say(&mut self, room: RoomId, text: &str) {
        self.command(Command::SendText { room, text: text.to_owned() });
    }

    fn record(&self, room: RoomId) -> RoomRecord {
        let rooms = self.engine.store().rooms().expect("readable");
        rooms.into_iter().find(|record| record.id == room).expect("the room")
    }
}

/// What must be secret of a room.
pub(crate) fn secrets(record: &RoomRecord) -> Vec<Vec<u8>> {
    let epochs = record.epochs.iter().map(|(_, key)| key.to_vec());
    let invites = record.invites.iter().map(|invite| invite.secret.to_vec());
    epochs.chain(invites).chain([record.identity_seed.to_vec()]).collect()
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// Whoever took a phone found what had been deleted on it, since memory is freed and not erased (as
/// the privacy assessment of Bitchat warns of its media).
#[test]
fn nothing_that_opens_a_room_that_was_left_is_on_the_disk() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("a.redb");
    let keys = folder.path().join("a.redb.keys");
    let mut alice = Alone::open(&file, 1);
    alice.command(Command::SetName { name: "Alice Liddell".to_owned() });
    let kept = alice.create_room("Tea party");
    let left = alice.create_room("Rabbit hole");
    for n in 0..300 {
        alice.say(left, &format!("down and down, {n} times"));
        alice.say(kept, &format!("no room, {n} times"));
        if n % 100 == 0 {
            alice.command(Command::ChangeKey { room: left });
        }
    }
    let mut traces = secrets(&alice.record(left));
    assert!(traces.len() >= 6, "{}", traces.len());
    traces.push(b"Rabbit hole".to_vec());
    drop(alice);
    // All of that is sealed with one key, which stands beside the room's id.
    let key_of = |room: RoomId| {
        let keys = fs::read(&keys).expect("a file");
        let at = keys.windows(16).position(|window| window == room.as_bytes())?;
        keys.get(at + 16..at + 48).map(<[u8]>::to_vec)
    };
    traces.push(key_of(left).expect("a key of the room"));
    let key_of_kept = key_of(kept);

    let mut alice = Alone::open(&file, 2);
    alice.command(Command::LeaveRoom { room: left });
    let while_open = fs::read(&file).expect("a file");
    alice.say(kept, "more tea");
    drop(alice);

    assert_eq!(key_of(left), None);
    assert_eq!(key_of(kept), key_of_kept, "the other room is whole");
    let files = [while_open, fs::read(&file).expect("a file"), fs::read(&keys).expect("a file")];
    for bytes in files {
        let found = traces.iter().filter(|trace| holds(&bytes, trace)).count();
        assert_eq!(found, 0, "of {} traces", traces.len());
    }
}

/// What is said stands sealed in the file, and so does what opens it: whoever copies the file without
/// the one beside it reads nothing, and no search of the disk finds the words.
#[test]
fn no_word_is_in_the_file_as_it_was_said() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("a.redb");
    let mut alice = Alone::open(&file, 1);
    alice.command(Command::SetName { name: "Alice".to_owned() });
    let room = alice.create_room("Rabbit hole");
    for n in 0..100 {
        alice.say(room, &format!("down and down, {n} times"));
    }
    let secrets = secrets(&alice.record(room));
    drop(alice);

    let bytes = fs::read(&file).expect("a file");

    assert!(holds(&bytes, b"Alice"), "so it is looked for aright");
    assert!(!holds(&bytes, b"Rabbit hole"));
    assert!(!holds(&bytes, b"down and"));
    assert!(secrets.iter().all(|secret| !holds(&bytes, secret)));
}

/// Keys of a session and words were written into logs, which other programs can read (Zemzeme, issue
/// 67). This holds for whatever may be logged of the engine: all inputs, all outputs, and itself.
#[test]
fn log_of_everything_an_engine_does_holds_no_key_and_no_word() {
    let mut world = World::default();
    world.is_overheard = true;
    world.add_relay();
    let mut world = world.with_camp(&["bob"]);
    world.meet();
    world.say("alice", "down and down");
    world.settle();
    let room = world.room("alice");
    world.command("alice", Command::ChangeKey { room });
    world.set_option("alice", RoomOption::HideHistory, true);
    world.say("alice", "down and down");
    world.settle();
    world.add("maya");
    world.scan("maya", "bob");
    world.meet();
    world.say("bob", "and down");
    world.pass(Duration::from_secs(60));
    world.reboot("bob");
    world.meet();
    world.texts("bob");

    assert!(world.overheard.contains("Text(13 bytes)"), "it is a log of what happens");
    let mut keys = Vec::new();
    for name in ["alice", "bob", "maya"] {
        let closed = world.disk(name).closed(room).expect("readable");
        assert!(!closed.is_empty());
        keys.extend(closed.iter().flat_map(|c| c.chains.iter().map(|(_, key)| key.to_vec())));
        let records = world.disk(name).rooms().expect("readable");
        keys.extend(records.iter().flat_map(secrets));
        keys.extend(world.answers_to(name).into_iter().map(Vec::from));
        keys.extend(world.mailboxes_of(name).into_iter().map(Vec::from));
    }
    assert!(keys.len() >= 12, "{}", keys.len());
    assert_says_none(&world.overheard, &keys, &["and down"]);
}

/// Looks for keys as bytes are written in logs: as numbers, in hexadecimal and in the alphabet of
/// invites.
pub(crate) fn assert_says_none(log: &str, keys: &[Vec<u8>], words: &[&str]) {
    let lower = log.to_ascii_lowercase();
    for key in keys {
        let numbers = key.iter().map(u8::to_string).collect::<Vec<_>>().join(", ");
        // Ten of its bytes, wherever they begin in text of five bits a letter.
        let base32 = (0..5).map(|at| data_encoding::BASE32_NOPAD.encode(&key[at..at + 10]));
        let written = [numbers, data_encoding::HEXLOWER.encode(key)];
        for written in written.into_iter().chain(base32.map(|text| text.to_ascii_lowercase())) {
            assert!(!lower.contains(&written), "a key is in the log: {written}");
        }
    }
    for word in words {
        assert!(!lower.contains(word), "a word is in the log: {word}");
    }
}
