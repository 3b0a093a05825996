//! Newcomers who are let in one by one.

use std::time::Duration;

use engine::{Command, JoinFailure, Refusal, Role, RoomOption, Store};
use tests::{Name, World};

use super::{camp, refusals};

const MINUTE: Duration = Duration::from_secs(60);
const APPROVE: RoomOption = RoomOption::ApproveJoins;

/// A room of Alice's in which newcomers are let in one by one.
fn guarded(mut world: World) -> World {
    world.meet();
    world.set_option("alice", APPROVE, true);
    world.settle();
    world
}

/// `guest` scans the screen of `host`, and waits.
fn knock(world: &mut World, guest: Name, host: Name) {
    world.add(guest);
    world.scan(guest, host);
}

fn contains(frames: &[Vec<u8>], secret: &[u8]) -> bool {
    frames.iter().any(|frame| frame.windows(secret.len()).any(|window| window == secret))
}

#[test]
fn nobody_gets_anything_of_a_room_before_somebody_lets_them_in() {
    // On such links packets travel in clear, to be looked at.
    let mut world = guarded(World::binding().with_camp(&["bob"]));
    world.say("alice", "among us");
    world.settle();

    knock(&mut world, "eve", "alice");
    for _ in 0..5 {
        world.say("bob", "nobody else is here");
        world.pass(MINUTE);
        world.dial_all("eve");
        world.settle();
    }

    let told = [world.frames("alice", "eve"), world.frames("bob", "eve")].concat();
    let disk = world.disk("alice");
    let record = disk.rooms().expect("readable").pop().expect("a room");
    assert!(record.epochs.len() > 1);
    for (_, key) in &record.epochs {
        assert!(!contains(&told, key), "a key");
    }
    assert!(!contains(&told, record.id.as_bytes()), "the room");
    for op in disk.page_before(record.id, None, usize::MAX).expect("readable") {
        assert!(!contains(&told, &op.bytes[..60]), "an operation");
    }
    assert!(world.disk("eve").rooms().expect("readable").is_empty());
    assert_eq!(world.roster("bob"), ["alice", "bob"]);

    world.answer_door("alice", "eve", true);

    assert_eq!(world.texts("eve"), world.texts("bob"), "and then all of it");
    assert_eq!(world.roster("bob"), ["alice", "bob", "eve"]);
    assert!(world.newcomers("alice").is_empty());
    let (_, key) = record.epochs.last().expect("one");
    assert!(contains(&world.frames("alice", "eve"), key), "so it would have been seen above");
}

#[test]
fn both_see_the_same_six_pictures_and_nobody_else_sees_those() {
    let mut world = guarded(World::default().with_camp(&[]));
    for guest in ["maya", "eve"] {
        knock(&mut world, guest, "alice");
    }

    let seen = world.newcomers("alice");
    let of = |name: &str| seen.iter().find(|(_, n, _)| n == name).map(|(.., pictures)| *pictures);
    for guest in ["maya", "eve"] {
        let (host, pictures) = world.waits(guest).expect("waiting");
        assert_eq!((host.as_str(), Some(pictures)), ("alice", of(guest)));
    }
    assert_ne!(of("maya"), of("eve"));
}

#[test]
fn any_member_lets_newcomers_in_but_who_may_only_read_does_not() {
    let mut world = guarded(World::default().with_camp(&["bob", "carol"]));
    knock(&mut world, "maya", "bob");
    assert!(world.newcomers("alice").is_empty(), "it is Bob's screen");
    world.answer_door("bob", "maya", true);
    assert_eq!(world.rooms("maya").len(), 1);

    let invite = world.show_invite("carol");
    world.set_role("alice", "carol", Role::Muted);
    let room = world.room("carol");
    world.command("carol", Command::ShowInvite { room, invite: None });
    assert_eq!(refusals(&world, "carol"), [Refusal::MayNotHost]);
    world.add("dave");
    world.accept("dave", &invite);
    world.dial_all("dave");
    world.settle();
    assert!(world.newcomers("carol").is_empty());
    assert_eq!(world.rooms("dave"), []);
}

#[test]
fn whoever_is_turned_away_is_told_and_asks_in_vain_after_three_times() {
    let mut world = guarded(World::default().with_camp(&[]));
    world.add("eve");
    for times in 1..=3 {
        world.scan("eve", "alice");
        world.answer_door("alice", "eve", false);
        assert_eq!(world.join_failures("eve").len(), times);
        assert!(world.newcomers("alice").is_empty());
    }

    world.scan("eve", "alice");

    assert_eq!(world.join_failures("eve"), [JoinFailure::NotLetIn; 4]);
    assert!(world.newcomers("alice").is_empty(), "nobody is asked any more");
    assert_eq!(world.rooms("eve"), []);
}

#[test]
fn whoever_waits_waits_on_when_the_link_breaks() {
    let mut world = guarded(World::default().with_camp(&[]));
    knock(&mut world, "maya", "alice");
    let before = world.newcomers("alice");

    world.cut("maya", "alice");
    assert!(world.newcomers("alice").is_empty());
    assert_eq!(world.waits("maya"), None);
    world.meet();

    let after = world.newcomers("alice");
    assert_eq!(before.len(), 1);
    assert_eq!(before[0].0, after[0].0, "the same device");
    assert_ne!(before[0].2, after[0].2, "over another link");
    assert_eq!(world.waits("maya").map(|(_, pictures)| pictures), Some(after[0].2));
    world.answer_door("alice", "maya", true);
    assert_eq!(world.rooms("maya").len(), 1);
}

