//! Who is typing is said to members who are linked, where it costs nothing, and goes no further.

use std::time::Duration;

use engine::{Command, Event, Medium, Role};
use tests::{Name, World};

const SECOND: Duration = Duration::from_secs(1);

/// The whole packet.
const TYPING: [u8; 1] = [19];

fn camp(medium: Medium, guests: &[Name]) -> World {
    let mut world = World::binding();
    world.medium = medium;
    let mut world = world.with_camp(guests);
    world.meet();
    world
}

fn types(world: &mut World, name: Name) {
    let room = world.room(name);
    world.command(name, Command::Typing { room });
    world.settle();
}

/// How often `name` was told that `whom` is typing.
fn seen(world: &World, name: Name, whom: Name) -> usize {
    let whom = world.me(whom);
    let is_meant = |event: &&Event| matches!(event, Event::Typing { peer, .. } if *peer == whom);
    world.events(name).iter().filter(is_meant).count()
}

fn sent(world: &World, from: Name, to: Name) -> usize {
    world.frames(from, to).iter().filter(|frame| frame[..] == TYPING).count()
}

#[test]
fn who_types_is_seen_by_linked_members_once_in_three_seconds_and_by_nobody_further() {
    let mut world = camp(Medium::Free, &["bob", "carol"]);
    world.part("alice", "carol");

    for _ in 0..60 {
        types(&mut world, "alice");
        world.pass(SECOND / 10);
    }

    assert_eq!(seen(&world, "bob", "alice"), 2);
    assert_eq!(sent(&world, "bob", "carol"), 0, "never passed on");
    assert_eq!(seen(&world, "carol", "alice"), 0);
}

#[test]
fn nothing_is_said_where_bytes_are_paid_for_or_air_is_shared() {
    for medium in [Medium::Metered, Medium::Air] {
        let mut world = camp(medium, &["bob"]);

        types(&mut world, "alice");

        assert_eq!(sent(&world, "alice", "bob"), 0, "{medium:?}");
    }
}

#[test]
fn nothing_is_said_in_a_large_room() {
    let mut world = camp(Medium::Free, &["bob"]);
    let mut join = |count: usize| {
        for n in 0..count {
            let guest: Name = Box::leak(format!("guest {count} {n}").into_boxed_str());
            world.add(guest);
            world.scan(guest, "alice");
            world.part(guest, "alice");
        }
        types(&mut world, "alice");
        world.pass(SECOND * 4);
        sent(&world, "alice", "bob")
    };

    assert_eq!(join(48), 1, "50 members");
    assert_eq!(join(1), 1, "51 members");
}

#[test]
fn who_is_blocked_or_muted_is_not_seen_typing() {
    let mut world = camp(Medium::Free, &["bob", "carol"]);
    let (room, member) = (world.room("alice"), world.me("bob"));
    world.command("alice", Command::SetBlocked { room, member, is_blocked: true });
    world.set_role("alice", "carol", Role::Muted);

    types(&mut world, "bob");
    types(&mut world, "carol");
    world.inject("carol", "alice", TYPING.to_vec());
    world.settle();

    assert_eq!(seen(&world, "alice", "bob"), 0);
    assert_eq!(sent(&world, "carol", "alice"), 0, "who may only read says nothing");
    assert_eq!(seen(&world, "alice", "carol"), 0);
    assert_eq!(seen(&world, "carol", "bob"), 1, "nobody learns of being blocked");
}

#[test]
fn peer_that_types_without_end_is_shown_as_any_other_and_costs_nothing() {
    let mut world = camp(Medium::Free, &["mallory", "bob"]);
    let before = [world.frames("alice", "mallory").len(), world.frames("alice", "bob").len()];
    let disk = world.disk("alice");

    for _ in 0..1_000 {
        world.inject("mallory", "alice", TYPING.to_vec());
    }
    world.settle();

    // A thousand frames take a second here.
    assert_eq!(seen(&world, "alice", "mallory"), 1);
    let after = [world.frames("alice", "mallory").len(), world.frames("alice", "bob").len()];
    assert_eq!(after, before);
    assert_eq!(format!("{:?}", world.disk("alice")), format!("{disk:?}"));
}
