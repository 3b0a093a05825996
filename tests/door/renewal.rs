//! Keys that change by themselves.

use std::{collections::BTreeSet, time::Duration};

use engine::{Batch, MemberIndex, MemoryStore, Role, Store};
use tests::{Name, World};

use super::camp;

const HOUR: Duration = Duration::from_secs(3_600);

/// The tags of the epochs in which something was written, as far as `name` holds it.
fn epochs(world: &World, name: Name) -> BTreeSet<Vec<u8>> {
    let (room, disk) = (world.room(name), world.disk(name));
    let count = disk.members(room).expect("readable").len();
    let logs = (0..u32::try_from(count).expect("few")).flat_map(|n| {
        disk.ops_after(room, MemberIndex(n), 0, usize::MAX, usize::MAX).expect("readable")
    });
    // An operation begins with its suite, then the tag of the room in that epoch.
    logs.map(|op| op.get(1..9).expect("an operation").to_vec()).collect()
}

/// Somebody says something every hour.
fn talk(world: &mut World, name: Name, hours: u32) {
    for hour in 0..hours {
        world.pass(HOUR);
        world.say(name, &format!("it is {hour}"));
        world.settle();
    }
}

/// What is read with all that was on a disk, and everything `source` has.
fn read_with(world: &mut World, thief: Name, stolen: MemoryStore, source: Name) -> Vec<String> {
    let room = world.room(source);
    let everything = world.disk(source).page_before(room, None, usize::MAX).expect("readable");
    let mut disk = stolen;
    disk.commit(Batch { ops: everything, ..Batch::default() }).expect("memory does not fail");
    world.restart_from(thief, disk);
    let mut read = world.texts(thief);
    read.dedup();
    read
}

#[test]
fn whoever_got_hold_of_a_key_can_read_nothing_of_the_day_after() {
    let mut world = camp(&["bob", "carol"]);
    world.say("carol", "today");
    world.settle();
    let stolen = world.disk("bob");
    talk(&mut world, "alice", 25);
    world.say("carol", "the day after");
    world.settle();
    assert_eq!(world.texts("bob").last().map(String::as_str), Some("the day after"));

    world.part("bob", "alice");
    world.part("bob", "carol");
    let read = read_with(&mut world, "bob", stolen, "alice");

    assert_eq!(read.first().map(String::as_str), Some("today"));
    assert!(!read.contains(&"the day after".to_owned()), "{read:?}");
}

#[test]
fn key_stays_where_nothing_is_written_and_nobody_is_there() {
    let mut world = camp(&["bob"]);
    world.say("alice", "one");
    world.settle();
    talk(&mut world, "alice", 26);
    let changed = epochs(&world, "alice").len();
    assert_eq!(changed, 2, "it was changed once");

    world.part("alice", "bob");
    world.say("alice", "two");
    world.pass(HOUR * 100);
    world.say("alice", "three");
    assert_eq!(epochs(&world, "alice").len(), changed, "not while Alice is alone");

    world.reunite("alice", "bob");
    world.meet();
    world.pass(HOUR);
    world.say("alice", "four");
    world.settle();
    assert_eq!(epochs(&world, "bob").len(), changed + 1, "but once somebody is there");

    world.pass(HOUR * 30);
    world.pass(HOUR * 1_000);
    world.say("bob", "five");
    world.settle();
    assert_eq!(
        epochs(&world, "bob").len(),
        changed + 2,
        "and once for a message, however long ago"
    );
}

#[test]
fn admin_changes_the_key_some_hours_after_the_owner_should_have() {
    let mut world = camp(&["bob", "carol"]);
    world.set_role("alice", "bob", Role::Admin);
    world.part("alice", "bob");
    world.part("alice", "carol");

    talk(&mut world, "carol", 29);
    assert_eq!(epochs(&world, "carol").len(), 1, "the owner may still come");
    talk(&mut world, "carol", 8);
    assert_eq!(epochs(&world, "carol").len(), 2, "Bob has done it");

    world.reunite("alice", "bob");
    world.reunite("alice", "carol");
    world.meet();
    let (of_alice, of_carol) = (world.texts("alice"), world.texts("carol"));
    assert_eq!(of_alice, of_carol);
    assert_eq!(epochs(&world, "alice").len(), 2, "and Alice need not");
}

