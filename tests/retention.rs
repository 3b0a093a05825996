//! Messages disappear after the time that was agreed, on every device, and nobody loses anything else
//! by it: neither who comes later, nor who was away, nor by what somebody claims.

use std::time::Duration;

use engine::{
    Batch, Command, Event, Gone, KeptFor, MemberIndex, MemoryStore, PeerId, Role, RoomId,
    RoomOption, Run, Store,
};
use tests::{Name, World};

const HOUR: Duration = Duration::from_secs(3_600);
const DAY_MILLIS: i64 = 86_400_000;
const TWO_DAYS: RoomOption = RoomOption::KeepFor(KeptFor::TwoDays);
/// The kinds of operations that are stored.
const TEXT: u8 = 3;
const CHECKPOINT: u8 = 18;

/// A camp in which messages disappear after two days.
fn brief(guests: &[Name]) -> World {
    let mut world = World::default().with_camp(guests);
    world.set_option("alice", TWO_DAYS, true);
    world.settle();
    world
}

/// How many operations of a kind `by` wrote that lie on the disk of `at`.
fn stored(world: &World, at: Name, by: Name, kind: u8) -> usize {
    let (disk, room, author) = (world.disk(at), world.room(at), world.me(by));
    let index = index_of(&disk, room, author);
    let all = disk.page_before(room, None, usize::MAX).expect("readable");
    all.iter().filter(|op| op.position.author == index && op.kind == kind).count()
}

fn index_of(disk: &MemoryStore, room: RoomId, author: PeerId) -> MemberIndex {
    let members = disk.members(room).expect("readable");
    let at = members.iter().position(|member| member.id == author).expect("a member");
    MemberIndex(u32::try_from(at).expect("few"))
}

fn days(world: &mut World, days: u32) {
    for _ in 0..days {
        world.pass(24 * HOUR);
        world.meet();
    }
}

fn bob_writes_daily(world: &mut World, count: u32) {
    for day in 0..count {
        world.say("bob", &format!("day {day}"));
        world.settle();
        days(world, 1);
    }
}

fn leave_dave_with_carol(world: &mut World) {
    for other in ["alice", "bob"] {
        world.part("dave", other);
        world.part("carol", other);
    }
}

#[test]
fn messages_disappear_everywhere_after_the_time_and_newer_ones_stay() {
    let mut world = brief(&["bob", "carol"]);
    world.say("bob", "old");
    world.say("alice", "old, by the owner");
    world.settle();
    world.pass(40 * HOUR);
    world.meet();
    world.say("carol", "newer");
    world.settle();
    assert_eq!(world.texts("alice").len(), 3, "nothing is two days old");

    world.pass(9 * HOUR);

    for name in ["alice", "bob", "carol"] {
        assert_eq!(world.texts(name), ["newer"], "{name}");
    }
    world.pass(40 * HOUR);
    for name in ["alice", "bob", "carol"] {
        assert_eq!(world.texts(name), [""; 0], "{name}");
        assert_eq!(stored(&world, name, "bob", TEXT), 0, "{name} holds no trace of it");
    }
}

#[test]
fn screens_are_told_when_something_disappears_and_it_is_not_counted_as_unread() {
    let mut world = brief(&["bob", "carol"]);
    world.say("bob", "old");
    world.settle();
    assert_eq!(world.unread("carol"), Some(1));
    let told = |world: &World| {
        let events = world.events("carol").iter();
        events.filter(|event| matches!(event, Event::HistoryChanged { .. })).count()
    };
    let before = told(&world);

    world.pass(49 * HOUR);

    assert_eq!(world.unread("carol"), Some(0));
    assert_eq!(told(&world), before + 1);
    world.restart("carol");
    world.pass(HOUR);
    assert_eq!(world.unread("carol"), Some(0), "nor after a start");
    assert_eq!(world.texts("carol"), [""; 0]);
}

