//! Rooms that are open to people nearby.

use std::time::Duration;

use engine::{
    Command, Event, Frame, Invite, LinkId, Medium, Refusal, Role, RoomOption, Store as _,
};
use tests::{Name, World};

use super::refusals;

const MINUTE: Duration = Duration::from_secs(60);
const APPROVE: RoomOption = RoomOption::ApproveJoins;
const NEARBY: RoomOption = RoomOption::Nearby(None);

/// The first byte of what strangers tell of rooms, of packets of operations, and of the one in which a
/// host shows what it drew: they travel in clear inside links that encrypt by themselves.
const DOORS: u8 = 3;
const OPS: u8 = 5;
const REVEAL: u8 = 20;

/// A room of Alice's that is open to people nearby, and Maya, who is in no room.
fn open_in(mut world: World, members: &[Name]) -> World {
    world = world.with_camp(members);
    world.meet();
    world.set_option("alice", NEARBY, true);
    world.settle();
    world.add("maya");
    for name in members.iter().chain(&["alice", "maya"]) {
        world.switch_bluetooth_on(name);
    }
    world
}

fn open() -> World {
    open_in(World::default(), &[])
}

/// What `name` heard of the only room it heard of.
fn heard(world: &World, name: Name) -> Invite {
    let mut rooms = world.nearby(name);
    assert_eq!(rooms.len(), 1);
    rooms.pop().expect("one").invite
}

fn contains(frames: &[Vec<u8>], secret: &[u8]) -> bool {
    frames.iter().any(|frame| frame.windows(secret.len()).any(|window| window == secret))
}

/// A stranger of the test's making meets `name`.
fn meet(world: &mut World, name: Name) -> LinkId {
    let link = world.open_raw_to_stranger(name);
    let mut first = vec![1, 4];
    first.resize(34, 7);
    assert!(!world.send_raw(name, link, first).is_empty(), "strangers are answered");
    link
}

/// What a stranger says of rooms with these secrets and names.
fn doors(rooms: &[([u8; 16], &str)]) -> Frame {
    let byte = |len: usize| u8::try_from(len).expect("short");
    let mut frame = vec![DOORS, byte(rooms.len())];
    for (secret, name) in rooms {
        frame.extend([9; 16]);
        frame.extend(secret);
        frame.push(byte(name.len()));
        frame.extend(name.as_bytes());
    }
    frame
}

#[test]
fn who_passes_by_hears_of_the_room_and_comes_in_once_both_compared_six_pictures() {
    for (dialer, callee) in [("alice", "maya"), ("maya", "alice")] {
        let mut world = open();

        world.pass_by(dialer, callee);

        let rooms = world.nearby("maya");
        let names: Vec<_> = rooms.iter().map(|room| room.name.as_str()).collect();
        assert_eq!(names, ["Camp"]);
        let invite = heard(&world, "maya");
        world.knock("maya", "alice", &invite, Medium::Air);
        let (host, seen_by_guest) = world.waits("maya").expect("waiting");
        let (_, name, seen_by_host) = world.newcomers("alice").pop().expect("somebody waits");
        assert_eq!((host.as_str(), name.as_str()), ("alice", "maya"));
        assert_eq!(seen_by_guest, seen_by_host);
        assert_eq!(world.rooms("maya"), []);

        world.answer_door("alice", "maya", true);

        assert_eq!(world.rooms("maya").len(), 1);
        assert_eq!(world.nearby("maya"), [], "it is no room to look for any more");
        world.say("maya", "found you");
        world.settle();
        assert_eq!(world.texts("alice"), ["found you"]);
    }
}

#[test]
fn nothing_is_told_of_a_room_unless_it_was_opened_nor_after_it_was_closed() {
    let mut world = World::binding().with_camp(&[]);
    world.add("maya");
    ["alice", "maya"].iter().for_each(|name| world.switch_bluetooth_on(name));
    let told = |world: &World| contains(&world.frames("alice", "maya"), b"Camp");

    world.pass_by("alice", "maya");
    world.set_option("alice", APPROVE, true);
    world.pass_by("alice", "maya");
    assert!(!told(&world) && world.nearby("maya").is_empty());

    for close in [NEARBY, APPROVE] {
        world.set_option("alice", NEARBY, true);
        world.set_option("alice", close, false);
        world.pass_by("maya", "alice");
        assert!(!told(&world) && world.nearby("maya").is_empty());
    }

    world.set_option("alice", NEARBY, true);
    world.pass_by("maya", "alice");
    assert!(told(&world), "so it would have been seen above");
}

