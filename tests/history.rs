//! Rooms in which newcomers do not read what was written before they came.

#[path = "history/halves.rs"]
mod halves;
#[path = "history/invites.rs"]
mod invites;
#[path = "history/liars.rs"]
mod liars;
#[path = "history/spy.rs"]
mod spy;

use std::{collections::BTreeSet, time::Duration};

use engine::{Command, Event, MemoryStore, Role, RoomOption, Store as _};
use tests::{Name, World};

const HIDE: RoomOption = RoomOption::HideHistory;
const HOUR: Duration = Duration::from_secs(3_600);
/// What the store calls operations that say from which step on their author reads.
const READS: u8 = 17;

/// A room of Alice's, who is there with `guests`, in which newcomers read only what follows.
fn closed(world: World, guests: &[Name]) -> World {
    let mut world = world.with_camp_that_met(guests);
    world.set_option("alice", HIDE, true);
    world.settle();
    world
}

fn join(world: &mut World, guest: Name, host: Name) {
    world.add(guest);
    world.scan(guest, host);
}

fn say(world: &mut World, name: Name, text: &str) {
    world.say(name, text);
    world.settle();
}

/// What `name` could read with all it holds, and all that anybody else ever wrote.
fn read_with_everything(world: &World, name: Name, others: &[Name]) -> BTreeSet<String> {
    let others: Vec<_> = others.iter().map(|other| world.disk(other)).collect();
    spy::texts(&world.disk(name), &others)
}

/// Whether the last page `name` was shown says that something is hidden.
fn hides(world: &mut World, name: Name) -> bool {
    world.texts(name);
    let pages = world.events(name).iter().rev();
    let told = pages.filter_map(|event| match event {
        Event::PageLoaded { hides_earlier, .. } => Some(*hides_earlier),
        _ => None,
    });
    told.into_iter().next().expect("a page")
}

#[test]
fn newcomer_with_all_it_holds_opens_nothing_that_was_written_before() {
    let mut world = World::default();
    world.add_relay();
    let mut world = closed(world, &["bob"]);
    for n in 0..520 {
        let name = if n % 2 == 0 { "alice" } else { "bob" };
        world.say(name, &format!("before {n}"));
    }
    world.settle();

    join(&mut world, "maya", "bob");
    world.meet();
    say(&mut world, "bob", "after");
    world.pass(HOUR);
    world.restart("maya");
    world.meet();
    // A day later keys are renewed by themselves, then changed by a person, and once in two places.
    world.pass(HOUR * 30);
    say(&mut world, "alice", "the next day");
    world.meet();
    let room = world.room("alice");
    world.command("alice", Command::ChangeKey { room });
    world.settle();
    say(&mut world, "bob", "with another key");
    world.switch_off("alice");
    world.pass(HOUR);
    world.switch_on("alice");
    world.meet();

    let after = ["after", "the next day", "with another key"];
    assert_eq!(world.texts("maya"), after);
    let read = read_with_everything(&world, "maya", &["alice", "bob"]);
    assert_eq!(read, after.map(str::to_owned).into());
    let read = read_with_everything(&world, "bob", &["alice", "maya"]);
    assert_eq!(
        read.len(),
        523,
        "who was there can open all of it, so the test above says something"
    );
    assert_eq!(world.texts("bob").len(), 523);
}

#[test]
fn newcomer_opens_nothing_that_was_written_with_keys_that_renewed_themselves() {
    let mut world = closed(World::default(), &["bob"]);
    let keys = |world: &World| world.disk("bob").rooms().expect("memory").remove(0).epochs.len();
    let before = keys(&world);
    for day in 0..3 {
        say(&mut world, "bob", &format!("before, day {day}"));
        world.pass(HOUR * 25);
        world.meet();
    }
    assert!(keys(&world) >= before + 3, "they did");
    say(&mut world, "bob", "before, with the newest");

    join(&mut world, "maya", "bob");
    world.meet();
    say(&mut world, "bob", "after");

    assert_eq!(world.texts("maya"), ["after"]);
    let read = read_with_everything(&world, "maya", &["alice", "bob"]);
    assert_eq!(read, ["after".to_owned()].into());
}

#[test]
fn newcomer_is_told_that_something_is_hidden_and_nothing_of_it_is_unread() {
    let mut world = closed(World::default(), &["bob"]);
    join(&mut world, "early", "alice");
    assert!(!hides(&mut world, "early"), "nothing was said yet");
    say(&mut world, "alice", "before");

    join(&mut world, "maya", "alice");

    assert!(hides(&mut world, "maya"));
    assert_eq!(world.unread("maya").unwrap_or_default(), 0);
    let room = world.room("maya");
    assert!(world.history("maya", room).len() > 3, "who came, and what happened, is shown");
    world.restart("maya");
    assert!(hides(&mut world, "maya"), "and remembered");
    world.meet();
    say(&mut world, "bob", "after");
    assert_eq!(world.unread("maya"), Some(1));
    for name in ["early", "bob", "alice"] {
        assert!(!hides(&mut world, name), "{name}");
        assert_eq!(world.texts(name), ["before", "after"], "{name}");
    }
}

