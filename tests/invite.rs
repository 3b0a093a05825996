//! From a screen into a room, whatever happens on the way.

use std::time::Duration;

use engine::{Addr, Body, Command, Event, Invite, JoinFailure, Timestamp};
use tests::{Name, World};

/// In milliseconds.
const DAY: i64 = 86_400_000;

/// Alice in a room of her own, and others without one.
fn alice_and(others: &[Name]) -> World {
    let mut world = World::default();
    world.add("alice");
    world.create_room("alice");
    others.iter().for_each(|name| world.add(name));
    world
}

/// Alice and her friends, all let in by scanning her screen.
fn camp(guests: &[Name]) -> World {
    let mut world = alice_and(guests);
    guests.iter().for_each(|guest| world.scan(guest, "alice"));
    world
}

/// Both can hear each other.
fn assert_talk(world: &mut World, a: Name, b: Name) {
    world.say(a, "to and");
    world.settle();
    world.say(b, "fro");
    world.settle();
    for name in [a, b] {
        let texts = world.texts(name);
        assert!(texts.ends_with(&["to and".to_owned(), "fro".to_owned()]), "{name}: {texts:?}");
    }
}

#[test]
fn one_scan_leads_to_a_chat_in_both_directions() {
    let mut world = camp(&["bob"]);

    assert_talk(&mut world, "alice", "bob");
    assert_eq!(world.roster("alice"), ["alice", "bob"]);
    assert_eq!(world.roster("bob"), ["alice", "bob"]);
}

#[test]
fn room_is_announced_before_anything_in_it() {
    let world = camp(&["bob"]);

    for name in ["alice", "bob"] {
        let about_room = |event: &&Event| {
            matches!(
                event,
                Event::RoomJoined { .. } | Event::MessageAdded { .. } | Event::MemberChanged { .. }
            )
        };
        let first = world.events(name).iter().find(about_room);
        assert!(matches!(first, Some(Event::RoomJoined { .. })), "{name}: {first:?}");
    }
}

#[test]
fn guest_stops_dialing_the_invite_once_somebody_holds_its_join() {
    let mut world = camp(&["bob"]);

    world.cut("alice", "bob");

    assert_eq!(world.wanted("bob"), 1, "alice as a member, no longer the invite");
}

#[test]
fn join_succeeds_at_whatever_frame_the_first_link_was_lost() {
    for lost_at in 0..14 {
        let mut world = alice_and(&["bob"]);
        let invite = world.show_invite("alice");
        world.accept("bob", &invite);
        world.dial_all("bob");
        for _ in 0..lost_at {
            world.deliver();
        }
        world.cut("alice", "bob");

        world.meet();

        assert_eq!(world.join_failures("bob"), [], "lost at frame {lost_at}");
        assert_eq!(world.roster("alice"), ["alice", "bob"], "lost at frame {lost_at}");
        assert_talk(&mut world, "alice", "bob");
    }
}

#[test]
fn join_by_a_guests_screen_succeeds_at_whatever_frame_the_first_link_was_lost() {
    for lost_at in 0..14 {
        let mut world = camp(&["bob"]);
        world.add("carol");
        world.part("alice", "bob");
        world.part("alice", "carol");
        let invite = world.show_invite("bob");
        world.accept("carol", &invite);
        world.dial_all("carol");
        for _ in 0..lost_at {
            world.deliver();
        }
        world.cut("bob", "carol");

        world.meet();

        assert_eq!(world.roster("bob"), ["alice", "bob", "carol"], "lost at frame {lost_at}");
        assert_talk(&mut world, "bob", "carol");
    }
}

#[test]
fn scanning_again_while_the_first_scan_is_under_way_joins_once() {
    for scanned_at in 0..10 {
        let mut world = alice_and(&["bob"]);
        let invite = world.show_invite("alice");
        world.accept("bob", &invite);
        world.dial_all("bob");
        for _ in 0..scanned_at {
            world.deliver();
        }

        world.accept("bob", &invite);
        world.meet();

        assert_eq!(world.roster("alice"), ["alice", "bob"], "again at frame {scanned_at}");
        assert_talk(&mut world, "alice", "bob");
    }
}

#[test]
fn join_succeeds_by_a_new_scan_at_whatever_frame_the_guest_crashed() {
    for crash_at in 0..14 {
        let mut world = alice_and(&["bob"]);
        let invite = world.show_invite("alice");
        world.accept("bob", &invite);
        world.dial_all("bob");
        for _ in 0..crash_at {
            world.deliver();
        }
        world.restart("bob");

        if world.rooms("bob").is_empty() {
            world.scan("bob", "alice");
        }
        world.meet();

        assert_eq!(world.roster("alice"), ["alice", "bob"], "crash at frame {crash_at}");
        assert_talk(&mut world, "alice", "bob");
    }
}