#[test]
fn word_that_lets_somebody_in_holds_for_an_hour() {
    for (away, is_asked) in [(MINUTE * 59, false), (MINUTE * 61, true)] {
        let mut world = guarded(World::default().with_camp(&[]));
        knock(&mut world, "maya", "alice");
        world.mute("alice", "maya");
        world.answer_door("alice", "maya", true);
        world.cut("maya", "alice");
        assert_eq!(world.rooms("maya"), [], "it never came");

        world.tamper("alice", "maya", |frame| vec![frame]);
        world.pass(away);
        world.meet();

        assert_eq!(world.rooms("maya").len(), usize::from(!is_asked));
        assert_eq!(world.newcomers("alice").len(), usize::from(is_asked));
    }
}

#[test]
fn newcomer_who_was_let_in_comes_in_without_being_asked_about_again_though_both_devices_crash() {
    let mut world = guarded(camp(&["bob"]));
    world.add("maya");
    world.part("alice", "maya");
    world.scan("maya", "bob");
    let (room, newcomer) = (world.room("bob"), world.newcomers("bob")[0].0);
    world.command("bob", Command::LetIn { room, newcomer });
    world.settle_until_in("maya");
    world.reboot("bob");
    world.reboot("maya");
    world.settle();
    assert_eq!(world.roster("bob"), ["alice", "bob"], "he has nothing of hers");

    world.meet();

    assert!(world.newcomers("bob").is_empty());
    assert_eq!(world.roster("maya"), ["alice", "bob", "maya"]);
    assert_eq!(world.roster("alice"), ["alice", "bob", "maya"]);
}

#[test]
fn eight_wait_at_a_time_and_ten_minutes_each() {
    let mut world = guarded(World::default().with_camp(&[]));
    let guests: [Name; 9] = ["a", "b", "c", "d", "e", "f", "g", "h", "i"];
    for guest in guests {
        knock(&mut world, guest, "alice");
        world.pass(Duration::from_secs(1));
    }
    let names: Vec<_> = world.newcomers("alice").into_iter().map(|(_, name, _)| name).collect();
    assert_eq!(names, guests[1..], "the one that came first went");

    world.pass(MINUTE * 9);
    assert_eq!(world.newcomers("alice").len(), 8);
    world.pass(MINUTE);
    assert!(world.newcomers("alice").is_empty());
    assert_eq!(world.links_of("alice"), 0);
    assert_eq!(world.join_failures("b"), [], "their devices try again");
}

#[test]
fn who_saw_the_code_before_newcomers_were_let_in_one_by_one_reads_nothing_of_what_follows() {
    let mut world = World::default();
    world.add_relay();
    let mut world = world.with_camp(&["bob"]);
    let photographed = world.show_invite("alice");
    world.pass(MINUTE);
    let before = world.relay(0).packs.len();
    world.set_option("alice", APPROVE, true);
    world.settle();
    world.show_invite("alice");
    world.say("alice", "among us");
    world.pass(MINUTE * 30);
    assert!(world.relay(0).packs.len() > before);
    for name in ["alice", "bob"] {
        world.switch_off(name);
    }

    world.add("eve");
    world.accept("eve", &photographed);
    world.pass(MINUTE);

    for room in world.rooms("eve") {
        assert!(world.texts_in("eve", room).is_empty());
    }
}

#[test]
fn no_welcome_is_left_in_a_mailbox_for_those_who_saw_the_code() {
    let mut world = World::default();
    world.add_relay();
    let mut world = guarded(world.with_camp(&["bob"]));
    let invite = world.show_invite("alice");
    world.pass(MINUTE * 30);
    for name in ["alice", "bob"] {
        world.switch_off(name);
    }

    world.add("maya");
    world.accept("maya", &invite);
    world.pass(MINUTE * 5);
    assert_eq!(world.rooms("maya"), []);

    world.switch_on("alice");
    world.meet();
    world.answer_door("alice", "maya", true);
    assert_eq!(world.rooms("maya").len(), 1);
}

#[test]
fn whoever_waits_comes_in_when_nobody_has_to_be_asked_any_more() {
    let mut world = guarded(World::default().with_camp(&["bob"]));
    knock(&mut world, "maya", "bob");

    world.set_option("alice", APPROVE, false);
    world.settle();

    assert_eq!(world.rooms("maya").len(), 1);
    assert!(world.newcomers("bob").is_empty());
}

#[test]
fn whoever_waits_by_an_invite_that_is_revoked_meanwhile_is_not_let_in() {
    let mut world = guarded(World::default().with_camp(&[]));
    let invite = world.show_invite("alice");
    knock(&mut world, "maya", "alice");
    let room = world.room("alice");
    world.command("alice", Command::RevokeInvite { room, invite: invite.id() });

    world.answer_door("alice", "maya", true);

    assert_eq!(world.rooms("maya"), []);
    assert_eq!(world.join_failures("maya"), [JoinFailure::NotLetIn]);
}

#[test]
fn member_who_comes_back_is_not_asked_about() {
    let mut world = camp(&["bob", "carol"]);
    let mut world = {
        world.set_option("alice", APPROVE, true);
        world.settle();
        world
    };
    world.part("bob", "alice");
    world.part("bob", "carol");
    world.reunite("bob", "alice");
    world.meet();
    world.say("bob", "still here");
    world.settle();

    assert!(world.newcomers("alice").is_empty());
    assert_eq!(world.texts("alice"), ["still here"]);
    let invite = world.show_invite("carol");
    world.accept("bob", &invite);
    world.reunite("bob", "carol");
    world.meet();
    assert!(world.newcomers("carol").is_empty(), "he only looks for Carol");
}
