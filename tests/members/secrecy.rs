//! What those can still read who were removed: these tests hold everything they have.

use engine::{Batch, Command, MemoryStore, Role, Store};
use tests::{Name, World};

use super::{camp, role};

/// What the person of `reader` would read if their device, with all it holds, had got everything
/// that is on the disk of `source`, by whatever way.
fn read_with_everything(world: &mut World, reader: Name, source: Name) -> Vec<String> {
    let room = world.room(source);
    let everything = world.disk(source).page_before(room, None, usize::MAX).expect("readable");
    let mut disk: MemoryStore = world.disk(reader);
    disk.commit(Batch { ops: everything, ..Batch::default() }).expect("memory does not fail");
    world.restart_from(reader, disk);
    // What both hold stands there twice, as each has its own numbers for the members.
    let mut read = world.texts(reader);
    read.dedup();
    read
}

#[test]
fn removed_member_can_read_nothing_written_after_the_writer_heard_of_it() {
    let mut world = camp(&["bob", "carol"]);
    world.say("carol", "before");
    world.settle();

    world.set_role("alice", "bob", Role::Removed);
    world.say("carol", "after");
    world.say("alice", "after, too");
    world.settle();

    assert_eq!(world.texts("carol"), ["before", "after", "after, too"]);
    let read = read_with_everything(&mut world, "bob", "carol");
    assert_eq!(read, ["before"], "with all of Bob's keys and every sealed operation there is");
}

#[test]
fn member_who_was_not_removed_could_have_read_it() {
    let mut world = camp(&["bob", "carol"]);
    world.cut("bob", "alice");
    world.cut("bob", "carol");
    world.say("carol", "after");
    world.settle();

    let read = read_with_everything(&mut world, "bob", "carol");
    assert_eq!(read, ["after"], "so it is the key that keeps Bob out in the test above");
}

#[test]
fn two_removed_at_once_in_two_places_can_both_read_nothing_more() {
    let mut world = camp(&["bob", "carol", "dave", "erin"]);
    world.set_role("alice", "bob", Role::Admin);
    for (a, b) in [("alice", "bob"), ("alice", "dave"), ("alice", "erin"), ("carol", "bob")] {
        world.part(a, b);
    }
    for (a, b) in [("carol", "dave"), ("carol", "erin")] {
        world.part(a, b);
    }

    world.set_role("alice", "dave", Role::Removed);
    world.set_role("bob", "carol", Role::Removed);
    for (a, b) in [("alice", "bob"), ("alice", "erin")] {
        world.reunite(a, b);
    }
    world.meet();
    world.say("erin", "neither may read this");
    world.settle();

    for at in ["alice", "bob", "erin"] {
        assert_eq!(world.texts(at), ["neither may read this"], "{at}");
        assert_eq!(role(&mut world, at, "carol"), Some(Role::Removed), "{at}");
        assert_eq!(role(&mut world, at, "dave"), Some(Role::Removed), "{at}");
    }
    for out in ["carol", "dave"] {
        let read = read_with_everything(&mut world, out, "erin");
        assert!(read.is_empty(), "{out} has one of the two keys, and reads {read:?}");
    }
}

#[test]
fn member_the_remover_never_met_gets_the_new_key_from_whoever_passes_it_on() {
    let mut world = camp(&["bob", "carol"]);
    world.part("alice", "carol");
    world.part("alice", "bob");
    world.add("erin");
    world.part("alice", "erin");
    world.scan("erin", "carol");
    world.set_role("alice", "bob", Role::Removed);

    world.part("bob", "carol");
    world.part("bob", "erin");
    world.reunite("alice", "carol");
    world.meet();
    world.say("erin", "I am here");
    world.settle();

    assert_eq!(world.texts("alice"), ["I am here"]);
    let read = read_with_everything(&mut world, "bob", "erin");
    assert!(read.is_empty(), "{read:?}");
}

#[test]
fn whoever_was_let_in_by_a_revoked_code_is_out_when_the_halves_meet() {
    let mut world = camp(&["bob", "carol"]);
    let photographed = world.show_invite("bob");
    let room = world.room("alice");
    world.part("alice", "bob");
    world.part("bob", "carol");
    world.command("alice", Command::RevokeInvite { room, invite: photographed.id() });
    world.settle();
    world.add("eve");
    world.part("alice", "eve");
    world.part("carol", "eve");
    world.scan("eve", "bob");
    assert_eq!(world.rooms("eve").len(), 1, "Bob has not heard of it yet");

    world.part("eve", "bob");
    world.reunite("alice", "bob");
    world.meet();
    world.say("bob", "among us");
    world.settle();

    assert_eq!(role(&mut world, "bob", "eve"), Some(Role::Removed));
    assert_eq!(world.texts("carol"), ["among us"]);
    let read = read_with_everything(&mut world, "eve", "bob");
    assert!(read.is_empty(), "{read:?}");
}

#[test]
fn new_key_reaches_more_members_than_one_operation_has_room_for() {
    let mut world = World::default();
    world.add("alice");
    world.create_room("alice");
    let guests: Vec<Name> =
        (0..205).map(|n| -> Name { Box::leak(format!("guest {n}").into_boxed_str()) }).collect();
    for guest in &guests {
        world.add(guest);
        world.scan(guest, "alice");
    }
    let (removed, others) = guests.split_first().expect("guests");

    world.set_role("alice", removed, Role::Removed);
    world.say("alice", "without you");
    world.settle();

    for name in others {
        assert_eq!(world.texts(name), ["without you"], "{name}");
    }
    let read = read_with_everything(&mut world, removed, "alice");
    assert!(read.is_empty(), "{read:?}");
}
