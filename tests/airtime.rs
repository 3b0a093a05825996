//! On a radio that everybody shares each link sends only so much, and what matters goes first.

use std::time::Duration;

use engine::{Event, Medium, Role};
use tests::{Name, World};

const SECOND: Duration = Duration::from_secs(1);

/// What a link on the air gives at once, and in a second.
const BURST: usize = 64_000;
const RATE: usize = 20_000;

/// Alice, Bob and Carol know each other and so does Dave; Bob is away while Carol and Alice talk.
fn camp() -> World {
    let mut world = World::binding().with_camp(&["bob", "carol", "dave"]);
    world.meet();
    for other in ["alice", "carol", "dave"] {
        world.part("bob", other);
    }
    world.medium = Medium::Air;
    world
}

/// About half a kB each.
fn talk_at_length(world: &mut World, name: Name, count: usize) {
    let long = "a".repeat(300);
    (0..count).for_each(|n| world.say(name, &format!("{name} {n} {long}")));
    world.settle();
}

/// Bob comes back to Alice alone.
fn come_back(world: &mut World) {
    come_back_to(world, "alice");
}

fn come_back_to(world: &mut World, name: Name) {
    world.reunite("bob", name);
    world.dial_all("bob");
    world.settle();
}

fn bytes(world: &World, from: Name, to: Name) -> usize {
    world.frames(from, to).iter().map(Vec::len).sum()
}

fn has(world: &mut World, name: Name, text: &str) -> bool {
    world.texts(name).iter().any(|held| held == text)
}

#[test]
fn long_history_goes_over_the_air_at_its_rate_and_nothing_of_it_is_lost() {
    let mut world = camp();
    talk_at_length(&mut world, "carol", 1_000);
    let before = bytes(&world, "alice", "bob");

    come_back(&mut world);
    let mut last = bytes(&world, "alice", "bob") - before;
    assert!(last <= BURST + RATE, "{last} bytes at once");
    for second in 1..=10 {
        world.pass(SECOND);
        let sent = bytes(&world, "alice", "bob") - before;
        // Frames take a millisecond each here.
        assert!(sent <= BURST + (second + 2) * RATE, "{sent} bytes after {second} s");
        assert!(sent >= last + RATE / 2, "it goes on");
        last = sent;
    }

    assert!(world.texts("bob").len() < 1_000);
    world.pass(SECOND * 60);
    assert_eq!(world.texts("bob"), world.texts("alice"));
    assert_eq!(world.texts("bob").len(), 1_000);
}

#[test]
fn removal_overtakes_what_is_still_to_come() {
    // At whatever moment it comes.
    for moment in 0..8 {
        let mut world = camp();
        talk_at_length(&mut world, "carol", 600);
        come_back(&mut world);
        world.pass(SECOND + SECOND / 16 * moment);
        let dave = world.me("dave");

        world.set_role("alice", "dave", Role::Removed);

        let known = world.members("bob").into_iter().find(|member| member.id == dave);
        let role = known.map(|member| member.role);
        assert_eq!(role, Some(Role::Removed), "at once: a part of the air is kept for it");
        assert!(world.texts("bob").len() < 500, "{}", world.texts("bob").len());
        world.pass(SECOND * 60);
        assert_eq!(world.texts("bob"), world.texts("alice"));
    }
}

#[test]
fn new_word_of_ones_own_does_not_wait_for_all_the_old_ones() {
    let mut world = camp();
    talk_at_length(&mut world, "alice", 1_000);
    come_back_to(&mut world, "dave");
    world.pass(SECOND * 3);

    world.say("dave", "over here");
    world.pass(SECOND / 2);

    assert!(has(&mut world, "bob", "over here"));
    assert!(world.texts("bob").len() < 600, "{}", world.texts("bob").len());
}

#[test]
fn new_word_of_somebody_else_goes_before_the_old_ones() {
    let mut world = camp();
    talk_at_length(&mut world, "carol", 1_000);
    come_back(&mut world);
    world.pass(SECOND * 3);

    world.say("dave", "look up");
    world.settle();
    world.pass(SECOND / 2);

    assert!(has(&mut world, "bob", "look up"));
    assert!(world.texts("bob").len() < 600, "{}", world.texts("bob").len());
}

#[test]
fn old_words_come_in_behind_new_ones_that_never_end() {
    let mut world = camp();
    talk_at_length(&mut world, "carol", 300);
    come_back(&mut world);

    // As much as the air carries, and more, of what goes first.
    let long = "b".repeat(7_000);
    for n in 0..240 {
        world.say("dave", &format!("{n} {long}"));
        world.settle();
        world.pass(SECOND / 4);
    }

    let old = world.texts("bob").iter().filter(|text| text.starts_with("carol")).count();
    assert_eq!(old, 300);
}

#[test]
fn link_on_which_nothing_waits_wakes_nobody() {
    let mut world = camp();
    talk_at_length(&mut world, "carol", 200);
    come_back(&mut world);
    world.pass(SECOND * 30);
    let before = bytes(&world, "alice", "bob");

    let wakes = world.wakes;
    world.pass(SECOND * 20);

    assert_eq!(bytes(&world, "alice", "bob"), before);
    assert!(world.wakes - wakes <= 1, "{} times", world.wakes - wakes);
}

/// What `name` was told of how much its links carry, in order.
fn told_busy(world: &World, name: Name) -> Vec<bool> {
    let events = world.events(name).iter().filter_map(|event| match event {
        Event::LinkBusy { is_busy, .. } => Some(*is_busy),
        _ => None,
    });
    events.collect()
}

#[test]
fn both_ends_are_told_when_more_than_chat_goes_over_the_air_and_when_it_is_over() {
    let mut world = camp();
    talk_at_length(&mut world, "carol", 600);

    come_back(&mut world);
    world.pass(SECOND * 5);
    for name in ["alice", "bob"] {
        assert_eq!(told_busy(&world, name), [true], "{name}");
    }

    world.pass(SECOND * 90);
    assert_eq!(world.texts("bob").len(), 600);
    for name in ["alice", "bob"] {
        assert_eq!(told_busy(&world, name), [true, false], "{name}");
    }
}

#[test]
fn lively_chat_and_what_costs_nothing_are_not_too_much() {
    let mut world = camp();
    come_back(&mut world);
    for n in 0..60 {
        world.say("alice", &format!("{n} on my way, see you at the second stage"));
        world.say("bob", &format!("{n} so am I"));
        world.pass(SECOND / 2);
    }
    assert!(told_busy(&world, "alice").is_empty());

    let mut world = camp();
    world.medium = Medium::Free;
    talk_at_length(&mut world, "carol", 1_000);
    come_back(&mut world);
    world.pass(SECOND * 10);
    assert!(told_busy(&world, "alice").is_empty());
}

#[test]
fn link_that_costs_nothing_is_not_slowed_down() {
    let mut world = camp();
    world.medium = Medium::Free;
    talk_at_length(&mut world, "carol", 1_000);

    come_back(&mut world);

    assert_eq!(world.texts("bob").len(), 1_000);
}
