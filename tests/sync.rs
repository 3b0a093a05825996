//! Devices that meet end up with the same messages.

use std::time::Duration;

use engine::{Body, Command, Event, Position};
use tests::{Name, World};

const HOUR: Duration = Duration::from_secs(3_600);
/// In milliseconds.
const DAY: i64 = 86_400_000;

/// Alice and her friends, all let in by scanning her screen.
fn camp(guests: &[Name]) -> World {
    World::default().with_camp(guests)
}

fn say_many(world: &mut World, name: Name, count: usize) -> Vec<String> {
    let texts: Vec<String> = (0..count).map(|n| format!("{name} {n}")).collect();
    texts.iter().for_each(|text| world.say(name, text));
    texts
}

#[test]
fn message_written_offline_arrives_when_devices_meet() {
    let mut world = camp(&["bob"]);
    world.cut("alice", "bob");
    world.say("alice", "hello");

    world.dial_all("bob");
    world.settle();

    assert_eq!(world.texts("bob"), ["hello"]);
}

#[test]
fn both_sides_of_a_partition_end_with_the_same_order() {
    let mut world = camp(&["bob"]);
    world.cut("alice", "bob");
    for n in 0..50 {
        world.say("alice", &format!("alice {n}"));
        world.say("bob", &format!("bob {n}"));
    }

    world.meet();

    assert_eq!(world.texts("alice").len(), 100);
    assert_eq!(world.texts("alice"), world.texts("bob"));
}

#[test]
fn message_reaches_a_third_device_through_the_second() {
    let mut world = camp(&["bob", "carol"]);
    world.part("bob", "carol");

    world.say("bob", "pass it on");
    world.settle();

    assert_eq!(world.texts("carol"), ["pass it on"]);
}

#[test]
fn message_travels_along_a_chain_of_devices_that_never_meet_at_once() {
    let mut world = camp(&["bob", "carol", "dave"]);
    let names = ["alice", "bob", "carol", "dave"];
    for (n, a) in names.iter().enumerate() {
        names[n + 1..].iter().for_each(|b| world.part(a, b));
    }
    world.say("alice", "far");

    for pair in names.windows(2) {
        world.reunite(pair[0], pair[1]);
        world.meet();
        world.part(pair[0], pair[1]);
    }

    assert_eq!(world.texts("dave"), ["far"]);
}

#[test]
fn newcomer_catches_up_on_more_than_one_reply() {
    let mut world = camp(&[]);
    let texts = say_many(&mut world, "alice", 3_000);

    world.add("bob");
    world.scan("bob", "alice");

    assert_eq!(world.texts("bob"), texts);
}

#[test]
fn longest_texts_fit_their_packets() {
    let mut world = camp(&[]);
    let texts: Vec<String> = (0..60).map(|n| format!("{n:08000}")).collect();
    texts.iter().for_each(|text| world.say("alice", text));

    world.add("bob");
    world.scan("bob", "alice");

    assert_eq!(world.texts("bob"), texts);
}

#[test]
fn catch_up_never_has_more_than_eight_packets_under_way() {
    let mut world = camp(&["bob"]);
    world.cut("alice", "bob");
    say_many(&mut world, "alice", 6_000);

    world.dial_all("bob");
    let mut most = 0;
    while world.deliver() {
        most = most.max(world.in_flight("bob"));
    }

    assert_eq!(world.texts("bob").len(), 6_000);
    // Beside operations: a greeting, and receipts for what the other side wrote.
    assert!(most <= 12, "{most} frames under way");
}

#[test]
fn catch_up_goes_on_where_a_lost_link_left_off() {
    let mut world = camp(&["bob"]);
    world.cut("alice", "bob");
    let texts = say_many(&mut world, "alice", 3_000);
    world.dial_all("bob");
    (0..14).for_each(|_| assert!(world.deliver()));
    world.cut("alice", "bob");
    let before = world.texts("bob").len();
    let sent = world.frames("alice", "bob").iter().map(Vec::len).sum::<usize>();

    world.meet();

    assert!((1..3_000).contains(&before), "{before} came before the cut");
    assert_eq!(world.texts("bob"), texts);
    let sent = world.frames("alice", "bob").iter().map(Vec::len).sum::<usize>() - sent;
    assert!(sent < (3_000 - before) * 260, "{sent} bytes for {} messages", 3_000 - before);
}

