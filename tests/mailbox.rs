//! Members who are never there together hear each other through relays that know nothing.

#[path = "mailbox/real.rs"]
mod real;

use std::time::Duration;

use engine::{Addr, Command, Doubt, Event, JoinFailure, Refusal};
use tests::{Left, Name, World};

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(86_400);

/// Alice and her friends, all let in by scanning her screen, and some relays.
fn camp(relays: usize, guests: &[Name]) -> World {
    let mut world = World::default();
    (0..relays).for_each(|_| {
        world.add_relay();
    });
    world.add("alice");
    world.create_room("alice");
    for guest in guests {
        world.add(guest);
        world.scan(guest, "alice");
    }
    world.pass(MINUTE);
    world
}

/// Nobody can reach anybody.
fn scatter(world: &mut World, names: &[Name]) {
    for a in names {
        names.iter().filter(|b| a != *b).for_each(|b| world.part(a, b));
    }
}

fn say_many(world: &mut World, name: Name, count: usize) -> Vec<String> {
    let texts: Vec<String> = (0..count).map(|n| format!("{name} {n}")).collect();
    texts.iter().for_each(|text| world.say(name, text));
    texts
}

/// What is in the room's mailbox, which has more in it than an invite's.
fn in_room(left: &[Left]) -> Vec<Left> {
    let count = |of: &[u8; 32]| left.iter().filter(|left| left.mailbox == *of).count();
    let most = left.iter().map(|left| left.mailbox).max_by_key(count).expect("something");
    left.iter().filter(|left| left.mailbox == most).cloned().collect()
}

#[test]
fn member_never_there_with_the_author_gets_a_thousand_messages_from_a_relay() {
    let mut world = camp(1, &["bob"]);
    world.switch_off("bob");

    let texts = say_many(&mut world, "alice", 1_000);
    world.pass(MINUTE);
    world.switch_off("alice");
    world.switch_on("bob");

    assert_eq!(world.texts("bob"), texts);
    assert_eq!(world.doubts("bob"), []);
}

#[test]
fn relay_holds_nothing_readable_and_packs_of_few_lengths() {
    let mut world = camp(1, &["bob"]);
    let me = *world.me("alice").as_bytes();
    say_many(&mut world, "alice", 300);
    world.pass(MINUTE);

    let room = *world.room("alice").as_bytes();
    let packs = world.relay(0).packs.clone();

    assert!(packs.len() >= 2, "{}", packs.len());
    for left in &packs {
        assert!([3_072, 11_264, 46_080].contains(&left.pack.len()), "{}", left.pack.len());
        for secret in [&b"alice"[..], b"Camp", &me, &me[..8], &room[..8]] {
            assert!(!left.pack.windows(secret.len()).any(|bytes| bytes == secret));
        }
    }
}

#[test]
fn newcomer_joins_by_an_invite_while_nobody_is_there_and_the_others_learn_of_it() {
    let mut world = camp(1, &["bob"]);
    let texts = say_many(&mut world, "alice", 20);
    let invite = world.show_invite("alice");
    world.pass(MINUTE);
    world.switch_off("alice");
    world.switch_off("bob");

    world.add("carol");
    world.accept("carol", &invite);
    world.settle();
    world.say("carol", "anybody here?");
    world.pass(MINUTE);

    assert_eq!(world.roster("carol"), ["alice", "bob", "carol"]);
    let heard: Vec<_> = texts.into_iter().chain(["anybody here?".to_owned()]).collect();
    assert_eq!(world.texts("carol"), heard);
    world.switch_off("carol");
    world.switch_on("bob");
    assert_eq!(world.roster("bob"), ["alice", "bob", "carol"]);
    assert_eq!(world.texts("bob"), heard);
}

#[test]
fn newcomer_who_came_while_nobody_was_there_meets_the_others_like_any_member() {
    let mut world = camp(1, &[]);
    let invite = world.show_invite("alice");
    world.pass(MINUTE);
    world.switch_off("alice");
    world.add("bob");
    world.accept("bob", &invite);
    world.settle();

    world.switch_on("alice");
    world.meet();
    world.say("alice", "there you are");
    world.settle();

    assert_eq!(world.texts("bob"), ["there you are"]);
    assert_eq!((world.peers("alice").len(), world.peers("bob").len()), (1, 1));
    assert_eq!(world.wanted("bob"), 0, "neither the invite nor alice is dialed any more");
}

