//! Those who have proved nothing: silence, junk, and recordings of what others said.

use engine::{Frame, Invite, LinkId, MAX_FRAME_LEN};
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore as _, SeedableRng as _};
use tests::World;

use super::{MINUTE, OPS, assert_talk, camp, open_camp};

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

/// Whoever had proved nothing could hold sockets and memory without end (KDE Connect,
/// CVE-2020-26164).
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
fn wrong_secret_gets_no_answer() {
    let mut world = camp(&[]);
    world.add("bob");
    let invite = Invite { secret: [9; 16], ..world.show_invite("alice") };

    world.accept("bob", &invite);
    world.dial_all("bob");
    world.settle();

    assert_eq!(world.frames("alice", "bob").len(), 0);
    assert_eq!(world.links_between("alice", "bob"), 0);
    assert_eq!(world.rooms("bob"), []);
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

/// Announcements recorded and played back made people appear who were gone (an audit of Bitchat for
/// Android, 2025, finding 11; its issue 593).
#[test]
fn recordings_played_back_show_nobody_who_is_not_there() {
    for mut world in [camp(&["bob", "mallory"]), open_camp(&["bob", "mallory"])] {
        world.cut("alice", "bob");
        world.meet();
        let recorded = world.frames("bob", "alice");
        let openings: Vec<_> = (recorded.iter().enumerate())
            .filter(|(_, frame)| frame.starts_with(&[1, 1]) || frame.starts_with(&[1, 2]))
            .map(|(at, _)| at)
            .collect();
        assert!(openings.len() >= 2, "{}", openings.len());
        world.part("alice", "bob");
        world.part("mallory", "bob");
        let present = [world.me("mallory")];
        assert_eq!(world.peers("alice"), present);

        for at in openings {
            let link = world.open_raw("alice");
            for frame in &recorded[at..] {
                world.send_raw("alice", link, frame.clone());
                assert_eq!(world.peers("alice"), present);
            }
        }
        // What a member tells of him is hearsay.
        let told = world.frames("alice", "mallory").into_iter().filter(|f| f.first() == Some(&2));
        for whereabouts in told.collect::<Vec<_>>() {
            world.inject("mallory", "alice", whereabouts);
        }
        world.settle();

        assert_eq!(world.peers("alice"), present);
    }
}
