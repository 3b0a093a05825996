//! Several devices of one person are shown as one, by everybody, once both say so; and when
//! somebody was last heard of is known with how it is known.

use std::time::Duration;

use engine::{Bond, Command, Event, LastSeen, Member, PeerId, Refusal, Role, Seen};
use tests::{Name, World};

const GUESTS: [Name; 3] = ["phone", "laptop", "carol"];

/// A room of Alice's in which all of `guests` are, and know each other.
fn camp(guests: &[Name]) -> World {
    World::default().with_camp_that_met(guests)
}

fn say_self(world: &mut World, by: Name, other: Name, is_so: bool) {
    let (room, member) = (world.room(by), world.me(other));
    world.command(by, Command::SetSelf { room, member, is_so });
}

fn link(world: &mut World, a: Name, b: Name) {
    say_self(world, a, b, true);
    say_self(world, b, a, true);
    world.settle();
}

fn member(world: &mut World, at: Name, whom: Name) -> Member {
    let whom = world.me(whom);
    world.members(at).into_iter().find(|member| member.id == whom).expect("a member")
}

fn person(world: &mut World, at: Name, whom: Name) -> PeerId {
    member(world, at, whom).person
}

/// Whether all see both as one person.
fn are_one(world: &mut World, seen_by: &[Name], a: Name, b: Name) -> bool {
    let seen: Vec<_> =
        seen_by.iter().map(|at| person(world, at, a) == person(world, at, b)).collect();
    let first = *seen.first().expect("somebody sees");
    assert!(seen.iter().all(|is_one| *is_one == first), "all see the same: {seen:?}");
    first
}

fn last_refusal(world: &World, at: Name) -> Option<Refusal> {
    world.events(at).iter().rev().find_map(|event| match event {
        Event::CommandRefused { why } => Some(*why),
        _ => None,
    })
}

#[test]
fn two_devices_are_one_person_for_all_once_both_say_so() {
    let mut world = camp(&GUESTS);
    let all = ["alice", "phone", "laptop", "carol"];
    assert!(!are_one(&mut world, &all, "phone", "laptop"));

    say_self(&mut world, "laptop", "phone", true);
    world.settle();
    assert!(!are_one(&mut world, &all, "phone", "laptop"), "one word is not enough");
    assert_eq!(member(&mut world, "phone", "laptop").bond, Bond::Asks);
    assert_eq!(member(&mut world, "laptop", "phone").bond, Bond::Asked);
    assert_eq!(member(&mut world, "carol", "phone").bond, Bond::None);

    say_self(&mut world, "phone", "laptop", true);
    world.settle();
    assert!(are_one(&mut world, &all, "phone", "laptop"));
    assert!(!are_one(&mut world, &all, "phone", "carol"));
    assert_eq!(member(&mut world, "phone", "laptop").bond, Bond::Linked);
    let first = world.me("phone");
    assert_eq!(person(&mut world, "carol", "laptop"), first, "who joined first stands for both");
}

#[test]
fn nobody_is_somebody_else_by_claiming_it() {
    let mut world = camp(&GUESTS);
    let all = ["alice", "phone", "laptop", "carol"];
    say_self(&mut world, "carol", "phone", true);
    say_self(&mut world, "carol", "laptop", true);
    say_self(&mut world, "phone", "carol", false);
    link(&mut world, "phone", "laptop");

    assert!(are_one(&mut world, &all, "phone", "laptop"));
    assert!(!are_one(&mut world, &all, "phone", "carol"));
    assert_eq!(member(&mut world, "phone", "carol").bond, Bond::Declined);
}

#[test]
fn either_device_ends_it() {
    for by in ["phone", "laptop"] {
        let mut world = camp(&GUESTS);
        link(&mut world, "phone", "laptop");
        let other = if by == "phone" { "laptop" } else { "phone" };

        say_self(&mut world, by, other, false);
        world.settle();

        assert!(!are_one(&mut world, &["alice", "phone", "laptop", "carol"], "phone", "laptop"));
        link(&mut world, "phone", "laptop");
        assert!(are_one(&mut world, &["alice", "carol"], "phone", "laptop"), "and can be again");
    }
}

#[test]
fn devices_linked_to_one_are_linked_to_each_other_and_no_more_than_eight() {
    const MANY: [Name; 9] = ["a", "b", "c", "d", "e", "f", "g", "h", "i"];
    let mut world = camp(&MANY);
    for (one, next) in MANY.iter().zip(MANY.iter().skip(1)).take(7) {
        link(&mut world, one, next);
    }
    assert!(are_one(&mut world, &["alice", "i"], "a", "h"));

    say_self(&mut world, "i", "a", true);
    assert_eq!(last_refusal(&world, "i"), Some(Refusal::TooManyDevices));
    world.settle();
    assert!(!are_one(&mut world, &["alice", "a"], "a", "i"));
}

#[test]
fn it_is_known_after_a_restart_and_by_who_comes_later() {
    let mut world = camp(&GUESTS);
    link(&mut world, "phone", "laptop");

    world.restart("alice");
    world.add("dave");
    world.scan("dave", "carol");
    world.meet();

    assert!(are_one(&mut world, &["alice", "dave"], "phone", "laptop"));
}

