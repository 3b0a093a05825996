//! A member's own network is handed to members who are near, and to nobody else.

use std::time::Duration;

use engine::{Command, Event, MAX_NETWORK_LEN, Medium, Refusal, Role};
use tests::{Name, World};

const ACCESS: &[u8] = b"\x08Festival\x10abcdefgh23456789";

fn camp(medium: Medium, guests: &[Name]) -> World {
    let mut world = World::binding();
    world.medium = medium;
    let mut world = world.with_camp(guests);
    world.meet();
    world
}

fn offer(world: &mut World, name: Name, access: &[u8]) {
    let room = world.room(name);
    world.command(name, Command::OfferNetwork { room, access: access.to_vec() });
    world.settle();
}

/// What `name` was told of networks, in order.
fn told(world: &World, name: Name) -> Vec<&[u8]> {
    let events = world.events(name).iter().filter_map(|event| match event {
        Event::NetworkOffered { access, .. } => Some(access.as_slice()),
        _ => None,
    });
    events.collect()
}

#[test]
fn network_is_handed_to_who_is_near_and_taken_back_when_it_ends() {
    let mut world = camp(Medium::Air, &["bob", "carol"]);
    world.part("alice", "carol");

    offer(&mut world, "alice", ACCESS);
    assert_eq!(told(&world, "bob"), [ACCESS]);
    assert!(told(&world, "carol").is_empty(), "it is not passed on: she may be far from it");

    world.command("alice", Command::WithdrawNetwork);
    world.settle();
    assert_eq!(told(&world, "bob"), [ACCESS, b""]);
}

#[test]
fn who_comes_near_later_is_handed_it_as_long_as_it_is_there() {
    let mut world = camp(Medium::Air, &["bob"]);
    world.part("alice", "bob");
    offer(&mut world, "alice", ACCESS);
    assert!(told(&world, "bob").is_empty());

    world.reunite("bob", "alice");
    world.meet();
    assert_eq!(told(&world, "bob"), [ACCESS]);

    world.command("alice", Command::WithdrawNetwork);
    world.settle();
    world.part("alice", "bob");
    world.reunite("bob", "alice");
    world.meet();
    assert_eq!(told(&world, "bob"), [ACCESS, b""]);
}

#[test]
fn who_is_linked_over_the_internet_is_not_handed_a_network_that_is_elsewhere() {
    for medium in [Medium::Free, Medium::Metered] {
        let mut world = camp(medium, &["bob"]);
        offer(&mut world, "alice", ACCESS);
        assert!(told(&world, "bob").is_empty(), "{medium:?}");
    }
}

#[test]
fn network_of_who_is_blocked_or_muted_is_not_shown() {
    let mut world = camp(Medium::Air, &["bob", "carol"]);
    let (room, member) = (world.room("alice"), world.me("bob"));
    world.command("alice", Command::SetBlocked { room, member, is_blocked: true });
    world.set_role("alice", "carol", Role::Muted);

    offer(&mut world, "bob", ACCESS);
    offer(&mut world, "carol", ACCESS);

    assert!(told(&world, "alice").is_empty());
    let is_refused = |event: &Event| matches!(event, Event::CommandRefused { why: Refusal::Muted });
    assert!(world.events("carol").iter().any(is_refused), "who may only read offers nothing");
}

#[test]
fn member_that_offers_networks_without_end_is_heard_once_a_second() {
    let mut world = camp(Medium::Air, &["mallory"]);
    let mut frame = vec![21, 97];
    frame.extend([b'a'; MAX_NETWORK_LEN]);

    for _ in 0..10 {
        world.inject("mallory", "alice", frame.clone());
    }
    world.settle();
    assert_eq!(told(&world, "alice").len(), 1);

    world.pass(Duration::from_secs(1));
    world.inject("mallory", "alice", frame);
    world.settle();
    assert_eq!(told(&world, "alice").len(), 2);
}

#[test]
fn longer_access_than_any_network_has_is_neither_sent_nor_taken() {
    let mut world = camp(Medium::Air, &["bob"]);
    for len in [0, MAX_NETWORK_LEN + 1] {
        offer(&mut world, "alice", &vec![b'a'; len]);
    }
    let refused = world
        .events("alice")
        .iter()
        .filter(|event| matches!(event, Event::CommandRefused { why: Refusal::BadNetwork }));
    assert_eq!(refused.count(), 2);

    let mut frame = vec![21, 98];
    frame.extend([b'a'; MAX_NETWORK_LEN + 1]);
    world.inject("bob", "alice", frame);
    world.settle();
    assert!(told(&world, "alice").is_empty() && told(&world, "bob").is_empty());
}