#[test]
fn devices_that_hold_the_same_exchange_a_few_hundred_bytes() {
    let mut world = camp(&["bob"]);
    say_many(&mut world, "alice", 500);
    world.settle();
    world.cut("alice", "bob");
    let size = |world: &World| {
        let frames = [world.frames("alice", "bob"), world.frames("bob", "alice")].concat();
        frames.iter().map(Vec::len).sum::<usize>()
    };
    let before = size(&world);

    world.meet();

    let spent = size(&world) - before;
    assert!(spent < 600, "{spent} bytes");
}

#[test]
fn groups_that_grew_apart_become_one() {
    let mut world = camp(&["bob", "carol"]);
    let (here, there): ([Name; 7], [Name; 7]) =
        (["h0", "h1", "h2", "h3", "h4", "h5", "h6"], ["t0", "t1", "t2", "t3", "t4", "t5", "t6"]);
    world.part("alice", "bob");
    world.part("alice", "carol");
    for (guests, host) in [(here, "alice"), (there, "bob")] {
        for guest in guests {
            world.add(guest);
            world.scan(guest, host);
            world.say(guest, "I am new");
        }
        world.settle();
    }
    let apart = here.iter().chain(&["alice"]).flat_map(|a| there.map(|b| (*a, b)));
    for (a, b) in apart.collect::<Vec<_>>() {
        world.part(a, b);
    }

    world.reunite("alice", "bob");
    world.meet();

    let all = world.texts("alice");
    assert_eq!(all.len(), 14);
    for name in here.into_iter().chain(there).chain(["bob", "carol"]) {
        assert_eq!(world.texts(name), all, "{name}");
        assert_eq!(world.roster(name), world.roster("alice"), "{name}");
    }
}

#[test]
fn operations_committed_while_digests_cross_are_not_lost() {
    for seed in 0..60 {
        let mut world = World::seeded(seed);
        world.add("alice");
        world.create_room("alice");
        for guest in ["bob", "carol"] {
            world.add(guest);
            world.scan(guest, "alice");
        }
        world.meet();
        world.cut("alice", "bob");
        world.cut("bob", "carol");
        world.dial_all("bob");
        for n in 0..12 {
            world.deliver();
            let name = ["alice", "bob", "carol"][n % 3];
            world.say(name, &format!("{n}"));
        }

        world.settle();

        let all = world.texts("alice");
        assert_eq!(all.len(), 12, "seed {seed}");
        assert_eq!(world.texts("bob"), all, "seed {seed}");
        assert_eq!(world.texts("carol"), all, "seed {seed}");
    }
}

#[test]
fn unread_counts_exactly_what_others_wrote_after_the_last_one_read() {
    let mut world = camp(&["bob"]);
    world.say("bob", "my own does not count");
    say_many(&mut world, "alice", 5);
    world.settle();
    assert_eq!(world.unread("bob"), Some(5));

    let room = world.room("bob");
    let third = world.history("bob", room).into_iter().rev().nth(2).expect("five texts");
    world.command("bob", Command::MarkRead { room, up_to: third.position });

    assert_eq!(world.unread("bob"), Some(2));
    world.restart("bob");
    assert_eq!(world.unread("bob"), Some(2));
}

#[test]
fn message_older_than_the_last_one_read_is_not_unread_before_and_after_a_restart() {
    let mut world = camp(&["bob", "carol"]);
    world.part("alice", "carol");
    world.part("bob", "carol");
    world.say("carol", "written first, arrives last");
    world.pass(HOUR);
    world.say("alice", "read already");
    world.settle();
    let room = world.room("bob");
    let newest = world.history("bob", room).pop().expect("a text");
    world.command("bob", Command::MarkRead { room, up_to: newest.position });

    world.reunite("bob", "carol");
    world.meet();

    assert_eq!(world.texts("bob").len(), 2);
    assert_eq!(world.unread("bob"), Some(0));
    world.restart("bob");
    assert_eq!(world.unread("bob"), Some(0));
}