#[test]
fn admin_mutes_and_removes_all_devices_of_a_person_at_once() {
    let mut world = camp(&GUESTS);
    link(&mut world, "phone", "laptop");
    let (room, member_id) = (world.room("alice"), world.me("laptop"));

    let all = |role| Command::SetPersonRole { room, member: member_id, role };
    world.command("alice", all(Role::Muted));
    world.settle();
    for device in ["phone", "laptop"] {
        assert_eq!(member(&mut world, "carol", device).role, Role::Muted, "{device}");
    }
    world.command("alice", all(Role::Removed));
    world.settle();

    for device in ["phone", "laptop"] {
        assert_eq!(member(&mut world, "carol", device).role, Role::Removed, "{device}");
    }
    let changes = world.events("carol").iter().filter(|event| {
        matches!(event, Event::MessageAdded { message, .. }
            if matches!(message.body, engine::Body::KeyChanged { .. }))
    });
    assert_eq!(changes.count(), 1, "the key changes once");
    assert_eq!(member(&mut world, "carol", "carol").role, Role::Member);
}

#[test]
fn words_of_a_removed_device_link_nobody_to_it() {
    let mut world = camp(&GUESTS);
    for other in ["phone", "laptop", "carol"] {
        world.part("alice", other);
    }
    link(&mut world, "phone", "laptop");
    let (room, member) = (world.room("alice"), world.me("laptop"));
    world.command("alice", Command::SetRole { room, member, role: Role::Removed });
    world.settle();
    for other in ["phone", "laptop", "carol"] {
        world.reunite("alice", other);
    }
    world.meet();

    assert!(!are_one(&mut world, &["alice", "carol", "phone"], "phone", "laptop"));
}

#[test]
fn who_writes_without_end_about_themselves_is_heard_so_often() {
    let mut world = camp(&GUESTS);
    for n in 0..100 {
        say_self(&mut world, "phone", "laptop", n % 2 == 0);
    }
    say_self(&mut world, "laptop", "phone", true);
    say_self(&mut world, "phone", "laptop", true);
    world.settle();

    assert!(!are_one(&mut world, &["alice", "phone", "laptop", "carol"], "phone", "laptop"));
}

#[test]
fn member_who_was_linked_was_here_until_the_link_ended() {
    let mut world = camp(&["bob"]);
    world.pass(Duration::from_secs(60));
    world.part("alice", "bob");
    let at = world.wall("alice");
    world.pass(Duration::from_secs(600));

    let seen = member(&mut world, "alice", "bob").last_seen.expect("they met");
    assert_eq!(seen.how, Seen::Linked);
    assert!(at.0.abs_diff(seen.at.0) < 1_000, "{seen:?}, parted {at:?}");
    // It is written with whatever is written next.
    world.say("alice", "where are you?");
    world.restart("alice");
    assert_eq!(member(&mut world, "alice", "bob").last_seen, Some(seen), "and it is remembered");
}

#[test]
fn member_whose_words_others_bring_was_last_heard_of_when_they_wrote_them() {
    let mut world = camp(&["bob", "carol"]);
    world.part("alice", "carol");
    world.pass(Duration::from_secs(600));
    let at = world.wall("carol");
    world.say("carol", "hello");
    world.settle();
    world.pass(Duration::from_secs(600));

    let seen = member(&mut world, "alice", "carol").last_seen.expect("heard of");
    assert_eq!(seen.how, Seen::Wrote);
    assert!(at.0.abs_diff(seen.at.0) < 1_000, "{seen:?}, written {at:?}");
    world.restart("alice");
    let again = member(&mut world, "alice", "carol").last_seen;
    assert_eq!(again.map(|seen| seen.how), Some(Seen::Wrote), "and it is found again");
}

#[test]
fn member_whose_receipt_another_passes_on_is_heard_of_through_them() {
    let mut world = camp(&["bob", "carol"]);
    world.part("alice", "carol");
    world.pass(Duration::from_secs(600));
    world.say("alice", "who hears me?");
    world.settle();

    let bob = world.me("bob");
    let seen = member(&mut world, "alice", "carol").last_seen.expect("heard of");
    assert_eq!(seen.how, Seen::Told { by: bob });
    let was_told = world.events("alice").iter().any(|event| {
        matches!(event, Event::MemberChanged { member, .. }
            if matches!(member.last_seen, Some(LastSeen { how: Seen::Told { .. }, .. })))
    });
    assert!(was_told, "and it is shown at once");
}

#[test]
fn clock_of_who_writes_dates_nothing_ahead() {
    let mut world = camp(&["bob", "carol"]);
    world.set_clock("carol", 3_600_000);
    world.say("carol", "from tomorrow");
    world.settle();
    world.part("alice", "carol");

    let seen = member(&mut world, "alice", "carol").last_seen.expect("heard of");
    assert!(seen.at <= world.wall("alice"));
}

#[test]
fn what_ones_other_device_wrote_is_not_unread() {
    let mut world = camp(&GUESTS);
    world.say("laptop", "to myself");
    world.say("carol", "to all");
    world.settle();
    assert_eq!(world.unread("phone"), Some(2));

    link(&mut world, "phone", "laptop");
    assert_eq!(world.unread("phone"), Some(1), "what was written before they were one");
    world.say("laptop", "once more");
    world.settle();
    assert_eq!(world.unread("phone"), Some(1));
    world.restart("phone");
    assert_eq!(world.unread("phone"), Some(1));

    say_self(&mut world, "phone", "laptop", false);
    world.settle();
    assert_eq!(world.unread("phone"), Some(3), "somebody else's again");
}
