//! What those learn who listen: on the air, on the network, and at relays.

use std::collections::BTreeSet;

use engine::{Frame, Role, Store as _};
use tests::{Name, World};

use super::{MINUTE, camp, camp_in, open_camp};

/// Every run of eight bytes in what two devices sent each other, from these places on.
fn runs(world: &World, a: (Name, usize), b: (Name, usize)) -> BTreeSet<Vec<u8>> {
    let sent = [world.frames(a.0, b.0).split_off(a.1), world.frames(b.0, a.0).split_off(b.1)];
    let runs = sent.concat();
    runs.iter().flat_map(|frame| frame.windows(8).map(Vec::from)).collect()
}

fn sent(world: &World, a: Name, b: Name) -> [usize; 2] {
    [world.frames(a, b).len(), world.frames(b, a).len()]
}

/// What every frame between any two devices holds.
fn all_frames(world: &World, names: &[Name]) -> Vec<Frame> {
    let pairs = names.iter().flat_map(|a| names.iter().map(move |b| (*a, *b)));
    pairs.flat_map(|(a, b)| world.frames(a, b)).collect()
}

fn holds(frames: &[Frame], part: &[u8]) -> bool {
    frames.iter().any(|frame| frame.windows(part.len()).any(|window| window == part))
}

/// Names that lasted told everybody around who was there, and when they were back (Bitchat, issue
/// 256, found by Tenable).
#[test]
fn two_meetings_have_nothing_in_common_by_which_a_stranger_could_know_them_again() {
    let mut world = camp(&["bob"]);
    let mut meetings = vec![runs(&world, ("alice", 0), ("bob", 0))];
    for _ in 0..4 {
        world.cut("alice", "bob");
        let [a, b] = sent(&world, "alice", "bob");
        world.dial_all("bob");
        world.settle();
        world.say("alice", "the same words as ever");
        world.settle();
        meetings.push(runs(&world, ("alice", a), ("bob", b)));
    }
    // And in another room, with the same people in it.
    let [a, b] = sent(&world, "alice", "bob");
    world.create_room("alice");
    let invite = world.invite("alice");
    world.accept("bob", &invite);
    world.dial_all("bob");
    world.settle();
    assert_eq!(world.rooms("bob").len(), 2);
    let other = runs(&world, ("alice", a), ("bob", b));
    meetings.push(other);

    for (at, meeting) in meetings.iter().enumerate() {
        assert!(meeting.len() > 100, "{}", meeting.len());
        for later in &meetings[at + 1..] {
            assert_eq!(meeting.intersection(later).next(), None);
        }
    }
}

/// Who is talking to whom stood in clear in every message (Bridgefy, 2020; Bitchat's routing ids).
/// There is no way of talking without encryption either, on no kind of link (which is for the app to
/// ask for in Bridgefy's kit).
#[test]
fn no_name_no_key_and_no_word_is_ever_on_a_link_in_clear() {
    let mut world = camp(&["bob", "carol"]);
    for (from, words) in [("alice", "meet at nine"), ("bob", "at the lake"), ("carol", "me too")] {
        world.say(from, words);
        world.settle();
    }
    let frames = all_frames(&world, &["alice", "bob", "carol"]);
    assert!(frames.len() > 20, "{}", frames.len());
    for word in ["alice", "bob", "carol", "Camp", "meet at", "at the lake", "me too"] {
        assert!(!holds(&frames, word.as_bytes()), "{word}");
    }
    for name in ["alice", "bob", "carol"] {
        let record = world.disk(name).rooms().expect("readable").remove(0);
        let noise_keys = world.disk(name).members(record.id).expect("readable");
        for key in noise_keys.iter().map(|member| member.noise_key) {
            assert!(!holds(&frames, &key[..8]), "a member's key");
        }
        assert!(!holds(&frames, &world.me(name).as_bytes()[..8]), "{name}");
        assert!(!holds(&frames, &record.id.as_bytes()[..8]), "the room");
        for invite in &record.invites {
            assert!(!holds(&frames, &invite.secret[..8]), "an invite");
        }
    }
}

/// Links that encrypt by themselves carry packets as they are; even there no words are in clear, so
/// that a link that broke its promise would betray who talks, and not what they say.
#[test]
fn words_are_sealed_on_links_that_encrypt_by_themselves_too() {
    let mut world = open_camp(&["bob"]);
    world.say("alice", "meet at nine");
    world.settle();

    let frames = all_frames(&world, &["alice", "bob"]);

    assert!(holds(&frames, world.me("alice").as_bytes()), "packets are readable here");
    assert!(!holds(&frames, b"meet at"));
}

