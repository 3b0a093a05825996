//! Devices that knew each other meet again.

use std::time::Duration;

use engine::{Command, Event, LinkId, Store as _, Target};
use tests::{Name, World};

/// The first bytes of a frame that opens a reconnect between members who know each other.
const RECONNECT: [u8; 2] = [1, 2];
/// And of one between members one of whom has not heard of the other.
const INTRODUCTION: [u8; 2] = [1, 3];

/// Alice and her friends, all let in by scanning her screen, and connected with each other.
fn camp(guests: &[Name]) -> World {
    World::default().with_camp_that_met(guests)
}

fn last_opening(world: &World, from: Name, to: Name) -> Vec<u8> {
    let is_opening = |frame: &&Vec<u8>| {
        frame.starts_with(&[1, 1]) || frame.starts_with(&[1, 2]) || frame.starts_with(&[1, 3])
    };
    let frames = world.frames(from, to);
    let opening = frames.iter().rev().find(is_opening).expect("an opening");
    opening.iter().copied().take(2).collect()
}

#[test]
fn restarted_member_reconnects_without_scanning_and_catches_up() {
    let mut world = camp(&["bob"]);
    world.restart("bob");
    world.say("alice", "while you were out");

    world.dial_all("bob");
    world.settle();

    assert_eq!(world.texts("bob"), ["while you were out"]);
    assert_eq!(world.peers("bob"), [world.me("alice")]);
    assert_eq!(last_opening(&world, "bob", "alice"), RECONNECT);
}

#[test]
fn owner_that_restarts_dials_its_guests() {
    let mut world = camp(&["bob"]);
    world.restart("alice");
    world.say("alice", "I am back");

    world.dial_all("alice");
    world.settle();

    assert_eq!(world.texts("bob"), ["I am back"]);
}

#[test]
fn guests_find_each_other_without_their_host() {
    let mut world = camp(&["bob", "carol"]);
    world.part("alice", "bob");
    world.part("alice", "carol");
    world.cut("bob", "carol");
    world.restart("bob");
    world.restart("carol");
    world.say("bob", "anyone?");

    world.meet();

    assert_eq!(world.texts("carol"), ["anyone?"]);
}

#[test]
fn guests_who_never_met_find_each_other_by_what_their_host_told() {
    let mut world = World::default();
    world.add("alice");
    world.create_room("alice");
    for guest in ["bob", "carol"] {
        world.add(guest);
        world.scan(guest, "alice");
    }
    world.cut("bob", "carol");

    world.dial_all("carol");
    world.settle();

    assert_eq!(world.links_between("bob", "carol"), 1);
}

#[test]
fn members_one_of_whom_never_heard_of_the_other_are_introduced_by_the_rooms_key() {
    let mut world = camp(&["bob"]);
    world.add("carol");
    world.part("bob", "alice");
    world.part("bob", "carol");
    world.scan("carol", "alice");
    assert_eq!(world.roster("bob"), ["alice", "bob"]);
    world.part("alice", "carol");
    world.reunite("bob", "carol");
    world.say("carol", "we have not met");

    world.meet();

    assert_eq!(world.roster("bob"), ["alice", "bob", "carol"]);
    assert_eq!(world.texts("bob"), ["we have not met"]);
    assert_eq!(last_opening(&world, "carol", "bob"), INTRODUCTION);
}

/// Carol has scanned bob's screen, is in the room by the skin of her teeth, and both crash: he before
/// he remembers her, she before she hears who else is there but the owner, whom she cannot reach.
fn apart_after(frames: usize) -> World {
    let mut world = camp(&["bob"]);
    world.add("carol");
    world.part("alice", "carol");
    let invite = world.show_invite("bob");
    world.accept("carol", &invite);
    world.dial_all("carol");
    world.settle_until_in("carol");
    world.hold("bob");
    (0..frames).for_each(|_| _ = world.deliver());
    world.reboot("bob");
    world.reboot("carol");
    world.settle();
    assert_eq!(world.roster("bob"), ["alice", "bob"], "after {frames} frames");
    assert_eq!(world.roster("carol"), ["alice", "carol"], "after {frames} frames");
    world
}

#[test]
fn guest_of_a_guest_who_crashed_before_hearing_of_others_finds_the_room_without_a_scan() {
    for frames in 0..2 {
        let mut world = apart_after(frames);
        world.say("alice", "where is carol?");

        world.meet();

        assert_eq!(world.roster("carol"), ["alice", "bob", "carol"], "after {frames} frames");
        assert_eq!(world.roster("alice"), ["alice", "bob", "carol"], "after {frames} frames");
        assert_eq!(world.texts("carol"), ["where is carol?"], "after {frames} frames");
        // From now on he is a member like any.
        world.reboot("carol");
        world.part("bob", "carol");
        world.settle();
        assert_eq!(world.memory("carol").rooms().expect("memory")[0].host, None);
        let bob = Target::Member(world.room("carol"), world.me("bob"));
        assert!(world.targets("carol").contains(&bob), "after {frames} frames");
    }
}

#[test]
fn guest_of_a_guest_who_crashed_finds_the_room_though_the_invite_is_over_by_then() {
    let mut world = apart_after(0);
    let (room, invite) = (world.room("alice"), world.show_invite("bob").id());
    world.part("bob", "carol");
    world.meet();
    world.command("alice", Command::RevokeInvite { room, invite });
    world.settle();
    world.reunite("bob", "carol");

    world.meet();

    assert_eq!(world.roster("alice"), ["alice", "bob", "carol"]);
}

