//! Rooms in two halves that do not hear of each other.

use std::time::Duration;

use engine::{Command, Role};
use tests::{Name, World};

use super::{HIDE, HOUR, closed, hides, join, read_with_everything, say};

/// Nobody of one half hears anybody of the other.
fn part(world: &mut World, first: &[Name], second: &[Name]) {
    for (a, b) in first.iter().flat_map(|a| second.iter().map(move |b| (a, b))) {
        world.part(a, b);
    }
}

fn reunite(world: &mut World, names: &[Name]) {
    for (a, b) in names.iter().flat_map(|a| names.iter().map(move |b| (a, b))) {
        world.reunite(a, b);
    }
    world.meet();
}

#[test]
fn two_who_came_to_different_halves_read_what_follows_once_those_have_met() {
    let mut world = closed(World::default(), &["bob"]);
    say(&mut world, "alice", "before");
    world.add("maya");
    world.add("noah");
    part(&mut world, &["alice", "maya"], &["bob", "noah"]);
    world.scan("maya", "alice");
    say(&mut world, "alice", "here");
    world.scan("noah", "bob");
    say(&mut world, "noah", "there");
    let all = ["alice", "bob", "maya", "noah"];

    reunite(&mut world, &all);
    for name in all {
        say(&mut world, name, &format!("{name} to all"));
    }

    for name in all {
        let texts = world.texts(name);
        assert!(texts.ends_with(&all.map(|name| format!("{name} to all"))), "{name}: {texts:?}");
        assert_eq!(texts.contains(&"before".to_owned()), ["alice", "bob"].contains(&name));
    }
    for name in ["maya", "noah"] {
        assert!(!read_with_everything(&world, name, &all).contains("before"), "{name}");
    }
}

#[test]
fn member_whom_the_maker_of_a_key_had_not_heard_of_reads_from_then_on() {
    let mut world = closed(World::default(), &["bob"]);
    world.add("maya");
    part(&mut world, &["alice"], &["bob", "maya"]);
    world.scan("maya", "bob");
    say(&mut world, "bob", "in the half of Bob");
    let room = world.room("alice");
    world.command("alice", Command::ChangeKey { room });
    say(&mut world, "alice", "in the half of Alice");

    reunite(&mut world, &["alice", "bob", "maya"]);
    for name in ["alice", "bob", "maya"] {
        say(&mut world, name, &format!("{name} to all"));
    }

    let to_all = ["alice to all", "bob to all", "maya to all"];
    assert_eq!(world.texts("maya"), [&["in the half of Bob"][..], &to_all].concat());
    assert_eq!(world.texts("bob").len(), 5);
    assert!(hides(&mut world, "maya"));
    let read = read_with_everything(&world, "maya", &["alice", "bob"]);
    assert!(!read.contains("in the half of Alice"));
}

#[test]
fn key_made_by_who_had_not_heard_of_the_option_is_renewed_by_the_owner_s_device() {
    let mut world = World::default().with_camp_that_met(&["bob", "carol"]);
    world.set_role("alice", "bob", Role::Admin);
    world.settle();
    part(&mut world, &["alice"], &["bob", "carol"]);
    world.set_option("alice", HIDE, true);
    let room = world.room("bob");
    for _ in 0..2 {
        world.command("bob", Command::ChangeKey { room });
    }
    world.settle();
    reunite(&mut world, &["alice", "bob", "carol"]);
    say(&mut world, "carol", "open by mistake");
    world.pass(HOUR * 2);
    say(&mut world, "carol", "hidden again");

    join(&mut world, "maya", "carol");

    assert_eq!(world.texts("maya"), ["open by mistake"]);
    let read = read_with_everything(&world, "maya", &["alice", "bob", "carol"]);
    assert!(!read.contains("hidden again"));
}

#[test]
fn key_merged_of_two_is_renewed_as_well() {
    let mut world = closed(World::default(), &["bob", "carol", "dave", "erin"]);
    world.set_role("alice", "bob", Role::Admin);
    world.settle();
    part(&mut world, &["alice", "erin"], &["bob", "carol", "dave"]);
    // Each leaves out another, so none of both keys will do.
    world.set_role("alice", "dave", Role::Removed);
    world.set_role("bob", "carol", Role::Removed);
    world.settle();
    for name in ["bob", "erin"] {
        world.reunite("alice", name);
    }
    world.reunite("bob", "erin");
    world.meet();
    say(&mut world, "erin", "with both keys");
    world.pass(HOUR * 2);
    say(&mut world, "erin", "hidden again");
    join(&mut world, "maya", "alice");
    say(&mut world, "erin", "after");

    let read = read_with_everything(&world, "maya", &["alice", "bob", "erin"]);
    assert_eq!(read, ["with both keys", "after"].map(str::to_owned).into());
    assert_eq!(world.texts("maya"), ["with both keys", "after"]);
    for out in ["carol", "dave"] {
        let read = read_with_everything(&world, out, &["alice", "bob", "erin", "maya"]);
        assert!(read.is_empty(), "{out} reads {read:?}");
    }
}

#[test]
fn option_switched_in_two_places_is_one_for_all_and_everybody_goes_on_reading() {
    for first in [true, false] {
        let mut world = World::default().with_camp_that_met(&["bob"]);
        world.set_role("alice", "bob", Role::Admin);
        world.settle();
        part(&mut world, &["alice"], &["bob"]);
        world.set_option("alice", HIDE, true);
        world.set_option("bob", HIDE, true);
        world.set_option("bob", HIDE, first);
        world.pass(Duration::from_secs(1));
        reunite(&mut world, &["alice", "bob"]);
        say(&mut world, "alice", "one");
        say(&mut world, "bob", "two");

        assert_eq!(world.options("alice"), world.options("bob"));
        for name in ["alice", "bob"] {
            assert_eq!(world.texts(name), ["one", "two"], "{name}");
        }
    }
}