#[test]
fn pages_cover_a_history_of_thousands_once_while_more_arrives() {
    let mut world = camp(&["bob"]);
    let texts = say_many(&mut world, "alice", 2_500);
    world.settle();

    let room = world.room("bob");
    let mut seen: Vec<String> = Vec::new();
    let mut before: Option<Position> = None;
    loop {
        let (messages, is_start) = world.page("bob", room, before, 77);
        before = messages.first().map(|message| message.position).or(before);
        let texts = messages.into_iter().filter_map(|message| match message.body {
            Body::Text(text) => Some(text),
            _ => None,
        });
        seen.splice(0..0, texts);
        if is_start {
            break;
        }
        world.say("alice", "live");
        world.settle();
    }

    assert_eq!(seen, texts);
}

#[test]
fn page_asked_for_before_a_commit_shows_what_was_told_before_it() {
    let mut world = camp(&["bob"]);
    let room = world.room("bob");
    world.say("alice", "just now");
    world.hold("bob");
    world.settle();
    world.command("bob", Command::LoadPage { room, before: None, limit: 10 });

    world.release("bob");

    let page = world.events("bob").iter().rev().find_map(|event| match event {
        Event::PageLoaded { messages, .. } => messages.last().cloned(),
        _ => None,
    });
    assert_eq!(page.map(|message| message.body), Some(Body::Text("just now".to_owned())));
}

#[test]
fn message_from_a_clock_days_ahead_stays_on_top_for_minutes_only() {
    let mut world = camp(&["bob", "carol"]);
    world.part("carol", "alice");
    world.part("carol", "bob");
    world.set_clock("bob", 5 * DAY);
    world.say("bob", "from the future");
    world.settle();
    world.pass(Duration::from_secs(301));

    world.say("carol", "from now");
    world.reunite("carol", "alice");
    world.meet();

    assert_eq!(world.texts("alice"), ["from the future", "from now"]);
}

#[test]
fn answer_to_a_clock_minutes_ahead_stands_below_the_question() {
    let mut world = camp(&["bob"]);
    world.set_clock("bob", 120_000);
    world.say("bob", "question");
    world.settle();

    world.say("alice", "answer");
    world.settle();

    assert_eq!(world.texts("alice"), ["question", "answer"]);
    assert_eq!(world.texts("bob"), ["question", "answer"]);
}

#[test]
fn nothing_is_said_before_it_is_on_disk_and_nothing_is_lost_with_the_process() {
    let mut world = camp(&["bob"]);
    world.hold("alice");
    world.say("alice", "never committed");
    world.restart("alice");
    world.say("alice", "committed");

    world.meet();

    assert_eq!(world.texts("alice"), ["committed"]);
    assert_eq!(world.texts("bob"), ["committed"]);
}

#[test]
fn receiver_that_crashes_before_its_commit_gets_it_again() {
    let mut world = camp(&["bob"]);
    world.hold("bob");
    world.say("alice", "twice if need be");
    world.settle();
    world.restart("bob");
    assert_eq!(world.texts("bob"), Vec::<String>::new());

    world.meet();

    assert_eq!(world.texts("bob"), ["twice if need be"]);
}

#[test]
fn signatures_checked_on_all_cores_lead_to_the_same_as_in_turn() {
    let [in_turn, on_all_cores] = [false, true].map(|is_on_all_cores| {
        let mut world = World::binding();
        world.is_on_all_cores = is_on_all_cores;
        world.add("alice");
        world.create_room("alice");
        world.add("bob");
        world.scan("bob", "alice");
        world.cut("alice", "bob");
        say_many(&mut world, "alice", 700);
        // One operation in the middle of each packet is forged.
        world.tamper("alice", "bob", |mut frame| {
            let middle = frame.len() / 2;
            if frame.len() > 10_000 {
                frame[middle] ^= 1;
            }
            vec![frame]
        });
        world.meet();
        let forged = world.texts("bob");
        world.tamper("alice", "bob", |frame| vec![frame]);
        world.cut("alice", "bob");
        world.meet();
        (forged, world.texts("bob"))
    });

    assert!((1..700).contains(&in_turn.0.len()), "{} before the forged one", in_turn.0.len());
    assert_eq!(in_turn.1.len(), 700);
    assert_eq!(in_turn, on_all_cores);
}
