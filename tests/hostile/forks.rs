//! Those who write two histories, or have lost their own.

use engine::{Command, Event, Refusal};

use super::{assert_talk, camp};

#[test]
fn fork_stops_its_author_and_nobody_else() {
    let mut world = camp(&["mallory", "bob"]);
    world.equivocate("mallory", ("alice", "for alice"), ("bob", &["for bob"]));
    assert_eq!(world.texts("alice"), ["for alice"]);
    assert_eq!(world.texts("bob"), ["for bob"]);

    world.reunite("alice", "bob");
    world.reunite("alice", "mallory");
    world.meet();
    world.say("mallory", "and on");
    world.settle();
    world.add("carol");
    world.scan("carol", "alice");
    world.meet();

    assert_talk(&mut world, "alice", "bob");
    assert_talk(&mut world, "carol", "bob");
    let all = world.texts("alice");
    assert_eq!(world.texts("bob"), all, "both end the log where it forked");
    for either in ["for alice", "for bob", "and on"] {
        assert!(!all.contains(&either.to_owned()), "{either}");
    }
}

#[test]
fn fork_at_the_end_of_a_log_is_noticed_though_nothing_follows() {
    let mut world = camp(&["mallory", "bob"]);
    world.say("mallory", "before");
    world.settle();
    world.equivocate("mallory", ("alice", "for alice"), ("bob", &["for bob"]));
    world.part("mallory", "bob");

    world.reunite("alice", "bob");
    world.meet();

    for at in ["alice", "bob"] {
        assert_eq!(world.texts(at), ["before"], "{at}");
    }
}

#[test]
fn peer_that_passes_on_what_follows_a_fork_is_not_blamed() {
    let mut world = camp(&["mallory", "bob"]);
    let before = world.disk("mallory");
    world.part("alice", "bob");
    world.part("mallory", "bob");
    world.say("mallory", "for alice");
    world.settle();
    world.restart_from("mallory", before);
    world.part("mallory", "alice");
    world.reunite("mallory", "bob");
    (0..600).for_each(|_| world.say("mallory", "for bob"));
    world.meet();
    world.part("mallory", "bob");

    world.reunite("alice", "bob");
    world.meet();

    assert_eq!(world.links_between("alice", "bob"), 1);
    assert_talk(&mut world, "alice", "bob");
}

#[test]
fn device_restored_from_an_old_copy_goes_on_after_hearing_its_own_words() {
    let mut world = camp(&["bob"]);
    let before = world.disk("bob");
    world.say("bob", "forgotten");
    world.settle();

    world.restart_from("bob", before);
    world.meet();
    world.say("bob", "remembered");
    world.settle();

    assert_eq!(world.texts("alice"), ["forgotten", "remembered"]);
    assert_eq!(world.texts("bob"), ["forgotten", "remembered"]);
}

#[test]
fn device_restored_from_an_old_copy_that_speaks_too_early_is_told() {
    let mut world = camp(&["bob"]);
    let before = world.disk("bob");
    world.say("bob", "forgotten");
    world.say("bob", "forgotten too");
    world.settle();
    world.restart_from("bob", before);
    world.say("bob", "instead");
    world.meet();

    world.say("bob", "lost");
    world.command("bob", Command::SetName { name: "robert".to_owned() });

    let refused = Event::CommandRefused { why: Refusal::LogForked };
    assert!(world.events("bob").contains(&refused));
    assert_eq!(world.texts("alice"), ["forgotten", "forgotten too"]);
}
