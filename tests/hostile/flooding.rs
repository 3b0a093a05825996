//! Those who send more than they should, or what should stop everybody who gets it.

use engine::{Frame, MAX_FRAME_LEN, Medium, Target};
use tests::{Name, World};

use super::{HAVE, MINUTE, OFFER, OPS, assert_talk, camp_in, open_camp};

#[test]
fn packets_over_a_limit_end_the_session() {
    let too_long = vec![0; MAX_FRAME_LEN + 1];
    for frame in [too_long, vec![], vec![99], [vec![3], vec![0; 13]].concat()] {
        let mut world = open_camp(&["bob"]);

        world.inject("bob", "alice", frame.clone());
        world.settle();

        assert_eq!(world.links_between("alice", "bob"), 0, "{:?}", &frame[..frame.len().min(8)]);
    }
}

#[test]
fn packet_of_more_operations_than_the_limit_ends_the_session() {
    let mut world = open_camp(&["bob"]);
    world.say("bob", "a");
    world.settle();
    let ops = world.frames("bob", "alice").into_iter().rfind(|f| f.first() == Some(&OPS));
    let known = ops.expect("bob's word").split_off(2);
    let packet = |count: u8| {
        let count = [OPS, 0x80 | count, 2];
        [count.to_vec(), known.repeat(256 + usize::from(count[1] & 0x7f))].concat()
    };

    // Bob would wonder at receipts for what he never sent.
    world.mute("alice", "bob");

    world.inject("bob", "alice", packet(0));
    world.settle();
    assert_eq!(world.links_between("alice", "bob"), 1);
    world.inject("bob", "alice", packet(1));
    world.settle();

    assert_eq!(world.links_between("alice", "bob"), 0);
}

#[test]
fn asking_again_without_end_gets_a_bounded_answer() {
    let mut world = open_camp(&["mallory", "bob"]);
    for n in 0..500 {
        world.say("alice", &format!("{n}"));
    }
    world.settle();
    let room_size: usize = world.frames("alice", "bob").iter().map(Vec::len).sum();
    let sent = |world: &World| world.frames("alice", "mallory").iter().map(Vec::len).sum::<usize>();
    let before = sent(&world);

    world.tamper("mallory", "alice", |frame| match frame.as_slice() {
        // Every receipt becomes a hundred demands for everything, each with a true receipt.
        [HAVE, .., taken] => vec![vec![HAVE, 0, 0, 1, *taken]; 100],
        _ => vec![frame],
    });
    world.say("alice", "go");
    world.settle();

    assert!(sent(&world) - before < 20 * room_size, "{} bytes", sent(&world) - before);
    assert_talk(&mut world, "alice", "bob");
}

#[test]
fn peer_that_acknowledges_nothing_gets_no_more_than_the_window() {
    let mut world = open_camp(&["mallory"]);
    world.cut("alice", "mallory");
    for n in 0..6_000 {
        world.say("alice", &format!("{n}"));
    }
    world.tamper("mallory", "alice", |frame| match frame.as_slice() {
        [HAVE, middle @ .., _taken] => vec![[&[HAVE], middle, &[0]].concat()],
        _ => vec![frame],
    });
    let before = world.frames("alice", "mallory").len();

    world.meet();

    let ops = world.frames("alice", "mallory").split_off(before);
    let ops = ops.iter().filter(|frame| frame.first() == Some(&OPS)).count();
    assert_eq!(ops, 8);
}

#[test]
fn flood_of_addresses_is_passed_on_up_to_a_limit() {
    let mut world = open_camp(&["mallory", "bob"]);
    let before = world.frames("alice", "bob").len();

    for n in 0..5_000u16 {
        let [high, low] = n.to_le_bytes();
        world.inject("mallory", "alice", vec![1, 1, 1, 6, 10, 0, 0, high, low, 1]);
    }
    world.settle();

    let told = world.frames("alice", "bob").len() - before;
    assert!((1..=2_000).contains(&told), "{told} packets");
    assert_talk(&mut world, "alice", "bob");
}

