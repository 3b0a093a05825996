//! Relays that lie, forget and refuse.

use std::time::Duration;

use engine::{Command, Doubt};
use tests::{Left, World};

use super::{DAY, MINUTE, camp, say_many, scatter};

/// What is in the room's mailbox, which has more in it than an invite's.
fn in_room(left: &[Left]) -> Vec<Left> {
    let count = |of: &[u8; 32]| left.iter().filter(|left| left.mailbox == *of).count();
    let most = left.iter().map(|left| left.mailbox).max_by_key(count).expect("something");
    left.iter().filter(|left| left.mailbox == most).cloned().collect()
}

#[test]
fn relay_that_was_away_while_packs_were_left_is_not_doubted_when_it_is_back() {
    let mut world = camp(2, &["bob"]);
    world.switch_off("bob");
    world.relay(0).is_down = true;
    say_many(&mut world, "alice", 10);
    world.pass(MINUTE);
    world.relay(0).is_down = false;
    say_many(&mut world, "alice", 10);
    world.pass(MINUTE);
    world.switch_off("alice");

    world.switch_on("bob");

    assert_eq!(world.texts("bob").len(), 20);
    assert_eq!(world.doubts("bob"), []);
}

#[test]
fn relay_that_keeps_a_pack_back_is_reported_by_a_member_who_never_saw_it() {
    let mut world = camp(1, &["bob"]);
    world.switch_off("bob");
    for round in 0..4 {
        say_many(&mut world, "alice", round + 1);
        world.pass(MINUTE);
    }
    world.switch_off("alice");
    let packs = in_room(&world.relay(0).packs.clone());
    let gone = packs[packs.len() - 2].clone();
    world.relay(0).packs.retain(|left| *left != gone);

    world.switch_on("bob");

    assert_eq!(world.doubts("bob"), [(World::relay_name(0), Doubt::Withholds)]);
}

#[test]
fn relay_that_went_back_to_an_older_state_is_reported_by_who_saw_the_newer_one() {
    let mut world = camp(1, &["bob"]);
    scatter(&mut world, &["alice", "bob"]);
    world.pass(MINUTE);
    say_many(&mut world, "alice", 2);
    world.pass(MINUTE);
    let backup = world.relay(0).packs.clone();
    say_many(&mut world, "alice", 2);
    world.pass(MINUTE);
    world.switch_off("alice");
    world.switch_off("bob");
    world.relay(0).packs = backup;

    world.switch_on("bob");

    assert_eq!(world.doubts("bob"), [(World::relay_name(0), Doubt::RolledBack)]);
}

#[test]
fn relay_that_loses_what_its_author_left_is_reported_by_the_author_who_leaves_it_anew() {
    let mut world = camp(1, &["bob"]);
    world.switch_off("bob");
    let texts = say_many(&mut world, "alice", 50);
    world.pass(MINUTE);
    world.relay(0).packs.clear();

    world.restart("alice");
    world.pass(MINUTE);

    assert_eq!(world.doubts("alice"), [(World::relay_name(0), Doubt::RolledBack)]);
    world.switch_off("alice");
    world.switch_on("bob");
    assert_eq!(world.texts("bob"), texts);
}

#[test]
fn relay_that_keeps_the_newest_back_is_given_away_by_another_relay() {
    let mut world = camp(2, &["bob"]);
    world.switch_off("bob");
    for round in 0..3 {
        say_many(&mut world, "alice", round + 1);
        world.pass(MINUTE);
    }
    world.switch_off("alice");
    let len = world.relay(0).packs.len();
    world.relay(0).packs.truncate(len - 2);

    world.switch_on("bob");

    assert_eq!(world.texts("bob").len(), 6);
    assert_eq!(world.doubts("bob"), [(World::relay_name(0), Doubt::RolledBack)]);
}