#[test]
fn guest_that_crashes_before_its_commit_leaves_no_trace() {
    let mut world = alice_and(&["bob"]);
    let invite = world.show_invite("alice");
    world.accept("bob", &invite);
    world.dial_all("bob");
    world.deliver();
    world.deliver();
    world.deliver();
    world.hold("bob");
    world.settle();

    world.restart("bob");

    assert_eq!(world.rooms("bob"), []);
    assert_eq!(world.roster("alice"), ["alice"]);
    world.scan("bob", "alice");
    assert_eq!(world.roster("alice"), ["alice", "bob"]);
}

#[test]
fn host_that_crashes_before_its_commit_is_told_again() {
    let mut world = alice_and(&["bob"]);
    let invite = world.show_invite("alice");
    world.accept("bob", &invite);
    world.dial_all("bob");
    world.settle_until_in("bob");
    world.hold("alice");
    world.settle();
    world.restart("alice");
    assert_eq!(world.roster("alice"), ["alice"], "nothing was committed");

    world.meet();

    assert_eq!(world.roster("alice"), ["alice", "bob"]);
    assert_talk(&mut world, "alice", "bob");
}

#[test]
fn guest_joins_by_the_screen_of_another_guest_while_the_owner_is_away() {
    let mut world = camp(&["bob"]);
    world.add("carol");
    world.part("alice", "bob");
    world.part("alice", "carol");

    world.scan("carol", "bob");

    assert_talk(&mut world, "bob", "carol");
    assert_eq!(world.roster("carol"), ["alice", "bob", "carol"]);
    world.reunite("alice", "carol");
    world.meet();
    assert_talk(&mut world, "alice", "carol");
}

#[test]
fn guest_of_a_guest_is_let_in_after_a_crash_right_after_entering() {
    let mut world = camp(&["bob"]);
    world.add("carol");
    world.part("alice", "carol");
    let invite = world.show_invite("bob");
    world.accept("carol", &invite);
    world.dial_all("carol");
    world.settle_until_in("carol");
    world.restart("carol");
    assert_eq!(world.roster("carol"), ["alice", "carol"], "bob is not in the roster yet");

    world.scan("carol", "bob");

    assert_eq!(world.join_failures("carol"), [JoinFailure::AlreadyJoined]);
    assert_talk(&mut world, "bob", "carol");
}

#[test]
fn scanning_again_on_another_screen_joins_by_the_second() {
    for scanned_at in 0..6 {
        let mut world = camp(&["bob"]);
        world.add("carol");
        let invite = world.show_invite("alice");
        world.accept("carol", &invite);
        world.dial_all("carol");
        for _ in 0..scanned_at {
            world.deliver();
        }
        let has_entered = !world.rooms("carol").is_empty();

        world.scan("carol", "bob");
        world.meet();

        let failures = if has_entered { vec![JoinFailure::AlreadyJoined] } else { vec![] };
        assert_eq!(world.join_failures("carol"), failures, "again at frame {scanned_at}");
        assert_eq!(world.roster("alice"), ["alice", "bob", "carol"], "again at {scanned_at}");
        assert_talk(&mut world, "alice", "carol");
    }
}

#[test]
fn guest_keeps_dialing_the_invite_until_somebody_holds_its_join() {
    let mut world = camp(&["bob"]);
    world.add("carol");
    world.part("alice", "carol");
    let invite = world.show_invite("bob");
    // Bob no longer says where he is, but answers there.
    world.move_to("bob", vec![]);
    world.accept("carol", &invite);
    world.dial_all("carol");
    while world.frames("bob", "carol").len() < 2 {
        world.deliver();
    }
    world.mute("carol", "bob");
    world.settle();
    assert_eq!(world.peers("carol"), [world.me("bob")]);
    world.cut("bob", "carol");
    world.tamper("carol", "bob", |frame| vec![frame]);

    world.meet();

    assert_talk(&mut world, "bob", "carol");
    assert_eq!(world.roster("bob"), ["alice", "bob", "carol"]);
}

#[test]
fn scanning_twice_says_that_the_room_is_here_already() {
    let mut world = camp(&["bob"]);

    world.scan("bob", "alice");

    assert_eq!(world.join_failures("bob"), [JoinFailure::AlreadyJoined]);
    assert_eq!(world.rooms("bob").len(), 1);
    assert_talk(&mut world, "alice", "bob");
}

#[test]
fn expired_invite_is_refused_without_dialing() {
    let mut world = alice_and(&["bob"]);
    let now = world.wall("bob");
    let invite = Invite { expires_at: Some(Timestamp(now.0 - 1)), ..world.show_invite("alice") };

    world.accept("bob", &invite);

    assert_eq!(world.join_failures("bob"), [JoinFailure::Expired]);
    assert_eq!(world.wanted("bob"), 0);
}