#[test]
fn repeated_digests_get_one_answer() {
    let mut world = open_camp(&["mallory"]);
    let before = world.frames("alice", "mallory").len();

    for _ in 0..1_000 {
        let digest = [vec![3], vec![7; 12]].concat();
        world.inject("mallory", "alice", digest);
    }
    world.settle();

    assert_eq!(world.frames("alice", "mallory").len(), before);
}

/// One crafted message, passed on by everybody, stopped a whole network (Bridgefy, 2020: what was
/// small became huge when it was unpacked). Nothing is ever unpacked here, and what is broken goes
/// no further than the first friend.
#[test]
fn one_crafted_packet_stops_nobody_and_goes_no_further() {
    let longest_number = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
    let ops = |bytes: &[u8]| {
        let len = [u8::try_from(bytes.len() % 128).expect("7 bits") | 0x80, 0];
        let len = [len[0], u8::try_from(bytes.len() / 128).expect("short")];
        [&[OPS, 1], &len[..], bytes].concat()
    };
    let crafted = [
        ops(&[0; 16_000]),
        ops(&[1; 16_000]),
        ops(&[1; 200]),
        ops(&[[1; 41].as_slice(), &longest_number, &[0; 200]].concat()),
        [&[OPS], longest_number.as_slice()].concat(),
        [&[OPS, 1], longest_number.as_slice()].concat(),
        [&[HAVE], longest_number.as_slice()].concat(),
        [&[7], longest_number.as_slice()].concat(),
        [&[8], longest_number.as_slice()].concat(),
        [vec![OPS, 0x80, 2], vec![0; 60_000]].concat(),
    ];
    for frame in crafted {
        let mut world = open_camp(&["mallory", "bob", "carol"]);
        for (a, b) in [("mallory", "bob"), ("mallory", "carol"), ("alice", "carol")] {
            world.part(a, b);
        }
        let passed = world.frames("alice", "bob").len();
        for _ in 0..3 {
            world.inject("mallory", "alice", frame.clone());
        }
        world.settle();

        let told = world.frames("alice", "bob").split_off(passed);
        let is_passed_on = |told: &Frame| matches!(told.first(), Some(&(OPS | OFFER)));
        assert!(!told.iter().any(is_passed_on) && told.len() <= 1, "{:?}", &frame[..4]);
        assert_talk(&mut world, "alice", "carol");
        assert_talk(&mut world, "alice", "bob");
    }
}

/// Who fills the air cannot be held to what they say of themselves, like a number of hops, but to
/// what of theirs is taken in (MeshCore, issue 3278; floods of Bitchat, pull request 300). There is
/// no such number here; each author has a measure a day, and so has the room.
#[test]
fn author_who_writes_without_end_is_held_to_a_measure_and_nobody_else_is() {
    const LEN: usize = 8_000;
    const MEASURE: usize = 64 << 20;
    let mut world = World::default();
    world.is_forgetful = true;
    let mut world = world.with_camp(&["mallory"]);
    let flood = "a".repeat(LEN);
    for _ in 0..MEASURE / LEN + 200 {
        world.say("mallory", &flood);
        world.settle();
    }

    let taken = world.texts("alice").len();
    assert!((1..=MEASURE / LEN).contains(&taken), "{taken} messages");
    assert_eq!(world.links_between("alice", "mallory"), 1, "the rest waits");

    world.say("alice", "still talking");
    world.settle();
    assert_eq!(world.texts("mallory").last().map(String::as_str), Some("still talking"));
    world.pass(24 * 60 * MINUTE);
    world.say("mallory", "sorry");
    world.settle();
    assert_eq!(world.texts("alice").last().map(String::as_str), Some("sorry"), "with a new day");
}

