//! Whatever strangers and members send, the others go on.

use std::time::Duration;

use engine::{Command, Event, Frame, LinkId, MAX_FRAME_LEN, Refusal, Target};
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore as _, SeedableRng as _};
use tests::{Name, World};

const MINUTE: Duration = Duration::from_secs(60);

// The first byte of packets, which travel in clear inside links that encrypt by themselves.
const HAVE: u8 = 4;
const OPS: u8 = 5;

/// Alice's friends, let in by scanning her screen, and connected with each other.
fn camp_in(world: World, guests: &[Name]) -> World {
    let mut world = world.with_camp(guests);
    world.meet();
    world
}

fn camp(guests: &[Name]) -> World {
    camp_in(World::default(), guests)
}

/// A camp on links that encrypt by themselves, so that a test can read and change packets.
fn open_camp(guests: &[Name]) -> World {
    camp_in(World::binding(), guests)
}

fn assert_talk(world: &mut World, a: Name, b: Name) {
    for (from, to) in [(a, b), (b, a)] {
        world.say(from, "still talking");
        world.settle();
        assert_eq!(world.texts(to).last().map(String::as_str), Some("still talking"), "{to}");
    }
}

fn flip_last(mut frame: Frame) -> Vec<Frame> {
    if frame.first() == Some(&OPS)
        && let Some(last) = frame.last_mut()
    {
        *last ^= 1;
    }
    vec![frame]
}

#[test]
fn bytes_before_a_handshake_get_no_answer_and_close_the_link() {
    let mut world = camp(&["bob"]);
    let mut chance = ChaCha20Rng::seed_from_u64(1);
    for len in [0, 1, 2, 17, 18, 66, 114, 511, 512, 513, 4_096, MAX_FRAME_LEN, MAX_FRAME_LEN + 1] {
        for kind in [0, 1, 2, 3, 255] {
            let mut frame = vec![0; len];
            chance.fill_bytes(&mut frame);
            frame.iter_mut().zip([1, kind]).for_each(|(to, from)| *to = from);
            let link = world.open_raw("alice");

            let answers = world.send_raw("alice", link, frame);

            assert_eq!(answers, Vec::<Frame>::new(), "{len} bytes of kind {kind}");
            assert!(!world.is_open("alice", link), "{len} bytes of kind {kind}");
        }
    }
    assert_talk(&mut world, "alice", "bob");
}

#[test]
fn ten_thousand_silent_callers_hold_no_more_than_the_limit_and_let_others_in() {
    let mut world = camp(&["bob"]);
    let callers: Vec<LinkId> = (0..10_000).map(|_| world.open_raw("alice")).collect();
    let open = callers.iter().filter(|link| world.is_open("alice", **link)).count();
    assert!(open <= 128, "{open} links");

    world.add("carol");
    world.scan("carol", "alice");

    assert_talk(&mut world, "alice", "carol");
    assert_talk(&mut world, "alice", "bob");
    world.pass(MINUTE);
    assert!(callers.iter().all(|link| !world.is_open("alice", *link)), "they end by themselves");
}

#[test]
fn replayed_reconnect_neither_shows_a_peer_nor_ends_the_real_session() {
    let mut world = camp(&["bob"]);
    world.cut("alice", "bob");
    world.meet();
    let is_reconnect = |frame: &Frame| frame.starts_with(&[1, 2]);
    let frames = world.frames("bob", "alice");
    let opening = frames.into_iter().rev().find(is_reconnect).expect("a reconnect");
    let told = world.events("alice").len();

    let link = world.open_raw("alice");
    let answers = world.send_raw("alice", link, opening);

    assert!(!answers.is_empty(), "a replay looks right at first");
    assert_eq!(world.events("alice").len(), told, "nobody is told of it");
    assert_talk(&mut world, "alice", "bob");
    world.pass(MINUTE);
    assert!(!world.is_open("alice", link));
    assert_talk(&mut world, "alice", "bob");
}