#[test]
fn room_is_restored_on_a_fresh_device_from_a_kept_invite_after_all_others_are_gone() {
    let mut world = camp(1, &[]);
    let texts = say_many(&mut world, "alice", 2_000);
    let invite = world.show_invite("alice");
    world.pass(MINUTE);
    world.switch_off("alice");

    world.add("new phone");
    world.accept("new phone", &invite);
    world.settle();

    assert_eq!(world.texts("new phone"), texts);
}

#[test]
fn welcome_by_somebody_else_than_the_host_of_the_invite_lets_nobody_in() {
    let mut world = camp(1, &["bob"]);
    world.show_invite("bob");
    world.pass(MINUTE);
    let mut invite = world.invite("bob");
    scatter(&mut world, &["alice", "bob"]);
    invite.host[0] ^= 1;

    world.add("carol");
    world.accept("carol", &invite);
    world.settle();

    assert_eq!(world.rooms("carol"), []);
}

#[test]
fn welcome_is_not_looked_for_any_more_once_joining_ended() {
    let mut world = camp(1, &["bob"]);
    let invite = world.show_invite("alice");
    scatter(&mut world, &["alice", "bob"]);
    world.relay(0).packs.clear();
    world.add("carol");
    world.accept("carol", &invite);
    world.settle();
    assert!(world.is_collecting("carol"));

    world.command("carol", Command::CancelJoin { invite: invite.id() });

    assert!(!world.is_collecting("carol"));
    assert_eq!(world.join_failures("carol"), [JoinFailure::Canceled]);
}

#[test]
fn what_members_write_while_apart_reaches_those_who_listen_at_once() {
    let mut world = camp(1, &["bob"]);
    scatter(&mut world, &["alice", "bob"]);
    world.pass(MINUTE);

    world.say("alice", "hello");
    world.pass(MINUTE);
    world.say("bob", "hello yourself");
    world.pass(MINUTE);

    assert_eq!(world.texts("alice"), ["hello", "hello yourself"]);
    assert_eq!(world.texts("bob"), ["hello", "hello yourself"]);
}

#[test]
fn two_groups_that_meet_nowhere_hear_each_other_through_one_member_each() {
    let mut world = camp(1, &["bob", "carol", "dave"]);
    for (a, b) in [("alice", "carol"), ("alice", "dave"), ("bob", "carol"), ("bob", "dave")] {
        world.part(a, b);
    }
    world.meet();
    world.pass(MINUTE);

    world.say("alice", "from here");
    world.say("carol", "from there");
    world.pass(MINUTE);

    for name in ["alice", "bob", "carol", "dave"] {
        let mut texts = world.texts(name);
        texts.sort();
        assert_eq!(texts, ["from here", "from there"], "{name}");
    }
    let names = [["alice", "bob"], ["carol", "dave"]];
    let listening = names.map(|group| group.iter().filter(|n| world.is_collecting(n)).count());
    assert_eq!(listening, [1, 1]);
}

#[test]
fn messages_of_a_member_without_relays_are_left_there_by_another() {
    let mut world = camp(1, &["bob", "carol"]);
    world.switch_off("carol");
    for name in ["alice", "bob"] {
        let room = world.room(name);
        world.command(name, Command::SetMailbox { room, on: name == "bob" });
    }
    world.part("alice", "carol");

    world.say("alice", "pass it on");
    world.settle();
    world.part("alice", "bob");
    world.pass(MINUTE * 5);
    world.switch_off("bob");
    world.switch_on("carol");

    assert_eq!(world.texts("carol"), ["pass it on"]);
}

#[test]
fn words_in_a_row_go_into_one_pack_and_none_is_left_twice() {
    let mut world = camp(1, &["bob"]);
    let before = world.relay(0).packs.len();

    say_many(&mut world, "alice", 5);
    world.pass(MINUTE * 30);
    world.restart("alice");
    world.restart("bob");
    world.meet();
    world.pass(MINUTE * 30);

    assert_eq!(world.relay(0).packs.len(), before + 1);
}