#[test]
fn guest_whose_host_crashed_comes_in_though_the_invite_is_over_when_it_is_back() {
    let mut world = camp(&["bob"]);
    world.add("carol");
    world.part("alice", "carol");
    let invite = world.show_invite("bob");
    world.accept("carol", &invite);
    world.dial_all("carol");
    world.settle_until_in("carol");
    world.reboot("bob");
    world.part("bob", "carol");
    world.meet();
    let room = world.room("alice");
    world.command("alice", Command::RevokeInvite { room, invite: invite.id() });
    world.settle();
    world.reunite("bob", "carol");

    world.meet();

    assert_eq!(world.roster("alice"), ["alice", "bob", "carol"]);
}

#[test]
fn room_that_is_left_is_dialed_no_more_also_at_the_host_who_is_not_known_yet() {
    let mut world = apart_after(0);
    assert_eq!(world.wanted("carol"), 1);

    world.leave_room("carol");
    world.settle();

    assert_eq!(world.wanted("carol"), 0);
}

#[test]
fn member_forgotten_by_a_restored_device_is_introduced_anew() {
    let mut world = camp(&["carol"]);
    let before_bob = world.disk("carol");
    world.add("bob");
    world.scan("bob", "alice");
    world.meet();
    world.say("bob", "hello carol");
    world.settle();
    // Carol is restored from a copy in which bob never was; bob thinks she knows him.
    world.part("alice", "carol");
    world.restart_from("carol", before_bob);
    world.part("bob", "alice");

    world.meet();

    assert_eq!(world.texts("carol"), ["hello carol"]);
    assert_eq!(last_opening(&world, "bob", "carol"), INTRODUCTION);
}

#[test]
fn link_dialed_again_replaces_one_whose_end_went_unnoticed() {
    for dialer in ["alice", "bob"] {
        let mut world = camp(&["bob"]);
        let other = if dialer == "alice" { "bob" } else { "alice" };
        world.pass(Duration::from_secs(60));
        world.vanish(dialer, other);
        world.say(other, "into the void");
        world.settle();

        world.dial_all(dialer);
        world.settle();

        assert_eq!(world.texts(dialer), ["into the void"], "{dialer} dials again");
        assert_eq!(world.peers(other), [world.me(dialer)]);
    }
}

#[test]
fn peer_is_lost_only_with_its_last_session() {
    let mut world = camp(&["bob"]);
    let lost = |world: &World| {
        world.events("alice").iter().filter(|e| matches!(e, Event::PeerLost { .. })).count()
    };
    let before = lost(&world);
    world.pass(Duration::from_secs(60));
    let target = Target::Member(world.room("bob"), world.me("alice"));
    world.open("bob", "alice", target);
    world.settle();
    assert_eq!(lost(&world), before, "the new session took over");

    world.cut("alice", "bob");

    assert_eq!(lost(&world), before + 1);
}

#[test]
fn member_is_dialed_at_its_new_address_once_that_is_told() {
    let mut world = camp(&["bob"]);
    world.move_to("bob", vec![World::addr(77)]);
    world.settle();

    world.cut("alice", "bob");

    assert_eq!(world.wanted_addrs("alice"), [vec![World::addr(77)]]);
}

#[test]
fn new_address_reaches_those_who_hear_of_it_from_others() {
    let mut world = camp(&["bob", "carol"]);
    world.part("bob", "carol");
    world.move_to("bob", vec![World::addr(77)]);
    world.settle();

    let wanted = world.wanted_addrs("carol");

    assert_eq!(wanted[0].first(), Some(&World::addr(77)), "{wanted:?}");
}

#[test]
fn members_out_of_reach_take_turns_at_being_dialed() {
    let guests = ["b", "c", "d", "e", "f", "g", "h", "i", "j", "k"];
    let mut world = camp(&guests);
    world.restart("alice");
    guests.iter().for_each(|guest| world.part("alice", guest));
    assert_eq!(world.wanted("alice"), 6, "not all at once");

    let mut dialed = std::collections::BTreeSet::new();
    for _ in 0..10 {
        dialed.extend(world.wanted_addrs("alice"));
        world.pass(Duration::from_secs(60));
    }

    assert_eq!(dialed.len(), guests.len());
}

#[test]
fn half_open_sessions_end_by_themselves() {
    let mut world = camp(&["bob"]);
    world.cut("alice", "bob");
    world.dial_all("bob");
    // Bob's first frame arrives, his second never does: as if the first were a replay.
    world.deliver();
    world.mute("bob", "alice");
    world.settle();
    let before = world.links_between("alice", "bob");

    world.pass(Duration::from_secs(11));

    assert_eq!((before, world.links_between("alice", "bob")), (1, 0));
}

#[test]
fn link_that_says_nothing_is_closed_in_time() {
    let mut world = camp(&[]);
    let link: LinkId = world.open_raw("alice");

    world.pass(Duration::from_secs(9));
    assert!(world.is_open("alice", link));
    world.pass(Duration::from_secs(2));

    assert!(!world.is_open("alice", link));
}