#[test]
fn replayed_reconnect_gets_no_answer_on_a_link_with_a_binding() {
    let mut world = open_camp(&["bob"]);
    world.cut("alice", "bob");
    world.meet();
    let is_reconnect = |frame: &Frame| frame.starts_with(&[1, 2]);
    let frames = world.frames("bob", "alice");
    let opening = frames.into_iter().rev().find(is_reconnect).expect("a reconnect");

    let link = world.open_raw("alice");
    let answers = world.send_raw("alice", link, opening);

    assert_eq!(answers, Vec::<Frame>::new());
    assert!(!world.is_open("alice", link));
}

#[test]
fn own_first_frame_thrown_back_gets_no_answer() {
    let mut world = camp(&["bob"]);
    world.cut("alice", "bob");
    world.dial_all("bob");
    let frames = world.frames("bob", "alice");

    let link = world.open_raw("bob");
    let answers = world.send_raw("bob", link, frames.last().expect("a reconnect").clone());

    assert_eq!(answers, Vec::<Frame>::new());
    assert!(!world.is_open("bob", link));
}

#[test]
fn copy_of_a_device_gets_no_session_with_it() {
    let mut world = camp(&["bob"]);
    let disk = world.disk("bob");
    world.add("twin");
    world.restart_from("twin", disk);

    let target = Target::Member(world.room("bob"), world.me("bob"));
    world.open("twin", "bob", target);
    world.settle();

    assert_eq!(world.links_between("twin", "bob"), 0);
    assert_talk(&mut world, "alice", "bob");
}

#[test]
fn replayed_first_contact_ends_nowhere() {
    let mut world = camp(&["bob"]);
    let frames = world.frames("bob", "alice");
    let opening = frames.iter().position(|f| f.starts_with(&[1, 1])).expect("a first contact");
    let link = world.open_raw("alice");

    world.send_raw("alice", link, frames[opening].clone());
    world.send_raw("alice", link, frames[opening + 1].clone());

    assert!(!world.is_open("alice", link));
    assert_eq!(world.roster("alice"), ["alice", "bob"]);
}

#[test]
fn repeated_frame_ends_the_session_and_the_next_one_repairs_it() {
    let mut world = camp(&["bob"]);
    world.tamper("bob", "alice", |frame| vec![frame.clone(), frame]);
    world.say("bob", "once");
    world.settle();
    assert_eq!(world.links_between("alice", "bob"), 0);

    world.tamper("bob", "alice", |frame| vec![frame]);
    world.meet();

    assert_eq!(world.texts("alice"), ["once"]);
}

#[test]
fn reordered_frames_end_the_session_and_the_next_one_repairs_it() {
    let mut world = camp(&["bob"]);
    world.say("bob", "one");
    world.say("bob", "two");
    world.reorder("alice");
    world.settle();
    assert_eq!(world.links_between("alice", "bob"), 0);

    world.meet();

    assert_eq!(world.texts("alice"), ["one", "two"]);
}

#[test]
fn truncated_frame_ends_the_session_and_the_next_one_repairs_it() {
    for mut world in [camp(&["bob"]), open_camp(&["bob"])] {
        world.tamper("bob", "alice", |mut frame| {
            frame.truncate(frame.len() / 2);
            vec![frame]
        });
        world.say("bob", "cut short");
        world.settle();
        assert_eq!(world.links_between("alice", "bob"), 0);

        world.tamper("bob", "alice", |frame| vec![frame]);
        world.meet();

        assert_eq!(world.texts("alice"), ["cut short"]);
    }
}