#[test]
fn author_is_told_once_its_words_are_in_the_mailbox() {
    let mut world = camp(1, &[]);
    let before = world.deposited("alice");
    world.relay(0).is_down = true;
    say_many(&mut world, "alice", 3);
    world.pass(MINUTE);
    assert_eq!(world.deposited("alice"), before);

    world.relay(0).is_down = false;
    world.pass(MINUTE * 10);

    assert_eq!(world.deposited("alice"), before + 3);
}

#[test]
fn relay_that_is_down_for_a_day_costs_few_tries_and_nothing_is_lost() {
    let mut world = camp(1, &["bob"]);
    world.switch_off("bob");
    world.relay(0).is_down = true;
    say_many(&mut world, "alice", 3);
    let before = world.tries();
    world.pass(DAY);
    let tries = world.tries() - before;
    assert!((5..60).contains(&tries), "{tries}");

    world.relay(0).is_down = false;
    world.pass(MINUTE * 70);
    world.switch_off("alice");
    world.switch_on("bob");

    assert_eq!(world.texts("bob").len(), 3);
}

#[test]
fn of_two_relays_one_is_enough() {
    let mut world = camp(2, &["bob"]);
    world.switch_off("bob");
    world.relay(0).is_down = true;
    say_many(&mut world, "alice", 100);
    world.pass(MINUTE);
    world.switch_off("alice");

    world.switch_on("bob");

    assert_eq!(world.texts("bob").len(), 100);
    assert_eq!(world.doubts("bob"), []);
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
fn what_would_end_is_left_anew_in_time() {
    let mut world = camp(1, &["bob"]);
    let texts = say_many(&mut world, "alice", 30);
    world.pass(MINUTE);
    world.switch_off("bob");

    world.pass(DAY * 45);
    let invite = world.invite("alice");
    world.switch_off("alice");
    world.add("carol");
    world.accept("carol", &invite);
    world.settle();

    assert_eq!(world.texts("carol"), texts);
    assert_eq!(world.doubts("carol"), []);
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
fn mailbox_that_is_switched_off_is_neither_read_nor_filled() {
    let mut world = camp(1, &["bob"]);
    let room = world.room("bob");
    world.switch_off("alice");
    world.command("bob", Command::SetMailbox { room, on: false });
    let before = world.relay(0).packs.len();

    world.say("bob", "just between us");
    world.pass(MINUTE * 10);
    world.restart("bob");
    world.pass(MINUTE * 10);

    assert_eq!(world.relay(0).packs.len(), before);
    assert!(!world.is_collecting("bob"));

    world.command("bob", Command::SetMailbox { room, on: true });
    world.pass(MINUTE);
    assert_eq!(world.relay(0).packs.len(), before + 1);
}

#[test]
fn owner_says_for_everyone_which_relays_have_the_mailbox() {
    let mut world = camp(2, &["bob"]);
    let room = world.room("alice");
    let only = vec![World::relay_addr(1)];
    let set = |world: &mut World, name, relays: Vec<Addr>| {
        world.command(name, Command::SetRelays { room, relays });
        world.settle();
    };
    set(&mut world, "alice", only.clone());
    let before = world.relay(0).packs.len();

    world.say("bob", "over there");
    world.pass(MINUTE);

    let is_told =
        |event: &&Event| matches!(event, Event::MailboxSet { relays, .. } if *relays == only);
    assert!(world.events("bob").iter().any(|event| is_told(&event)));
    assert_eq!(world.relay(0).packs.len(), before);

    set(&mut world, "bob", only.clone());
    set(&mut world, "alice", vec![World::addr(0)]);
    let refused = |name| {
        let last = world.events(name).iter().rev().find_map(|event| match event {
            Event::CommandRefused { why } => Some(*why),
            _ => None,
        });
        last.expect("a refusal")
    };
    assert_eq!(refused("bob"), Refusal::NotOwner);
    assert_eq!(refused("alice"), Refusal::BadRelays);
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
fn device_without_relays_asks_for_none() {
    let mut world = World::default();
    world.add("alice");
    world.create_room("alice");
    world.say("alice", "hello");
    let before = world.tries();

    world.pass(DAY);

    assert_eq!(world.tries(), before);
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
