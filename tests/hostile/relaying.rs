//! What is passed on is what its author wrote, and nothing else spreads.

use engine::{Store as _, StoredOp};
use tests::seals;

use super::{HAVE, MINUTE, OPS, assert_talk, camp, flip_last, open_camp};

/// The number of texts among bodies.
const TEXT: u8 = 3;

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

/// Who is in a room has its key, and can seal what fits onto anybody's log: all but the signature.
#[test]
fn operation_under_another_members_name_is_not_taken() {
    let mut world = open_camp(&["mallory", "bob"]);
    world.part("mallory", "bob");
    let (disk, room, bob) = (world.disk("mallory"), world.room("mallory"), world.me("bob"));
    let key = disk.rooms().expect("memory").remove(0).epochs.remove(0).1;
    let newest = disk.page_before(room, None, usize::MAX).expect("memory");
    let is_his = |op: &StoredOp| op.bytes[9..41] == *bob.as_bytes();
    let last = newest.into_iter().find(is_his).expect("his join").bytes;
    let text = [&[TEXT, 8], "I am bob".as_bytes()].concat();
    let signature = &last[last.len() - 64..];
    let forged = seals::sealed_after(&last, &text, &key, signature);
    assert_eq!(seals::Parts::of(&forged).open(&key), Some(text), "it fits in all else");

    let len = u8::try_from(forged.len() - 128).expect("two bytes of length");
    let frame = [&[OPS, 1, len | 0x80, 1], forged.as_slice()].concat();
    world.inject("mallory", "alice", frame);
    world.settle();

    assert_eq!(world.texts("alice"), Vec::<String>::new());
    assert_eq!(world.texts("bob"), Vec::<String>::new());
    assert_talk(&mut world, "alice", "bob");
    assert_eq!(world.texts("alice"), ["still talking"; 2], "his log goes on where he left it");
}

/// Answers to a sync that nobody had asked for were believed without a look at their signatures, kept
/// before they were checked, and passed on by everybody who got them (BitChat for iOS 1.15.0, found
/// 2026-01, pull request 998).
#[test]
fn answers_nobody_asked_for_end_the_session() {
    let receipt_for_what_was_never_sent = vec![HAVE, 0, 0, 0, 100];
    let welcome_again = vec![0, 0, 0];
    let sketch_of_three = [vec![7, 3], vec![1; 12], vec![0]].concat();
    let sketch_again = [vec![7, 1], vec![1; 4], vec![0]].concat();
    let heights = vec![8, 1, 0, 0, 1, 1, 0];
    let differences = vec![9, 1, 0, 0];
    let compared = [sketch_of_three, sketch_again, heights, differences];
    for frame in compared.into_iter().chain([receipt_for_what_was_never_sent, welcome_again]) {
        let mut world = open_camp(&["bob"]);
        let before = world.frames("alice", "bob").len();

        world.inject("bob", "alice", frame.clone());
        world.settle();

        assert_eq!(world.links_between("alice", "bob"), 0, "{:?}", &frame[..frame.len().min(8)]);
        assert_eq!(world.frames("alice", "bob").len(), before, "without an answer");
    }
}

/// The other half of it: what is not its author's word is neither kept nor passed on, however it
/// came.
#[test]
fn forged_operation_is_on_no_disk_and_on_no_link() {
    let mut world = open_camp(&["mallory", "bob", "carol"]);
    for other in ["bob", "carol"] {
        world.part("mallory", other);
    }
    world.part("alice", "carol");
    world.say("bob", "so that they have met");
    world.settle();
    world.tamper("mallory", "alice", flip_last);
    let before = world.frames("mallory", "alice").len();
    world.say("mallory", "poison");
    world.settle();
    let sent = world.frames("mallory", "alice").split_off(before);
    let mut forged = sent.into_iter().find(|f| f.first() == Some(&OPS)).expect("what she wrote");
    *forged.last_mut().expect("not empty") ^= 1;
    let signature = &forged[forged.len() - 64..];

    for at in ["alice", "bob", "carol"] {
        let room = world.room(at);
        let held = world.disk(at).page_before(room, None, usize::MAX).expect("readable");
        assert!(!held.iter().any(|op| op.bytes.ends_with(signature)), "{at} keeps it");
    }
    for (from, to) in [("alice", "bob"), ("bob", "carol")] {
        let passed = world.frames(from, to);
        assert!(!passed.iter().any(|f| f.windows(64).any(|part| part == signature)), "{from}");
    }
    assert_talk(&mut world, "alice", "bob");
}

/// Without a check of who wrote it, whoever guesses the words can change them under way: encryption
/// alone lets bits be flipped (Meshtastic, firmware issue 4030).
#[test]
fn no_bit_of_a_message_can_be_changed_on_its_way() {
    let mut world = open_camp(&["bob"]);
    world.say("bob", "meet at nine");
    world.settle();
    let ops = world.frames("bob", "alice").into_iter().rfind(|f| f.first() == Some(&OPS));
    let bits = ops.expect("what he wrote").len() * 8;

    // The first bytes are the packet's own: its kind, and how many operations of what length.
    for bit in (4 * 8..bits).step_by(37) {
        let mut world = open_camp(&["bob"]);
        world.say("bob", "meet at nine");
        world.rewrite("alice", |frame| {
            if frame.first() == Some(&OPS) {
                frame[bit / 8] ^= 1 << (bit % 8);
            }
        });
        world.settle();
        let shown = world.texts("alice");
        assert!(shown.iter().all(|text| text == "meet at nine"), "bit {bit}: {shown:?}");

        world.cut("alice", "bob");
        world.pass(11 * MINUTE);
        world.meet();
        assert_eq!(world.texts("alice"), ["meet at nine"], "bit {bit}: and the true one arrives");
    }
}