/// Sync that sent everything at every meeting filled the network of a venue (Serval at
/// linux.conf.au, 2013).
#[test]
fn friends_who_hold_the_same_find_that_out_in_64_bytes_and_send_nothing_twice() {
    let mut world = open_camp(&["bob"]);
    world.part("alice", "bob");
    for n in 0..40 {
        let guest: Name = Box::leak(format!("guest {n}").into_boxed_str());
        world.add(guest);
        world.part(guest, "bob");
        world.scan(guest, "alice");
        world.part(guest, "alice");
    }
    world.reunite("alice", "bob");
    for n in 0..100 {
        world.say(if n % 2 == 0 { "alice" } else { "bob" }, &format!("{n}"));
    }
    let (room, alice) = (world.room("bob"), world.me("alice"));
    world.open("bob", "alice", Target::Member(room, alice));
    world.settle();
    for _ in 0..20 {
        world.cut("alice", "bob");
        let before = [("alice", "bob"), ("bob", "alice")].map(|(a, b)| world.frames(a, b).len());
        world.open("bob", "alice", Target::Member(room, alice));
        world.settle();
        // After one frame of the handshake on either side.
        let sent = [
            world.frames("alice", "bob").split_off(before[0] + 1),
            world.frames("bob", "alice").split_off(before[1] + 1),
        ];
        assert!(!sent.concat().iter().any(|frame| frame.first() == Some(&OPS)));
        // All that is about what they hold, not about where friends can be dialed.
        let is_about_logs = |frame: &&Vec<u8>| (3..=9).contains(&frame[0]);
        let bytes: usize = sent.concat().iter().filter(is_about_logs).map(Vec::len).sum();
        assert!((1..=64).contains(&bytes), "{bytes} bytes");
    }
    assert_talk(&mut world, "alice", "bob");
}

/// What senders say of themselves limits nobody; what each device sends itself does (MeshCore, issue
/// 3278). Whoever asks on a shared radio, without end, has others fill it up to their own measure.
#[test]
fn peer_that_demands_everything_again_and_again_gets_no_more_air_than_any_other() {
    const SECONDS: usize = 60;
    let mut world = World::binding();
    world.medium = Medium::Air;
    let mut world = camp_in(world, &["mallory", "bob"]);
    for n in 0..1_500 {
        world.say("alice", &format!("{n} {}", "a".repeat(400)));
    }
    world.settle();
    world.pass(MINUTE * 2);
    let sent = |world: &World| world.frames("alice", "mallory").iter().map(Vec::len).sum::<usize>();
    let before = sent(&world);
    world.tamper("mallory", "alice", |frame| match frame.as_slice() {
        // Once every 64 packets, so that much came before all is demanded anew.
        [HAVE, 0, 0, 0, taken @ ..] if taken.first().is_some_and(|low| low % 64 == 5) => {
            vec![[&[HAVE, 0, 0, 1], taken].concat()]
        }
        _ => vec![frame],
    });

    world.inject("mallory", "alice", vec![HAVE, 0, 0, 1, 0]);
    world.settle();
    world.pass(MINUTE);

    // A burst, what a minute brings, and the packet that is under way.
    let cost = sent(&world) - before;
    assert!(cost <= 64_000 + SECONDS * 20_000 + 10_000, "{cost} bytes");
    assert!(cost > 200_000, "{cost} bytes: it asked for more than a burst");
    assert_talk(&mut world, "alice", "bob");
}

#[test]
fn peer_that_dials_again_and_again_gets_no_new_measure_of_air() {
    let mut world = World::binding();
    world.medium = Medium::Air;
    let mut world = camp_in(world, &["mallory"]);
    let (room, alice) = (world.room("mallory"), world.me("alice"));
    world.cut("alice", "mallory");
    for n in 0..2_000 {
        world.say("alice", &format!("{n} {}", "a".repeat(300)));
    }
    world.pass(MINUTE);
    let before: usize = world.frames("alice", "mallory").iter().map(Vec::len).sum();

    // She takes what comes at once, forgets it, and is there anew.
    let disk = world.disk("mallory");
    for _ in 0..20 {
        world.open("mallory", "alice", Target::Member(room, alice));
        world.settle();
        world.restart_from("mallory", disk.clone());
    }

    let cost = world.frames("alice", "mallory").iter().map(Vec::len).sum::<usize>() - before;
    assert!((30_000..=64_000 + 60_000).contains(&cost), "{cost} bytes");
}