#[test]
fn forged_packs_are_not_taken_and_reported() {
    let mut world = camp(1, &["bob"]);
    world.switch_off("bob");
    let texts = say_many(&mut world, "alice", 5);
    world.pass(MINUTE);
    world.switch_off("alice");
    let real = in_room(&world.relay(0).packs.clone()).pop().expect("a pack");
    for n in 0..200 {
        let mut forged = real.clone();
        forged.pack[100 + n] ^= 1;
        world.relay(0).packs.push(forged);
    }

    world.switch_on("bob");

    assert_eq!(world.texts("bob"), texts);
    assert_eq!(world.doubts("bob"), [(World::relay_name(0), Doubt::Forges)]);
}

#[test]
fn packs_shown_again_in_any_order_change_nothing() {
    let mut world = camp(1, &["bob"]);
    world.switch_off("bob");
    let mut texts = Vec::new();
    for _ in 0..5 {
        texts.extend(say_many(&mut world, "alice", 3));
        world.pass(MINUTE);
    }
    world.switch_off("alice");
    let mut packs = world.relay(0).packs.clone();
    packs.extend(packs.clone().into_iter().rev());
    packs.swap(0, 3);
    world.relay(0).packs = packs;

    world.switch_on("bob");

    assert_eq!(world.texts("bob"), texts);
    assert_eq!(world.doubts("bob"), []);
}

#[test]
fn packs_of_another_room_and_junk_of_every_length_are_survived() {
    let mut world = camp(1, &["bob"]);
    world.switch_off("bob");
    say_many(&mut world, "alice", 1);
    world.pass(MINUTE);
    let (mailbox, expires_at) = {
        let left = in_room(&world.relay(0).packs.clone()).pop().expect("a pack");
        (left.mailbox, left.expires_at)
    };
    world.command("alice", Command::CreateRoom { name: "Other".to_owned() });
    world.pass(MINUTE);
    let at = world.wall("alice");
    let foreign: Vec<_> = world.relay(0).packs.clone();
    let junk = [0, 1, 3_071, 3_072, 46_080, 100_000].map(|len| vec![7; len]);
    let packs = foreign.into_iter().map(|left| left.pack).chain(junk);
    let packs: Vec<_> = packs.map(|pack| Left { mailbox, pack, at, expires_at }).collect();
    world.relay(0).packs.extend(packs);

    world.switch_off("alice");
    world.switch_on("bob");

    assert_eq!(world.texts("bob"), ["alice 0"]);
}

#[test]
fn what_ended_is_not_missed() {
    let mut world = camp(1, &["bob"]);
    scatter(&mut world, &["alice", "bob"]);
    world.pass(MINUTE);
    say_many(&mut world, "alice", 30);
    world.pass(MINUTE);
    world.switch_off("alice");
    world.switch_off("bob");

    world.pass(DAY * 40);
    world.switch_on("bob");

    assert_eq!(world.doubts("bob"), []);
}

#[test]
fn relay_that_takes_nothing_is_reported() {
    let mut world = camp(1, &[]);
    world.relay(0).is_full = true;

    world.say("alice", "hello");
    world.pass(MINUTE * 3);

    assert_eq!(world.doubts("alice"), [(World::relay_name(0), Doubt::Refuses)]);
}

#[test]
fn relay_that_takes_nothing_is_no_trouble_while_another_does() {
    let mut world = camp(2, &[]);
    world.relay(0).is_full = true;

    world.say("alice", "hello");
    world.pass(MINUTE * 10);

    assert_eq!(world.doubts("alice"), []);
    assert!(world.deposited("alice") > 0);
}

#[test]
fn device_that_crashes_while_packs_are_under_way_leaves_no_gap_anybody_would_be_blamed_for() {
    let mut world = camp(1, &["bob"]);
    world.switch_off("bob");
    for round in 0..5 {
        say_many(&mut world, "alice", 2);
        world.relay(0).is_down = round % 2 == 0;
        world.pass(Duration::from_secs(4));
        world.restart("alice");
        world.pass(MINUTE * 3);
    }
    world.relay(0).is_down = false;
    world.pass(MINUTE * 70);
    world.switch_off("alice");

    world.switch_on("bob");

    assert_eq!(world.texts("bob").len(), 10);
    assert_eq!(world.doubts("bob"), []);
}