#[test]
fn newcomer_gets_the_newer_part_from_somebody_who_has_only_that_and_takes_part_fully() {
    let mut world = brief(&["bob", "carol"]);
    for _ in 0..3 {
        world.say("bob", "old");
        world.settle();
        days(&mut world, 1);
    }
    days(&mut world, 4);
    world.say("bob", "new");
    world.settle();
    assert_eq!(stored(&world, "carol", "bob", TEXT), 1, "Carol has only the newer part");
    assert!(stored(&world, "carol", "bob", CHECKPOINT) > 0);
    world.add("dave");
    leave_dave_with_carol(&mut world);

    world.scan("dave", "carol");
    world.settle();

    assert_eq!(world.texts("dave"), ["new"]);
    world.say("dave", "hello");
    world.settle();
    for other in ["alice", "bob"] {
        world.reunite("dave", other);
        world.reunite("carol", other);
    }
    world.meet();
    world.say("bob", "welcome");
    world.settle();
    for name in ["alice", "bob", "carol", "dave"] {
        assert_eq!(world.texts(name), ["new", "hello", "welcome"], "{name}");
    }
    assert_eq!(world.member_holds("bob", "dave"), world.member_holds("bob", "carol"));
}

#[test]
fn who_was_away_for_long_goes_on_where_others_are() {
    let mut world = brief(&["bob", "carol", "dave"]);
    for other in ["alice", "bob", "carol"] {
        world.part("dave", other);
    }
    bob_writes_daily(&mut world, 8);

    world.reunite("dave", "carol");
    world.meet();
    world.pass(Duration::from_secs(60));

    assert_eq!(world.texts("dave"), world.texts("carol"));
    assert!(!world.texts("dave").is_empty());
    world.say("dave", "back");
    world.settle();
    assert!(world.texts("carol").contains(&"back".to_owned()));
}

/// Carol leaves out what Bob said, and passes on the checkpoint behind it.
fn leave_out(world: &mut World, by: Name, about: Name) {
    let (mut disk, room) = (world.disk(by), world.room(by));
    let author = index_of(&disk, room, world.me(about));
    let runs = disk.runs(room).expect("readable");
    let ((_, before), run) = runs.iter().find(|((index, _), _)| *index == author).expect("a run");
    let gone = Gone { room, author, after: run.since, before: *before };
    disk.commit(Batch { gone: vec![gone], ..Batch::default() }).expect("memory");
    world.restart_from(by, disk);
}

#[test]
fn member_cannot_hide_a_newer_message_by_claiming_it_is_gone() {
    let mut world = brief(&["bob", "carol"]);
    world.say("bob", "not so old");
    world.settle();
    world.pass(24 * HOUR);
    world.meet();
    world.say("bob", "newer");
    world.settle();
    assert_eq!(stored(&world, "carol", "bob", CHECKPOINT), 1);
    leave_out(&mut world, "carol", "bob");
    world.add("dave");
    leave_dave_with_carol(&mut world);

    world.scan("dave", "carol");
    world.pass(HOUR);

    assert_eq!(world.texts("dave"), [""; 0], "what is behind a gap waits");
    world.reunite("dave", "alice");
    world.meet();
    world.pass(HOUR);
    assert_eq!(world.texts("dave"), ["not so old", "newer"], "others have it");
}

#[test]
fn who_dates_a_checkpoint_back_does_not_have_their_newer_words_forgotten() {
    let mut world = brief(&["bob", "carol"]);
    world.say("bob", "not so old");
    world.settle();
    world.pass(24 * HOUR);
    world.meet();
    let (mut disk, room) = (world.disk("carol"), world.room("carol"));
    let ((author, seq), run) = disk.runs(room).expect("readable").remove(0);
    let dated_back = Run { clock: run.clock - ((4 * 24 * 3_600_000) << 4), ..run };
    let runs = [((room, author, seq), Some(dated_back))].into_iter().collect();
    disk.commit(Batch { runs, ..Batch::default() }).expect("memory");

    world.restart_from("carol", disk);
    world.meet();
    world.pass(HOUR);

    assert_eq!(world.texts("carol"), ["not so old"]);
    world.pass(4 * HOUR);
    assert_eq!(stored(&world, "carol", "bob", TEXT), 1);
}