#[test]
fn invite_that_expires_while_its_host_is_away_fails_when_the_host_answers() {
    let mut world = alice_and(&["bob"]);
    let end = Timestamp(world.wall("bob").0 + 3_600_000);
    let invite = Invite { expires_at: Some(end), ..world.show_invite("alice") };
    world.accept("bob", &invite);
    world.pass(Duration::from_secs(7_200));

    world.meet();

    assert_eq!(world.join_failures("bob"), [JoinFailure::Expired]);
    assert_eq!(world.rooms("bob"), []);
}

#[test]
fn invite_that_ends_before_the_rooms_own_time_fails_without_a_panic() {
    let mut world = World::default();
    world.add("alice");
    world.add("bob");
    // Alice's clock is four minutes ahead, and so is what she writes.
    world.set_clock("alice", 240_000);
    world.create_room("alice");
    let end = Timestamp(world.wall("bob").0 + 60_000);
    let invite = Invite { expires_at: Some(end), ..world.show_invite("alice") };
    world.accept("bob", &invite);

    world.meet();

    assert_eq!(world.join_failures("bob"), [JoinFailure::Expired]);
    assert_eq!(world.roster("alice"), ["alice"]);
}

#[test]
fn canceled_join_is_over_even_if_the_host_comes() {
    let mut world = alice_and(&["bob"]);
    let invite = world.show_invite("alice");
    world.accept("bob", &invite);
    world.dial_all("bob");
    world.deliver();

    world.command("bob", Command::CancelJoin { invite: invite.id() });
    world.meet();

    assert_eq!(world.join_failures("bob"), [JoinFailure::Canceled]);
    assert_eq!(world.rooms("bob"), []);
    assert_eq!(world.roster("alice"), ["alice"]);
}

#[test]
fn who_left_comes_back_by_a_new_scan_and_finds_everything() {
    let mut world = camp(&["bob"]);
    world.say("bob", "before");
    world.settle();
    let room = world.room("bob");
    world.command("bob", Command::LeaveRoom { room });
    world.settle();
    assert_eq!(world.rooms("bob"), []);
    assert_eq!(world.wanted("bob"), 0);

    world.scan("bob", "alice");
    world.meet();

    assert_eq!(world.texts("bob"), ["before"]);
    assert_eq!(world.roster("alice"), ["alice", "bob", "bob"], "a device has one log per stay");
    assert_talk(&mut world, "alice", "bob");
}

#[test]
fn two_rooms_on_one_device_stay_apart() {
    let mut world = camp(&["bob"]);
    world.create_room("bob");
    world.add("carol");
    let [camp, own] = world.rooms("bob")[..] else { panic!("two rooms") };
    world.command("bob", Command::ShowInvite { room: own, invite: None });
    let invite = world.invite("bob");
    world.accept("carol", &invite);
    world.meet();

    world.say_in("bob", camp, "for alice");
    world.say_in("bob", own, "for carol");
    world.settle();

    assert_eq!(world.texts("alice"), ["for alice"]);
    assert_eq!(world.texts("carol"), ["for carol"]);
    assert_eq!(world.texts_in("bob", own), ["for carol"]);
}

#[test]
fn guest_with_a_clock_days_off_joins_and_is_heard() {
    for days in [-30, -3, 3, 30] {
        let mut world = alice_and(&["bob"]);
        world.set_clock("bob", days * DAY);

        world.scan("bob", "alice");
        world.say("alice", "to");
        world.say("bob", "fro");
        world.settle();

        for name in ["alice", "bob"] {
            let mut texts = world.texts(name);
            texts.sort();
            assert_eq!(texts, ["fro", "to"], "{name}, {days} days");
        }
    }
}

#[test]
fn new_name_reaches_everyone_and_those_who_come_later() {
    let mut world = camp(&["bob"]);
    world.command("bob", Command::SetName { name: "robert".to_owned() });
    world.settle();

    world.add("carol");
    world.scan("carol", "alice");

    assert_eq!(world.roster("alice"), ["alice", "carol", "robert"]);
    assert_eq!(world.roster("carol"), ["alice", "carol", "robert"]);
    let room = world.room("carol");
    let renamed = |m: &engine::Message| m.body == Body::Renamed { name: "robert".to_owned() };
    assert!(world.history("carol", room).iter().any(renamed));
}

#[test]
fn screen_shows_the_invite_anew_when_the_device_moves() {
    let mut world = alice_and(&[]);
    let before = world.show_invite("alice");

    world.move_to("alice", vec![Addr { tag: 1, bytes: vec![10, 0, 0, 99, 0, 1] }]);

    assert_ne!(world.invite("alice").addrs, before.addrs);
    assert_eq!(world.invite("alice").secret, before.secret);
}