#[test]
fn keys_do_not_change_more_often_however_many_govern_and_whatever_their_clocks_show() {
    const DAY: i64 = 86_400_000;
    for clocks in [[0, 0, 0, 0], [0, 400 * DAY, -400 * DAY, 3 * DAY], [-30 * DAY, DAY, 0, -DAY]] {
        let mut world = World::default();
        for (name, ahead) in ["alice", "bob", "carol", "dave"].into_iter().zip(clocks) {
            world.add(name);
            world.set_clock(name, ahead);
        }
        world.create_room("alice");
        for name in ["bob", "carol", "dave"] {
            world.scan(name, "alice");
            world.set_role("alice", name, Role::Admin);
        }
        world.meet();
        talk(&mut world, "dave", 240);

        let count = epochs(&world, "carol").len();
        assert!((8..=22).contains(&count), "{count} keys in ten days, clocks off by {clocks:?}");
        assert_eq!(world.texts("alice"), world.texts("bob"));
    }
}

#[test]
fn member_away_for_a_month_of_changes_meets_the_others_where_they_met() {
    let mut world = camp(&["bob", "carol"]);
    world.say("bob", "see you");
    world.settle();
    world.part("bob", "alice");
    world.part("bob", "carol");
    talk(&mut world, "carol", 24 * 31);
    assert!(epochs(&world, "carol").len() > 25);

    world.reunite("bob", "carol");
    world.meet();
    world.say("bob", "I am back");
    world.settle();

    assert_eq!(world.texts("bob"), world.texts("carol"));
    assert_eq!(world.texts("carol").last().map(String::as_str), Some("I am back"));
}

/// Alice and her guests, with a relay that has the room's mailbox.
fn camp_with_mailbox(guests: &[Name]) -> World {
    let mut world = World::default();
    world.add_relay();
    let mut world = world.with_camp(guests);
    world.pass(HOUR);
    world
}

#[test]
fn mailbox_stays_where_it_is_and_nothing_is_left_there_anew() {
    let mut world = camp_with_mailbox(&["bob"]);
    for n in 0..300 {
        world.say("alice", &format!("{n}, and {}", "more words ".repeat(30)));
    }
    world.pass(HOUR);
    let mailboxes = |world: &mut World| {
        let packs = &world.relay(0).packs;
        packs.iter().map(|left| (left.mailbox, left.pack.len())).collect::<Vec<_>>()
    };
    let before = mailboxes(&mut world);
    talk(&mut world, "bob", 26);
    assert_eq!(epochs(&world, "bob").len(), 2, "the key was changed");

    let after = mailboxes(&mut world);
    let known: BTreeSet<_> = before.iter().map(|(mailbox, _)| *mailbox).collect();
    assert!(after.iter().all(|(mailbox, _)| known.contains(mailbox)));
    let size = |packs: &[([u8; 32], usize)]| packs.iter().map(|(_, len)| len).sum::<usize>();
    let (left, more) = (size(&before), size(&after) - size(&before));
    assert!(more < left, "{left} bytes were there, and {more} came");
}

#[test]
fn newcomer_joins_by_the_mailbox_after_the_key_was_changed_and_reads_all_of_it() {
    let mut world = camp_with_mailbox(&["bob"]);
    let invite = world.show_invite("alice");
    world.pass(HOUR);
    talk(&mut world, "bob", 60);
    world.say("alice", "come in");
    world.pass(HOUR);
    let texts = world.texts("bob");
    assert!(epochs(&world, "bob").len() > 2);
    for name in ["alice", "bob"] {
        world.switch_off(name);
    }

    world.add("carol");
    world.accept("carol", &invite);
    world.settle();

    assert_eq!(world.texts("carol"), texts);
}

#[test]
fn newcomer_whose_process_ends_before_it_has_read_the_mailbox_finds_it_again() {
    let mut world = camp_with_mailbox(&["bob"]);
    let invite = world.show_invite("alice");
    talk(&mut world, "bob", 60);
    world.pass(HOUR);
    let texts = world.texts("bob");
    for name in ["alice", "bob"] {
        world.switch_off(name);
    }
    world.add("carol");
    world.accept("carol", &invite);
    world.settle_until_in("carol");

    world.restart("carol");
    world.pass(HOUR);

    assert_eq!(world.texts("carol"), texts);
}
