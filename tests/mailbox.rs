//! Members who are never there together hear each other through relays that know nothing.

#[path = "mailbox/apart.rs"]
mod apart;
#[path = "mailbox/keys.rs"]
mod keys;
#[path = "mailbox/real.rs"]
mod real;
#[path = "mailbox/relays.rs"]
mod relays;

use std::time::Duration;

use engine::{Addr, Command, Event, JoinFailure, Refusal};
use tests::{Name, World};

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(86_400);

/// Alice and her friends, all let in by scanning her screen, and some relays.
fn camp(relays: usize, guests: &[Name]) -> World {
    let mut world = World::default();
    (0..relays).for_each(|_| {
        world.add_relay();
    });
    let mut world = world.with_camp(guests);
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
fn newcomer_let_in_by_a_mailbox_that_is_gone_after_a_crash_finds_who_showed_the_invite() {
    let mut world = camp(1, &["bob"]);
    let invite = world.show_invite("bob");
    world.pass(MINUTE);
    world.switch_off("alice");
    world.switch_off("bob");
    world.add("carol");
    world.accept("carol", &invite);
    world.settle_until_in("carol");
    world.relay(0).is_down = true;
    world.reboot("carol");
    world.settle();
    assert_eq!(world.roster("carol"), ["alice", "carol"], "she has heard of nobody else");

    world.switch_on("bob");
    world.meet();

    assert_eq!(world.roster("carol"), ["alice", "bob", "carol"]);
    assert_eq!(world.peers("bob"), [world.me("carol")]);
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
fn what_was_read_is_not_read_again_at_every_start_but_once_a_week() {
    let mut world = camp(1, &["bob"]);
    scatter(&mut world, &["alice", "bob"]);
    world.pass(MINUTE);
    for _ in 0..40 {
        say_many(&mut world, "alice", 2);
        world.pass(MINUTE);
    }
    world.pass(DAY);
    say_many(&mut world, "alice", 1);
    world.pass(MINUTE);
    world.restart("bob");
    let shown = |world: &mut World| std::mem::take(&mut world.relay(0).shown);
    shown(&mut world);

    world.restart("bob");
    assert!(shown(&mut world) < 5);
    world.pass(DAY * 7);
    world.restart("bob");

    assert!(shown(&mut world) >= 40);
}