#[test]
fn packets_over_a_limit_end_the_session() {
    let too_long = vec![0; MAX_FRAME_LEN + 1];
    let never_sent = vec![HAVE, 0, 0, 0, 100];
    let welcome_again = vec![0, 0, 0];
    let sketch_of_three = [vec![7, 3], vec![1; 12], vec![0]].concat();
    let sketch_again = [vec![7, 1], vec![1; 4], vec![0]].concat();
    let heights_unasked = vec![8, 1, 0, 0, 1, 1, 0];
    let differences_unasked = vec![9, 1, 0, 0];
    let unasked = [sketch_of_three, sketch_again, heights_unasked, differences_unasked];
    let others = [too_long, never_sent, welcome_again, vec![], vec![99]];
    for frame in unasked.into_iter().chain(others) {
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
fn peer_that_passes_on_what_follows_a_fork_is_not_blamed() {
    let mut world = camp(&["mallory", "bob"]);
    let before = world.disk("mallory");
    world.part("alice", "bob");
    world.part("mallory", "bob");
    world.say("mallory", "for alice");
    world.settle();
    world.restart_from("mallory", before);
    world.part("mallory", "alice");
    world.reunite("mallory", "bob");
    (0..600).for_each(|_| world.say("mallory", "for bob"));
    world.meet();
    world.part("mallory", "bob");

    world.reunite("alice", "bob");
    world.meet();

    assert_eq!(world.links_between("alice", "bob"), 1);
    assert_talk(&mut world, "alice", "bob");
}

#[test]
fn one_bad_signature_is_forgiven_and_does_not_spread() {
    let mut world = open_camp(&["mallory", "bob"]);
    world.tamper("mallory", "alice", flip_last);
    world.part("mallory", "bob");
    world.say("mallory", "forged");
    world.settle();
    world.tamper("mallory", "alice", |frame| vec![frame]);

    assert_eq!(world.texts("alice"), Vec::<String>::new());
    assert_eq!(world.texts("bob"), Vec::<String>::new());
    assert_eq!(world.links_between("mallory", "alice"), 1);
    world.cut("mallory", "alice");
    world.meet();
    assert_eq!(world.texts("bob"), ["forged"], "the true one is taken");
}

#[test]
fn forger_is_not_spoken_to_for_a_while() {
    let mut world = open_camp(&["mallory", "bob"]);
    world.tamper("mallory", "alice", |frame| {
        let forged = flip_last(frame);
        [forged.clone(), forged.clone(), forged].concat()
    });
    world.part("mallory", "bob");
    world.say("mallory", "forged");
    world.settle();
    assert_eq!(world.links_between("mallory", "alice"), 0);
    world.tamper("mallory", "alice", |frame| vec![frame]);

    world.meet();
    assert_eq!(world.links_between("mallory", "alice"), 0, "not at once");
    assert_talk(&mut world, "alice", "bob");

    world.pass(11 * MINUTE);
    world.meet();
    assert_eq!(world.links_between("mallory", "alice"), 1, "but later");
}

#[test]
fn operation_under_another_members_name_is_not_taken() {
    let mut world = open_camp(&["mallory", "bob"]);
    world.part("mallory", "bob");
    world.say("bob", "I am bob");
    world.settle();
    let [mallory, bob] = ["mallory", "bob"].map(|name| *world.me(name).as_bytes());
    world.say("mallory", "I am bob");
    // By key, or in brief by place in the order of authors.
    let mut authors = [*world.me("alice").as_bytes(), mallory, bob];
    authors.sort_unstable();
    let rank = |id| authors.iter().position(|author| *author == id).expect("an author") as u8;
    let (of_mallory, of_bob) = (rank(mallory), rank(bob));
    world.rewrite("alice", |frame| {
        let at = frame.windows(32).position(|part| part == mallory);
        if let Some(part) = at.and_then(|at| frame.get_mut(at..at + 32)) {
            part.copy_from_slice(&bob);
        }
        if let [OPS, 1, _, _, _, author, ..] = frame.as_mut_slice()
            && *author == of_mallory
        {
            *author = of_bob;
        }
    });

    world.settle();

    // Asked to send it as a whole, mallory says who wrote it.
    assert_eq!(world.texts("alice"), ["I am bob", "I am bob"]);
    let (room, bob) = (world.room("alice"), world.me("bob"));
    let history = world.history("alice", room);
    assert_eq!(history.iter().filter(|message| message.author == bob).count(), 2);
    assert_talk(&mut world, "alice", "bob");
}

#[test]
fn fork_stops_its_author_and_nobody_else() {
    let mut world = camp(&["mallory", "bob"]);
    world.equivocate("mallory", ("alice", "for alice"), ("bob", &["for bob"]));
    assert_eq!(world.texts("alice"), ["for alice"]);
    assert_eq!(world.texts("bob"), ["for bob"]);

    world.reunite("alice", "bob");
    world.reunite("alice", "mallory");
    world.meet();
    world.say("mallory", "and on");
    world.settle();
    world.add("carol");
    world.scan("carol", "alice");
    world.meet();

    assert_talk(&mut world, "alice", "bob");
    assert_talk(&mut world, "carol", "bob");
    let all = world.texts("alice");
    assert_eq!(world.texts("bob"), all, "both end the log where it forked");
    for either in ["for alice", "for bob", "and on"] {
        assert!(!all.contains(&either.to_owned()), "{either}");
    }
}

#[test]
fn fork_at_the_end_of_a_log_is_noticed_though_nothing_follows() {
    let mut world = camp(&["mallory", "bob"]);
    world.say("mallory", "before");
    world.settle();
    world.equivocate("mallory", ("alice", "for alice"), ("bob", &["for bob"]));
    world.part("mallory", "bob");

    world.reunite("alice", "bob");
    world.meet();

    for at in ["alice", "bob"] {
        assert_eq!(world.texts(at), ["before"], "{at}");
    }
}

#[test]
fn device_restored_from_an_old_copy_goes_on_after_hearing_its_own_words() {
    let mut world = camp(&["bob"]);
    let before = world.disk("bob");
    world.say("bob", "forgotten");
    world.settle();

    world.restart_from("bob", before);
    world.meet();
    world.say("bob", "remembered");
    world.settle();

    assert_eq!(world.texts("alice"), ["forgotten", "remembered"]);
    assert_eq!(world.texts("bob"), ["forgotten", "remembered"]);
}

#[test]
fn device_restored_from_an_old_copy_that_speaks_too_early_is_told() {
    let mut world = camp(&["bob"]);
    let before = world.disk("bob");
    world.say("bob", "forgotten");
    world.say("bob", "forgotten too");
    world.settle();
    world.restart_from("bob", before);
    world.say("bob", "instead");
    world.meet();

    world.say("bob", "lost");
    world.command("bob", Command::SetName { name: "robert".to_owned() });

    let refused = Event::CommandRefused { why: Refusal::LogForked };
    assert!(world.events("bob").contains(&refused));
    assert_eq!(world.texts("alice"), ["forgotten", "forgotten too"]);
}

#[test]
fn key_of_the_room_alone_gets_no_answer_to_a_reconnect() {
    let mut world = camp(&["carol"]);
    let before_bob = world.disk("alice");
    world.add("bob");
    world.scan("bob", "alice");
    world.part("carol", "bob");
    world.part("carol", "alice");
    world.restart_from("alice", before_bob);
    let answers = world.frames("alice", "bob").len();

    world.dial_all("bob");
    world.settle();

    assert!(world.frames("bob", "alice").iter().any(|frame| frame.starts_with(&[1, 2])));
    assert_eq!(world.frames("alice", "bob").len(), answers);
}

#[test]
fn newcomer_that_never_joins_is_not_kept() {
    let mut world = World::binding();
    world.add("alice");
    world.create_room("alice");
    world.add("mallory");
    world.tamper("mallory", "alice", |frame| {
        if frame.first() == Some(&OPS) { Vec::new() } else { vec![frame] }
    });
    world.scan("mallory", "alice");
    assert_eq!(world.links_between("mallory", "alice"), 1);

    world.pass(MINUTE);

    assert_eq!(world.links_between("mallory", "alice"), 0);
    assert_eq!(world.roster("alice"), ["alice"]);
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