#[test]
fn hidden_texts_are_held_passed_on_and_acknowledged_like_any() {
    let mut world = closed(World::default(), &["bob"]);
    say(&mut world, "alice", "before");
    join(&mut world, "maya", "alice");
    for (a, b) in [("alice", "bob"), ("alice", "maya"), ("bob", "maya")] {
        world.part(a, b);
    }
    let written = world.received("alice", "maya");
    assert_eq!(written, world.received("alice", "bob"));
    join(&mut world, "noah", "maya");
    for (a, b) in [("alice", "noah"), ("alice", "maya")] {
        world.part(a, b);
    }

    // Whoever was there gets it from who cannot read it.
    let (disk, room) = (world.disk("bob"), world.room("bob"));
    world.reunite("bob", "maya");
    world.meet();
    say(&mut world, "maya", "after");
    assert_eq!(world.texts("bob"), ["before", "after"]);
    assert_eq!(world.texts("noah"), ["after"]);
    let of = |disk: &MemoryStore| -> BTreeSet<Vec<u8>> {
        let all = disk.page_before(room, None, usize::MAX).expect("memory");
        all.into_iter().map(|op| op.bytes).collect()
    };
    assert!(of(&world.disk("noah")).is_superset(&of(&disk)));
}

#[test]
fn every_newcomer_reads_from_its_own_coming_on() {
    let mut world = closed(World::default(), &["bob"]);
    let guests: [Name; 4] = ["one", "two", "three", "four"];
    for guest in guests {
        say(&mut world, "alice", &format!("alice before {guest}"));
        say(&mut world, "bob", &format!("bob before {guest}"));
        // What is known of steps outlives a restart, before somebody comes and after.
        for name in ["alice", "bob"] {
            world.restart(name);
        }
        join(&mut world, guest, "alice");
        world.meet();
        for name in ["alice", "bob", guest] {
            world.restart(name);
        }
        world.meet();
    }
    say(&mut world, "one", "at last");

    let mut all = world.texts("alice");
    assert_eq!(all.len(), 9);
    let room = world.room("alice");
    let written = world.disk("alice").page_before(room, None, usize::MAX).expect("memory");
    let reads = written.iter().filter(|op| op.kind == READS).count();
    assert_eq!(reads, guests.len(), "each says once from when on they read");
    for guest in guests {
        all.drain(..2);
        assert_eq!(world.texts(guest), all, "{guest}");
        let others = ["alice", "bob", "one", "two", "three", "four"];
        let read = read_with_everything(&world, guest, &others);
        assert_eq!(read, all.iter().cloned().collect(), "{guest}");
    }
}

#[test]
fn what_was_written_before_the_option_was_switched_on_stays_readable() {
    let mut world = World::default().with_camp_that_met(&["bob"]);
    say(&mut world, "alice", "open");
    world.set_option("alice", HIDE, true);
    world.settle();
    say(&mut world, "bob", "hidden");

    join(&mut world, "maya", "bob");

    assert_eq!(world.texts("maya"), ["open"]);
}

#[test]
fn once_it_is_switched_off_newcomers_read_what_follows_and_not_what_was_hidden() {
    let mut world = closed(World::default(), &["bob"]);
    say(&mut world, "alice", "hidden");
    join(&mut world, "maya", "alice");
    world.set_option("alice", HIDE, false);
    world.settle();
    say(&mut world, "bob", "open");

    join(&mut world, "noah", "bob");
    say(&mut world, "alice", "open as well");

    for guest in ["maya", "noah"] {
        assert_eq!(world.texts(guest), ["open", "open as well"], "{guest}");
        let read = read_with_everything(&world, guest, &["alice", "bob"]);
        assert!(!read.contains("hidden"), "{guest}");
    }
}

#[test]
fn nobody_joins_such_a_room_while_nobody_is_there() {
    let mut world = World::default();
    world.add_relay();
    let mut world = closed(world, &["bob"]);
    let invite = world.show_invite("alice");
    say(&mut world, "alice", "among us");
    world.pass(HOUR);
    for name in ["alice", "bob"] {
        world.switch_off(name);
    }

    world.add("maya");
    world.accept("maya", &invite);
    world.pass(HOUR);
    assert_eq!(world.rooms("maya"), []);

    world.switch_on("alice");
    world.meet();
    assert_eq!(world.rooms("maya").len(), 1);
    assert!(world.texts("maya").is_empty());
}

#[test]
fn removed_members_read_nothing_of_what_follows() {
    let mut world = closed(World::default(), &["bob"]);
    join(&mut world, "maya", "alice");
    world.meet();
    say(&mut world, "alice", "to all");

    for out in ["bob", "maya"] {
        world.set_role("alice", out, Role::Removed);
        world.settle();
    }
    join(&mut world, "noah", "alice");
    say(&mut world, "alice", "among the rest");

    assert_eq!(world.texts("noah"), ["among the rest"]);
    for out in ["bob", "maya"] {
        let read = read_with_everything(&world, out, &["alice", "noah"]);
        assert_eq!(read, ["to all".to_owned()].into(), "{out}");
    }
}

#[test]
fn false_key_of_a_host_is_made_good_by_whoever_else_is_met() {
    let mut world = closed(World::binding(), &["bob", "carol"]);
    say(&mut world, "alice", "before");
    // What texts open with is the end of a welcome, and of keys that are given.
    world.add("maya");
    world.tamper("alice", "maya", |mut frame| {
        if matches!(frame.first(), Some(0 | 11)) && frame.len() > 64 {
            *frame.last_mut().expect("an end") ^= 1;
        }
        vec![frame]
    });
    world.scan("maya", "alice");
    assert_eq!(world.rooms("maya").len(), 1);
    say(&mut world, "bob", "one");
    assert!(world.texts("maya").is_empty(), "it was another key");

    for name in ["bob", "carol"] {
        world.restart(name);
    }
    world.meet();
    say(&mut world, "carol", "two");
    say(&mut world, "maya", "three");

    assert!(world.texts("maya").ends_with(&["two".to_owned(), "three".to_owned()]));
    assert!(world.texts("bob").ends_with(&["two".to_owned(), "three".to_owned()]));
}