#[test]
fn where_messages_are_kept_for_ever_nothing_is_forgotten_and_no_checkpoint_written() {
    let mut world = World::default().with_camp(&["bob", "carol"]);
    world.say("bob", "one");
    world.settle();
    days(&mut world, 60);

    assert_eq!(stored(&world, "carol", "bob", CHECKPOINT), 0);
    assert_eq!(world.texts("carol"), ["one"]);
}

#[test]
fn setting_is_the_owners_and_admins_and_can_be_taken_back_for_what_follows() {
    let mut world = World::default().with_camp(&["bob", "carol"]);
    world.set_option("bob", TWO_DAYS, true);
    world.settle();
    assert_eq!(world.options("alice").kept_for, None);
    world.set_role("alice", "bob", Role::Admin);
    world.set_option("bob", RoomOption::KeepFor(KeptFor::Week), true);
    world.settle();
    world.set_option("alice", TWO_DAYS, true);
    world.settle();
    assert_eq!(world.options("carol").kept_for, Some(KeptFor::TwoDays), "the last word counts");
    world.say("carol", "gone");
    world.settle();
    world.pass(60 * HOUR);
    world.meet();

    world.set_option("alice", TWO_DAYS, false);
    world.say("carol", "stays");
    world.settle();
    days(&mut world, 20);

    for name in ["alice", "bob", "carol"] {
        assert_eq!(world.options(name).kept_for, None);
        assert_eq!(world.texts(name), ["stays"], "{name}: what has disappeared does not come back");
    }
}

#[test]
fn devices_whose_clocks_are_a_day_apart_still_understand_each_other() {
    for (ahead, behind) in [("carol", "dave"), ("dave", "carol")] {
        let mut world = brief(&["bob", "carol"]);
        world.add("dave");
        world.set_clock(ahead, DAY_MILLIS / 2);
        world.set_clock(behind, -DAY_MILLIS / 2);
        for other in ["alice", "bob"] {
            world.part("dave", other);
        }
        bob_writes_daily(&mut world, 7);
        world.part("carol", "alice");
        world.part("carol", "bob");

        world.scan("dave", "carol");
        world.pass(HOUR);
        world.say("carol", "here");
        world.settle();

        let texts = world.texts("dave");
        assert!(
            texts.contains(&"here".to_owned()) && texts.contains(&"day 6".to_owned()),
            "{texts:?}"
        );
    }
}

#[test]
fn much_is_forgotten_in_parts_and_a_crash_between_them_loses_nothing_else() {
    let mut world = brief(&["bob", "carol"]);
    for n in 0..1_300 {
        world.say("bob", &format!("old {n}"));
    }
    world.settle();
    world.pass(24 * HOUR);
    world.meet();
    world.say("bob", "middle");
    world.settle();
    let before = stored(&world, "carol", "bob", TEXT);
    let (disk, room) = (world.disk("carol"), world.room("carol"));
    let run = disk.runs(room).expect("readable").first().expect("a run").1;
    let written = (run.clock >> 4) + 1_577_836_800_000;
    let left = written + 3 * 24 * 3_600_000 - world.wall("carol").0;
    world.pass(Duration::from_millis(left) - Duration::from_secs(60));
    let mut steps = Vec::new();
    for _ in 0..2_000 {
        world.pass(Duration::from_millis(100));
        let left = stored(&world, "carol", "bob", TEXT);
        if steps.last() != Some(&left) {
            steps.push(left);
            world.reboot("carol");
            world.meet();
        }
    }

    assert_eq!(before, 1_301);
    assert!(steps.windows(2).all(|pair| pair[0] - pair[1] <= 512), "{steps:?}");
    assert_eq!(steps.last(), Some(&1), "all but what stands behind the checkpoint");
    world.say("bob", "new");
    world.settle();
    assert_eq!(world.texts("carol"), ["new"]);
}

/// The bound of a device, small enough to be reached here.
const SMALL: u64 = 16 << 20;

