//! A device that hears of several others gets each message once, and loses none to those who only
//! say that they have it.

use std::time::Duration;

use tests::{Name, World};

// The first byte of packets, which travel in clear inside links that encrypt by themselves.
const OPS: u8 = 5;
const OFFER: u8 = 16;
const ASK: u8 = 17;
const SPARE: u8 = 18;

/// How a member is named by place in the order of authors.
const RANK: u8 = 2;

/// How long a device waits for one that offered something.
const PATIENCE: Duration = Duration::from_secs(3);

/// Carol's words reach alice through mallory, who hears them first, or through bob.
fn camp() -> World {
    let mut world = World::binding().with_camp(&["mallory", "bob", "carol"]);
    world.meet();
    world.part("alice", "carol");
    world.part("bob", "carol");
    // Once more, now that both know the same people.
    world.cut("alice", "mallory");
    world.meet();
    world
}

fn mute_ops(world: &mut World, from: Name, to: Name) {
    let without_ops = |frame: Vec<u8>| match frame.first() {
        Some(&OPS) => Vec::new(),
        _ => vec![frame],
    };
    world.tamper(from, to, without_ops);
}

fn ops_sent(world: &World, from: Name, to: Name) -> usize {
    world.frames(from, to).iter().filter(|frame| frame.first() == Some(&OPS)).count()
}

#[test]
fn message_that_two_peers_hold_comes_from_one_of_them() {
    let mut world = camp();
    let sent =
        |world: &World| ops_sent(world, "mallory", "alice") + ops_sent(world, "bob", "alice");
    let before = sent(&world);

    for n in 0..10 {
        world.say("carol", &format!("{n}"));
        world.settle();
    }

    assert_eq!(world.texts("alice").len(), 10);
    assert_eq!(sent(&world) - before, 10);
}

#[test]
fn message_takes_fifty_bytes_less_than_its_author_signed() {
    let mut world = World::binding().with_camp(&["bob"]);
    world.meet();
    for text in ["the first names the epoch", "hello"] {
        world.say("alice", text);
        world.settle();
    }
    let (room, disk) = (world.room("alice"), world.disk("alice"));
    let stored = engine::Store::page_before(&disk, room, None, 1).expect("memory never fails");
    let frames = world.frames("alice", "bob");
    let frame = frames.iter().rfind(|frame| frame.first() == Some(&OPS)).expect("the message");

    assert!(frame.len() + 50 <= stored[0].bytes.len(), "{frame:02x?}");
    assert_eq!(world.texts("bob").len(), 2);
}

#[test]
fn peer_that_offers_and_never_sends_delays_a_message_by_three_seconds() {
    let mut world = camp();
    mute_ops(&mut world, "mallory", "alice");

    world.say("carol", "who has this?");
    world.settle();
    assert_eq!(world.texts("alice").len(), 0, "mallory was asked first");
    world.pass(PATIENCE);

    assert_eq!(world.texts("alice"), ["who has this?"]);
}

#[test]
fn peer_that_kept_others_waiting_does_not_do_so_twice() {
    let mut world = camp();
    mute_ops(&mut world, "mallory", "alice");
    world.say("carol", "one");
    world.settle();
    world.pass(PATIENCE);
    world.reunite("bob", "carol");
    world.meet();

    world.say("carol", "two");
    world.settle();

    assert_eq!(world.texts("alice"), ["one", "two"], "bob was asked");
}

#[test]
fn what_a_lost_peer_was_asked_for_is_asked_of_another_at_once() {
    let mut world = camp();
    mute_ops(&mut world, "mallory", "alice");
    world.say("carol", "who has this?");
    world.settle();

    world.cut("alice", "mallory");
    world.settle();

    assert_eq!(world.texts("alice"), ["who has this?"]);
}

#[test]
fn peer_that_wants_only_offers_and_asks_for_nothing_gets_all_in_the_next_session() {
    let mut world = camp();
    world.part("mallory", "bob");
    world.part("mallory", "carol");
    world.settle();
    world.inject("mallory", "alice", vec![SPARE, 1]);
    world.settle();
    world.tamper("mallory", "alice", |frame| match frame.first() {
        Some(&ASK | &SPARE) => Vec::new(),
        _ => vec![frame],
    });
    world.say("bob", "by way of alice");
    world.say("alice", "my own");
    world.settle();
    assert_eq!(world.texts("mallory"), ["my own"]);

    world.cut("mallory", "alice");
    world.meet();

    assert_eq!(world.texts("mallory").len(), 2);
}

#[test]
fn asking_and_changing_ones_mind_without_end_costs_nothing() {
    let mut world = camp();
    for n in 0..20 {
        world.say("carol", &format!("{n}"));
    }
    world.settle();
    let before = world.frames("alice", "mallory").len();

    for _ in 0..1_000 {
        for rank in 0..4 {
            world.inject("mallory", "alice", vec![ASK, 1, RANK, rank, 0]);
        }
        world.inject("mallory", "alice", vec![SPARE, 1]);
        world.inject("mallory", "alice", vec![SPARE, 0]);
    }
    world.settle();

    assert_eq!(world.frames("alice", "mallory").len(), before);
    assert_eq!(world.links_between("alice", "mallory"), 1);
}

#[test]
fn offers_of_what_nobody_has_are_asked_for_once() {
    let mut world = camp();
    let asks = |world: &World| {
        let frames = world.frames("alice", "mallory");
        frames.iter().filter(|frame| frame.first() == Some(&ASK)).count()
    };
    let before = asks(&world);

    for _ in 0..100 {
        for rank in 0..4 {
            world.inject("mallory", "alice", vec![OFFER, 1, RANK, rank, 100]);
        }
    }
    world.settle();
    assert_eq!(asks(&world) - before, 4);
    world.pass(Duration::from_secs(60));
    assert_eq!(asks(&world) - before, 4);

    world.say("carol", "true");
    world.settle();
    world.pass(PATIENCE);
    assert_eq!(world.texts("alice"), ["true"]);
}

#[test]
fn name_nobody_was_given_ends_the_session() {
    for packet in [OFFER, ASK] {
        let mut world = camp();

        world.inject("mallory", "alice", vec![packet, 1, RANK, 4, 1]);
        world.settle();

        assert_eq!(world.links_between("alice", "mallory"), 0);
    }
}
