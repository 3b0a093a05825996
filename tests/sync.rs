//! Devices that meet end up with the same messages.

use tests::World;

/// Alice and her friends, all let in by scanning her screen.
fn camp(guests: &[tests::Name]) -> World {
    let mut world = World::default();
    world.add("alice");
    world.create_room("alice");
    for guest in guests {
        world.add(guest);
        world.scan(guest, "alice");
    }
    world
}

#[test]
fn message_written_offline_arrives_when_devices_meet() {
    let mut world = camp(&["bob"]);
    world.cut("alice", "bob");
    world.say("alice", "hello");

    world.dial_all("bob");
    world.settle();

    assert_eq!(world.texts("bob"), ["hello"]);
}

#[test]
fn message_reaches_a_third_device_through_the_second() {
    let mut world = camp(&["bob", "carol"]);
    world.cut("bob", "carol");

    world.say("bob", "pass it on");
    world.settle();

    assert_eq!(world.texts("carol"), ["pass it on"]);
}

#[test]
fn newcomer_catches_up_on_more_than_one_reply() {
    let mut world = camp(&[]);
    let texts: Vec<String> = (0..400).map(|n| format!("{n}")).collect();
    texts.iter().for_each(|text| world.say("alice", text));

    world.add("bob");
    world.scan("bob", "alice");

    assert_eq!(world.texts("bob"), texts);
}