#[test]
fn opening_a_room_to_people_nearby_has_them_let_in_one_by_one_and_not_asking_them_closes_it() {
    let mut world = open_in(World::default(), &["bob"]);
    for name in ["alice", "bob"] {
        assert!(world.options(name).is_on(APPROVE) && world.options(name).is_on(NEARBY));
    }

    world.set_option("alice", APPROVE, false);
    world.set_option("alice", APPROVE, true);
    world.settle();

    for name in ["alice", "bob"] {
        assert!(!world.options(name).is_on(NEARBY), "{name}: not by itself");
    }
}

#[test]
fn who_heard_of_a_room_gets_nothing_of_it_before_somebody_lets_them_in() {
    let mut world = open_in(World::binding(), &["bob"]);
    world.say("alice", "among us");
    world.settle();
    world.pass_by("maya", "alice");
    let invite = heard(&world, "maya");

    for _ in 0..5 {
        world.knock("maya", "alice", &invite, Medium::Air);
        world.pass(MINUTE);
    }

    let told = world.frames("alice", "maya");
    let disk = world.disk("alice");
    let record = disk.rooms().expect("readable").pop().expect("a room");
    for (_, key) in &record.epochs {
        assert!(!contains(&told, key), "a key");
    }
    for known in &record.invites {
        assert_eq!(contains(&told, &known.secret), known.secret == invite.secret, "an invite");
    }
    assert!(!contains(&told, record.id.as_bytes()), "the room");
    assert!(!contains(&told, b"bob"), "a member");
    assert_eq!(world.rooms("maya"), []);
    assert_eq!(world.roster("bob"), ["alice", "bob"]);
}

#[test]
fn what_was_heard_of_a_room_opens_nothing_once_it_is_closed_or_nobody_is_asked_any_more() {
    for close in [NEARBY, APPROVE] {
        let mut world = open();
        world.pass_by("maya", "alice");
        let invite = heard(&world, "maya");
        world.knock("maya", "alice", &invite, Medium::Air);
        assert_eq!(world.newcomers("alice").len(), 1);

        world.set_option("alice", close, false);
        world.settle();
        if close == NEARBY {
            world.answer_door("alice", "maya", true);
        }
        assert_eq!(world.rooms("maya"), [], "who waited is not let in any more");

        world.knock("maya", "alice", &invite, Medium::Air);
        assert!(world.newcomers("alice").is_empty());
        assert_eq!(world.rooms("maya"), []);
    }
}

#[test]
fn nobody_knocks_from_afar_by_what_was_heard_nearby() {
    for (medium, waiting) in [(Medium::Free, 0), (Medium::Metered, 0), (Medium::Air, 1)] {
        let mut world = open();
        world.pass_by("maya", "alice");
        let invite = heard(&world, "maya");

        world.knock("maya", "alice", &invite, medium);

        assert_eq!(world.newcomers("alice").len(), waiting, "{medium:?}");
    }
}

#[test]
fn any_member_tells_of_the_room_but_who_may_only_read_does_not() {
    let mut world = open_in(World::default(), &["bob"]);
    world.meet();
    world.pass_by("bob", "maya");
    let invite = heard(&world, "maya");
    world.knock("maya", "bob", &invite, Medium::Air);
    assert_eq!(world.newcomers("bob").len(), 1);

    world.add("eve");
    world.set_role("alice", "bob", Role::Muted);
    world.settle();
    world.pass_by("bob", "eve");
    assert_eq!(world.nearby("eve"), []);
    world.pass_by("alice", "eve");
    assert_eq!(world.nearby("eve").len(), 1);
}

#[test]
fn room_stays_open_when_the_device_starts_anew_or_somebody_is_removed() {
    let mut world = open_in(World::default(), &["bob"]);
    world.set_role("alice", "bob", Role::Removed);
    world.settle();
    world.restart("alice");
    world.switch_bluetooth_on("alice");

    world.pass_by("alice", "maya");
    let invite = heard(&world, "maya");
    world.knock("maya", "alice", &invite, Medium::Air);
    world.answer_door("alice", "maya", true);

    assert_eq!(world.rooms("maya").len(), 1);
}

#[test]
fn invite_for_people_nearby_is_on_no_screen_and_in_no_list() {
    let mut world = open_in(World::default(), &["bob"]);
    world.pass_by("maya", "alice");
    let invite = heard(&world, "maya");

    for name in ["alice", "bob"] {
        assert_ne!(world.show_invite(name).secret, invite.secret, "{name}");
        let room = world.room(name);
        world.command(name, Command::ListInvites { room });
        let listed = world.events(name).iter().rev().find_map(|event| match event {
            Event::InvitesListed { invites, .. } => Some(invites.clone()),
            _ => None,
        });
        let listed = listed.expect("a list");
        assert!(!listed.is_empty() && listed.iter().all(|state| state.invite != invite.id()));
    }
    let room = world.room("alice");
    world.command("alice", Command::RevokeInvite { room, invite: invite.id() });
    world.command("alice", Command::ShowInvite { room, invite: Some(invite.id()) });
    assert_eq!(refusals(&world, "alice"), [Refusal::UnknownInvite, Refusal::NoInvite]);
}

