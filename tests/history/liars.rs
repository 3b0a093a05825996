//! Members who say that texts open with other keys than they do.

use engine::{Batch, ClosedRecord, MemoryStore, Store as _};
use tests::{Name, World};

use super::{closed, join, say};

/// The numbers of packets that have operations, and keys.
const OPS: u8 = 5;
const KEYS: u8 = 11;

fn newest(disk: &MemoryStore, world: &World) -> ClosedRecord {
    let room = world.room("alice");
    let record = disk.rooms().expect("memory").pop().expect("a room");
    let (_, key) = record.epochs.last().expect("an epoch");
    let id: [u8; 16] =
        *blake3::derive_key("festival/1 closed epoch id", key).first_chunk().expect("32");
    let all = disk.closed(room).expect("memory");
    all.into_iter().find(|record| record.epoch == id).expect("a closed epoch")
}

/// From now on `name` writes with a text key of their own, and gives it to others.
fn lie(world: &mut World, name: Name) {
    let (room, mut disk) = (world.room(name), world.disk(name));
    let record = newest(&disk, world);
    let chains = vec![(0, [0xee; 32])];
    let record = ClosedRecord { chains, is_sure: true, from: 0, written: Some(0), ..record };
    let closed = [((room, record.epoch), record)].into_iter().collect();
    disk.commit(Batch { closed, ..Batch::default() }).expect("memory");
    world.restart_from(name, disk);
    world.settle();
}

/// From here on Mallory lies, and Maya comes by Mallory's screen and meets nobody else.
fn bring_maya(world: &mut World) {
    lie(world, "mallory");
    world.meet();
    world.add("maya");
    for other in ["alice", "bob"] {
        world.part("maya", other);
    }
    world.scan("maya", "mallory");
}

/// Maya came by Mallory's screen, who lies, and has met nobody else.
fn with_a_liar() -> World {
    let mut world = closed(World::binding(), &["mallory", "bob"]);
    say(&mut world, "alice", "before");
    bring_maya(&mut world);
    say(&mut world, "mallory", "with a key of mine");
    assert_eq!(world.rooms("maya").len(), 1);
    world
}

#[test]
fn newcomer_who_got_a_wrong_key_and_a_text_that_opens_with_it_reads_after_meeting_one_honest_member()
 {
    let mut world = with_a_liar();
    assert!(world.texts("maya").is_empty(), "nobody else would read it either");

    world.reunite("maya", "bob");
    world.meet();
    say(&mut world, "bob", "true");
    say(&mut world, "maya", "heard");

    assert_eq!(world.texts("maya"), ["true", "heard"]);
    assert_eq!(world.texts("bob"), ["before", "true", "heard"]);
    assert_eq!(world.texts("alice"), ["before", "true", "heard"]);
    // And what she has now, Mallory does not take from her.
    world.restart("mallory");
    world.meet();
    say(&mut world, "bob", "still");
    assert_eq!(world.texts("maya"), ["true", "heard", "still"]);
}

/// Before the operation is there that tells true keys from false ones.
#[test]
fn newcomer_neither_writes_with_a_key_that_is_not_known_to_be_right_nor_says_to_read_with_it() {
    let mut world = closed(World::binding(), &["mallory", "bob"]);
    say(&mut world, "alice", "before");
    join(&mut world, "early", "alice");
    world.meet();
    say(&mut world, "alice", "before as well");
    lie(&mut world, "mallory");
    world.meet();
    world.add("maya");
    for other in ["alice", "bob", "early"] {
        world.part("maya", other);
    }
    world.tamper("mallory", "maya", |frame| {
        if frame.first() == Some(&OPS) { Vec::new() } else { vec![frame] }
    });
    world.scan("maya", "mallory");
    assert_eq!(world.rooms("maya").len(), 1);
    say(&mut world, "maya", "to whom");
    assert_eq!(world.texts("maya"), [""; 0], "it was refused");

    world.tamper("mallory", "maya", |frame| vec![frame]);
    world.cut("mallory", "maya");
    world.reunite("maya", "bob");
    world.meet();
    say(&mut world, "maya", "to all");
    say(&mut world, "alice", "to Maya");

    assert_eq!(world.texts("maya"), ["to all", "to Maya"]);
    assert_eq!(world.texts("alice"), ["before", "before as well", "to all", "to Maya"]);
}

#[test]
fn liar_gives_so_many_false_keys_a_day_and_others_are_heard_all_the_same() {
    let mut world = closed(World::binding(), &["mallory", "bob"]);
    let honest = world.disk("mallory");
    bring_maya(&mut world);
    let epoch = newest(&honest, &world).epoch;
    for n in 0..40 {
        let frame = [&[KEYS, 0, 1][..], &epoch, &[n], &[n; 32]].concat();
        world.inject("mallory", "maya", frame);
    }
    world.settle();

    world.restart_from("mallory", honest.clone());
    world.meet();
    say(&mut world, "alice", "one");
    assert!(world.texts("maya").is_empty(), "what Mallory says is not looked at any more");
    world.reunite("maya", "bob");
    world.meet();
    say(&mut world, "alice", "two");
    assert!(world.texts("maya").contains(&"two".to_owned()));
}
