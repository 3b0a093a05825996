//! What members write reaches each other while they are not linked, or only some of them are.

use std::time::Duration;

use engine::Command;

use super::{MINUTE, camp, scatter};

#[test]
fn what_members_write_while_apart_reaches_those_who_listen_at_once() {
    let mut world = camp(1, &["bob"]);
    scatter(&mut world, &["alice", "bob"]);
    world.pass(MINUTE);

    world.say("alice", "hello");
    world.pass(MINUTE);
    world.say("bob", "hello yourself");
    world.pass(MINUTE);

    assert_eq!(world.texts("alice"), ["hello", "hello yourself"]);
    assert_eq!(world.texts("bob"), ["hello", "hello yourself"]);
}

#[test]
fn two_groups_that_meet_nowhere_hear_each_other_through_one_member_each() {
    let mut world = camp(1, &["bob", "carol", "dave"]);
    for (a, b) in [("alice", "carol"), ("alice", "dave"), ("bob", "carol"), ("bob", "dave")] {
        world.part(a, b);
    }
    world.meet();
    world.pass(MINUTE);

    world.say("alice", "from here");
    world.say("carol", "from there");
    world.pass(MINUTE);

    for name in ["alice", "bob", "carol", "dave"] {
        let mut texts = world.texts(name);
        texts.sort();
        assert_eq!(texts, ["from here", "from there"], "{name}");
    }
    let names = [["alice", "bob"], ["carol", "dave"]];
    let listening = names.map(|group| group.iter().filter(|n| world.is_collecting(n)).count());
    assert_eq!(listening, [1, 1]);
}

#[test]
fn messages_of_a_member_without_relays_are_left_there_by_another() {
    let mut world = camp(1, &["bob", "carol"]);
    world.switch_off("carol");
    for name in ["alice", "bob"] {
        let room = world.room(name);
        world.command(name, Command::SetMailbox { room, on: name == "bob" });
    }
    world.part("alice", "carol");

    world.say("alice", "pass it on");
    world.settle();
    world.part("alice", "bob");
    world.pass(MINUTE * 5);
    world.switch_off("bob");
    world.switch_on("carol");

    assert_eq!(world.texts("carol"), ["pass it on"]);
}

#[test]
fn member_that_is_elsewhere_now_and_calls_has_what_was_said_meanwhile_before_it_is_linked() {
    for (mover, other) in [("alice", "bob"), ("bob", "alice")] {
        let mut world = camp(1, &["bob"]);
        world.vanish(mover, other);
        world.part("alice", "bob");
        world.say(other, "where are you");
        world.say(mover, "over here");

        world.call(other);
        world.pass(Duration::from_secs(1));

        for name in [mover, other] {
            let texts = world.texts(name);
            let both = ["where are you", "over here"];
            assert!(both.iter().all(|text| texts.iter().any(|t| t == text)), "{name}: {texts:?}");
        }
    }
}