/// Keys made of three words could be guessed (Hopline). All that a code on a screen protects hangs
/// on this number.
#[test]
fn code_on_the_screen_holds_a_secret_nobody_can_guess() {
    let mut seen = BTreeSet::new();
    let (mut ones, mut count) = ([0_u32; 128], 0);
    for seed in 0..40 {
        let mut world = World::seeded(seed);
        world.add("alice");
        for _ in 0..(seed % 3) {
            world.add("bob");
            world.reboot("bob");
            world.reboot("alice");
        }
        world.create_room("alice");
        let room = world.room("alice");
        for _ in 0..10 {
            let (role, expires_at, max_uses) = (Role::Member, None, None);
            let create = engine::Command::CreateInvite {
                room,
                role,
                expires_at,
                max_uses,
                reads_before: false,
            };
            world.command("alice", create);
            let secret = world.invite("alice").secret;
            count += u32::from(seen.insert(secret));
            for (bit, ones) in ones.iter_mut().enumerate() {
                *ones += u32::from(secret[bit / 8] >> (bit % 8) & 1);
            }
        }
    }
    // Devices that were started alike draw alike, here and only here.
    assert!(count >= 30, "{count}");
    for (bit, ones) in ones.into_iter().enumerate() {
        assert!((400 / 5..400 * 4 / 5).contains(&ones), "bit {bit}: {ones} of 400");
    }
}

/// A tag by which mail was found could be computed by everybody who had the public key of whom it was
/// for (Bitchat's draft of rotating ids, section 4.2). Here it takes the room's key, and nothing else
/// of the room will do.
#[test]
fn mail_is_found_by_the_rooms_key_and_by_nothing_public() {
    let mut world = World::default();
    world.add_relay();
    let mut world = camp_in(world, &["bob"]);
    world.cut("alice", "bob");
    world.pass(MINUTE);
    let places = |world: &World| {
        [world.answers_to("alice"), world.mailboxes_of("alice")].map(|keys| {
            assert!(!keys.is_empty());
            keys
        })
    };
    world.restart("alice");
    let before = places(&world);
    world.restart("alice");
    assert_eq!(places(&world), before, "they follow from what is on the disk");

    // The same room, people, invites and keys of theirs; only the room's key is another.
    let mut disk = world.disk("alice");
    let mut record = disk.rooms().expect("readable").remove(0);
    record.epochs[0].1 = [9; 32];
    record.invites.clear();
    let rooms = [(record.id, record)].into();
    disk.commit(engine::Batch { rooms, ..engine::Batch::default() }).expect("memory");
    world.restart_from("alice", disk);
    world.settle();

    let after = places(&world);
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(before.intersection(after).next(), None);
    }
}

/// Lengths told which kind of message somebody sent, and how much, since only some of what was sent
/// was made equally long (Bitchat's white paper, section 4.1). At relays packs are. On links frames
/// are as long as what they carry: see section 9 of the protocol for why, and for what is shown.
#[test]
fn relay_sees_three_lengths_and_nothing_readable() {
    let mut world = World::default();
    world.add_relay();
    let mut world = camp_in(world, &["bob"]);
    let me = *world.me("alice").as_bytes();
    for n in 0..300 {
        world.say("alice", &format!("{n} {}", "a".repeat(n)));
        if n % 20 == 0 {
            world.pass(MINUTE);
        }
    }
    world.pass(MINUTE);
    let room = *world.room("alice").as_bytes();

    let packs = world.relay(0).packs.clone();

    assert!(packs.len() >= 10, "{}", packs.len());
    for left in &packs {
        assert!([3_072, 11_264, 46_080].contains(&left.pack.len()), "{}", left.pack.len());
        for secret in [&b"alice"[..], b"Camp", b"aaaa", &me, &me[..8], &room[..8]] {
            assert!(!left.pack.windows(secret.len()).any(|bytes| bytes == secret));
        }
    }
}

/// On links, what comes before the encryption is as long for everybody: neither names nor the
/// number of rooms and friends show in it.
#[test]
fn first_frames_are_as_long_for_everybody() {
    let lengths = |guests: &[Name], host: Name, others: &[Name]| {
        let mut world = World::default();
        // Devices draw other numbers the more there are.
        others.iter().for_each(|other| world.add(other));
        world.add(host);
        world.create_room(host);
        for guest in guests {
            world.add(guest);
            world.scan(guest, host);
        }
        let guest = guests[0];
        let first: Vec<_> = world.frames(guest, host).iter().take(2).map(Vec::len).collect();
        world.cut(guest, host);
        let [_, before] = sent(&world, guest, host);
        let dialed = world.frames(guest, host).len();
        world.dial_all(guest);
        world.settle();
        let again = world.frames(guest, host)[dialed].len();
        (first, again, world.frames(host, guest)[before].len())
    };

    let few = lengths(&["b"], "a", &[]);
    let many = lengths(
        &["somebody with a long name", "c", "d", "e", "f"],
        "another long name",
        &["x", "y", "z"],
    );

    assert_eq!(few, many);
}