#[test]
fn device_that_nobody_can_hear_tells_of_no_room() {
    let mut world = open();
    world.restart("alice");

    world.pass_by("alice", "maya");

    assert_eq!(world.nearby("maya"), []);
}

#[test]
fn what_was_heard_is_forgotten_after_ten_minutes_or_when_strangers_are_not_met_any_more() {
    let mut world = open();
    world.pass_by("maya", "alice");
    world.pass(MINUTE * 9);
    assert_eq!(world.nearby("maya").len(), 1);
    world.pass(MINUTE + Duration::from_secs(1));
    assert_eq!(world.nearby("maya"), []);

    world.pass_by("maya", "alice");
    assert_eq!(world.nearby("maya").len(), 1);
    world.set_carrying("maya", false);
    assert_eq!(world.nearby("maya"), []);
}

#[test]
fn liar_who_makes_up_rooms_fills_sixteen_places_and_no_more() {
    let mut world = World::binding();
    world.add("maya");

    for number in 0..50_u8 {
        let link = meet(&mut world, "maya");
        let rooms =
            [0, 1, 2, 3].map(|part| ([number.wrapping_mul(4).wrapping_add(part); 16], "Free beer"));
        world.send_raw("maya", link, doors(&rooms));
        assert!(world.nearby("maya").len() <= 16);
        world.pass(Duration::from_secs(1));
    }

    assert_eq!(world.nearby("maya").len(), 16);
    let is_last = |secret: &[u8; 16]| secret.first().is_some_and(|byte| *byte >= 184);
    assert!(world.nearby("maya").iter().all(|room| is_last(&room.invite.secret)));
}

#[test]
fn stranger_who_tells_of_rooms_twice_or_of_too_many_or_calls_them_nothing_is_heard_no_longer() {
    let mut world = World::binding();
    world.add("maya");
    let long = "x".repeat(65);
    let bad: [Vec<([u8; 16], &str)>; 4] = [
        (0..5).map(|number| ([number; 16], "Camp")).collect(),
        vec![([1; 16], "")],
        vec![([1; 16], "two\nlines")],
        vec![([1; 16], long.as_str())],
    ];

    for rooms in bad {
        let link = meet(&mut world, "maya");
        world.send_raw("maya", link, doors(&rooms));
        assert!(!world.is_open("maya", link));
        assert_eq!(world.nearby("maya"), []);
    }

    let link = meet(&mut world, "maya");
    world.send_raw("maya", link, doors(&[([1; 16], "Camp")]));
    assert!(world.is_open("maya", link));
    world.send_raw("maya", link, doors(&[([2; 16], "Camp")]));
    assert!(!world.is_open("maya", link));
    assert_eq!(world.nearby("maya").len(), 1);
}

#[test]
fn host_that_changes_what_it_drew_once_it_knows_what_the_newcomer_drew_is_not_waited_for() {
    let mut world = open_in(World::binding(), &[]);
    world.pass_by("maya", "alice");
    let invite = heard(&world, "maya");
    world.tamper("alice", "maya", |mut frame| {
        if let [REVEAL, .., last] = frame.as_mut_slice() {
            *last ^= 1;
        }
        vec![frame]
    });

    world.knock("maya", "alice", &invite, Medium::Air);

    assert_eq!(world.waits("maya"), None, "no pictures are shown");
    assert!(world.newcomers("alice").is_empty(), "the link is closed");
    world.tamper("alice", "maya", |frame| vec![frame]);
    world.knock("maya", "alice", &invite, Medium::Air);
    assert!(world.waits("maya").is_some());
}

#[test]
fn newcomer_whose_device_has_not_heard_yet_who_is_to_be_asked_lets_nobody_in() {
    let mut world = open_in(World::binding(), &[]);
    world.pass_by("maya", "alice");
    let invite = heard(&world, "maya");
    world.tamper(
        "alice",
        "maya",
        |frame| if frame.first() == Some(&OPS) { vec![] } else { vec![frame] },
    );
    world.knock("maya", "alice", &invite, Medium::Air);
    world.answer_door("alice", "maya", true);
    assert_eq!(world.rooms("maya").len(), 1);

    world.add("eve");
    let invite = Invite { host: world.show_invite("maya").host, ..invite };
    world.knock("eve", "maya", &invite, Medium::Air);

    assert_eq!(world.rooms("eve"), []);
}