fn taken(world: &World, name: Name) -> u64 {
    world.memory(name).taken(world.room(name)).expect("readable")
}

/// `by` writes so many long messages.
fn flood(world: &mut World, by: Name, count: usize) {
    let long = "x".repeat(7_900);
    for n in 0..count {
        world.say(by, &format!("{by} {n} {long}"));
        if n % 100 == 0 {
            world.settle();
        }
    }
    world.settle();
}

fn is_full(world: &World, name: Name) -> bool {
    let told = world.events(name).iter().rev().find_map(|event| match event {
        Event::StorageTold { is_full, .. } => Some(*is_full),
        _ => None,
    });
    told.unwrap_or_default()
}

#[test]
fn flood_stays_below_the_bound_and_pushes_out_the_oldest_of_others_only() {
    let mut world = World::default().with_camp(&["bob", "carol"]);
    world.is_forgetful = true;
    world.command("carol", Command::SetBound { bytes: SMALL });
    world.say("carol", "mine, and known");
    flood(&mut world, "bob", 600);
    world.pass(60 * HOUR);
    world.part("carol", "alice");
    world.part("carol", "bob");
    world.say("carol", "mine, and unheard");
    world.pass(60 * HOUR);
    world.reunite("carol", "bob");
    world.meet();

    flood(&mut world, "bob", 700);
    world.pass(HOUR);

    assert!(taken(&world, "carol") <= SMALL / 2, "{}", taken(&world, "carol"));
    let texts = world.texts("carol");
    assert!(texts.iter().any(|text| text == "mine, and unheard"));
    assert!(!texts.iter().any(|text| text.starts_with("bob 0 ")) || texts.len() < 1_000);
    assert!(stored(&world, "carol", "bob", TEXT) < 1_100, "old ones went");
    assert_eq!(stored(&world, "alice", "bob", TEXT), 1_300, "from Carol's device only");
}

#[test]
fn what_is_younger_than_two_days_never_goes_and_new_words_wait_until_there_is_place() {
    let mut world = World::default().with_camp(&["bob", "carol"]);
    world.is_forgetful = true;
    world.command("carol", Command::SetBound { bytes: SMALL });

    flood(&mut world, "bob", 1_200);
    world.pass(HOUR);

    assert!(taken(&world, "carol") <= SMALL / 2, "{}", taken(&world, "carol"));
    assert!(is_full(&world, "carol"), "the person is told");
    let held = stored(&world, "carol", "bob", TEXT);
    assert!(held > 900, "{held}: nothing was removed");
    world.say("carol", "still writing");
    world.settle();
    assert!(world.texts("alice").iter().any(|text| text == "still writing"));
    world.pass(50 * HOUR);
    world.meet();
    world.say("bob", "later");
    world.settle();
    world.pass(HOUR);
    world.say("bob", "later still");
    world.settle();
    assert!(world.texts("carol").iter().any(|text| text == "later still"), "there is place again");
    assert!(taken(&world, "carol") <= SMALL / 2);
    assert!(!is_full(&world, "carol"));
}

#[test]
fn device_that_removed_old_texts_for_space_never_passes_on_what_does_not_follow() {
    let mut world = World::default().with_camp(&["bob", "carol"]);
    world.is_forgetful = true;
    flood(&mut world, "bob", 1_100);
    world.pass(60 * HOUR);
    world.command("carol", Command::SetBound { bytes: SMALL });
    world.pass(HOUR);
    world.restart("carol");
    assert!(stored(&world, "carol", "bob", TEXT) < 1_000);
    world.add("dave");
    leave_dave_with_carol(&mut world);

    world.scan("dave", "carol");
    world.pass(HOUR);

    assert_eq!(stored(&world, "dave", "bob", TEXT), 0);
    world.say("dave", "hello");
    world.settle();
    assert!(world.texts("carol").contains(&"hello".to_owned()));
    world.reunite("dave", "alice");
    world.meet();
    world.pass(HOUR);
    assert_eq!(stored(&world, "dave", "bob", TEXT), 1_100, "from somebody who has all of it");
}
