//! Those who say that they are somebody else, on a link of their own or in the middle of one.

#![expect(clippy::indexing_slicing, reason = "a test that panics has failed")]

use chacha20poly1305::{AeadInPlace as _, ChaCha20Poly1305, KeyInit as _};
use engine::{Command, Frame, JoinFailure, PeerId, RoomId, Store as _, Target};
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore as _, SeedableRng as _};
use snow::{
    params::{CipherChoice, DHChoice, HashChoice},
    resolvers::{CryptoResolver, DefaultResolver},
    types::{Cipher, Dh, Hash, Random},
};
use tests::{Name, World};

use super::{assert_talk, camp, open_camp};

/// A member of a room of Alice's who calls themselves what she is called.
fn camp_with_a_second_alice() -> World {
    let mut world = camp(&["mallory", "bob"]);
    world.command("mallory", Command::SetName { name: "alice".to_owned() });
    world.settle();
    assert_eq!(world.roster("bob"), ["alice", "alice", "bob"]);
    world.part("alice", "bob");
    world
}

/// The first frame of a reconnect that names `author`, as a member of the room can make it who lacks
/// the author's keys.
fn forged_opening(world: &World, by: Name, author: PeerId, chance: &mut ChaCha20Rng) -> Frame {
    let record = world.disk(by).rooms().expect("readable").remove(0);
    let (_, epoch_key) = record.epochs[0];
    let mut frame = vec![1, 2];
    frame.resize(10, 0);
    chance.fill_bytes(&mut frame[2..]);
    let key = hello_key(record.id, &epoch_key);
    frame.extend(hint(&key, &frame[2..]));
    let mut nonce = [0; 12];
    nonce[..8].copy_from_slice(&frame[2..10]);
    let mut sealed = author.as_bytes().to_vec();
    let cipher = ChaCha20Poly1305::new(&key.into());
    cipher.encrypt_in_place(&nonce.into(), &frame, &mut sealed).expect("it grows");
    frame.extend(sealed);
    let mut noise = [0; 48];
    chance.fill_bytes(&mut noise);
    frame.extend(noise);
    frame
}

/// The second frame of an introduction by somebody in the room, with a fresh key, under the name of
/// `author`.
fn forged_answer(world: &World, by: Name, opening: &[u8], author: PeerId) -> Frame {
    let record = world.disk(by).rooms().expect("readable").remove(0);
    let parts = [record.id.as_bytes().as_slice(), &record.epochs[0].1].concat();
    let psk = blake3::derive_key("festival/1 room psk", &parts);
    let prologue = [b"festival/1".as_slice(), &[0; 33], &opening[..18]].concat();
    let pattern = "Noise_XXpsk0_25519_ChaChaPoly_BLAKE2s".parse().expect("a pattern");
    let builder = snow::Builder::with_resolver(pattern, Box::new(Sevens));
    let builder = builder.prologue(&prologue).expect("once");
    let builder = builder.local_private_key(&[5; 32]).expect("once").psk(0, &psk).expect("once");
    let mut noise = builder.build_responder().expect("whole");
    let (mut read, mut written) = ([0; 512], vec![0; 512]);
    noise.read_message(&opening[18..], &mut read).expect("an opening");
    let claim = [author.as_bytes().as_slice(), &[7; 64]].concat();
    let len = noise.write_message(&claim, &mut written).expect("short");
    written.truncate(len);
    written
}

/// snow's own primitives, and no chance at all.
struct Sevens;

impl CryptoResolver for Sevens {
    fn resolve_rng(&self) -> Option<Box<dyn Random>> {
        Some(Box::new(Self))
    }

    fn resolve_dh(&self, choice: &DHChoice) -> Option<Box<dyn Dh>> {
        DefaultResolver.resolve_dh(choice)
    }

    fn resolve_hash(&self, choice: &HashChoice) -> Option<Box<dyn Hash>> {
        DefaultResolver.resolve_hash(choice)
    }

    fn resolve_cipher(&self, choice: &CipherChoice) -> Option<Box<dyn Cipher>> {
        DefaultResolver.resolve_cipher(choice)
    }
}

impl Random for Sevens {
    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), snow::Error> {
        bytes.fill(7);
        Ok(())
    }
}

fn hello_key(room: RoomId, epoch_key: &[u8; 32]) -> [u8; 32] {
    let parts = [room.as_bytes().as_slice(), epoch_key].concat();
    blake3::derive_key("festival/1 room hello key", &parts)
}

fn hint(key: &[u8; 32], nonce: &[u8]) -> [u8; 8] {
    let hint = blake3::derive_key("festival/1 handshake hint", &[key.as_slice(), nonce].concat());
    *hint.first_chunk().expect("8 of 32 bytes")
}

/// The key that stood for a friend was not tied to the keys of the handshake, so that a man in the
/// middle with keys of his own was shown as the friend, star and all (Bitchat, 2025-07, issue 64).
#[test]
fn man_in_the_middle_with_keys_of_his_own_is_never_taken_for_a_friend() {
    let mut world = camp_with_a_second_alice();
    let (room, alice) = (world.room("bob"), world.me("alice"));

    world.cut("bob", "mallory");
    // By every kind of handshake there is: each one that fails is followed by another kind.
    for _ in 0..4 {
        world.open("bob", "mallory", Target::Member(room, alice));
        world.settle();

        assert_eq!(world.links_between("bob", "mallory"), 0);
        assert!(!world.peers("bob").contains(&alice));
    }

    world.reunite("alice", "bob");
    world.meet();
    assert_talk(&mut world, "alice", "bob");
}

/// The same by somebody who keeps to no rules: all of the handshake is right, but for the claim, which
/// names the friend.
#[test]
fn handshake_of_another_key_under_a_friends_name_is_not_believed() {
    let mut world = camp(&["mallory", "bob"]);
    world.part("alice", "bob");
    let (room, alice) = (world.room("bob"), world.me("alice"));
    // The first attempt is a reconnect, which nobody can answer who lacks her key; the second asks
    // whoever is there to say who they are.
    for kind in [2, 3] {
        let link = world.dial_raw("bob", Target::Member(room, alice));
        let opening = world.answers(link).remove(0);
        assert!(opening.starts_with(&[1, kind]), "{:?}", &opening[..2]);
        let answer = match kind {
            2 => vec![0; 48],
            _ => forged_answer(&world, "mallory", &opening, alice),
        };
        let answers = world.send_raw("bob", link, answer);

        assert_eq!(answers.len(), 1, "nothing but the opening");
        assert!(!world.is_open("bob", link));
        assert!(!world.peers("bob").contains(&alice));
    }
}

/// The same with the friend's own frames: he passes them on between two links, each of which he
/// encrypts by himself.
#[test]
fn handshake_passed_on_between_two_encrypted_links_ends_nowhere() {
    let mut world = open_camp(&["bob"]);
    world.cut("alice", "bob");
    let (room, alice) = (world.room("bob"), world.me("alice"));
    let bindings = [Some([1; 32]), Some([2; 32])];

    for _ in 0..4 {
        world.open_seen_as("bob", "alice", Target::Member(room, alice), bindings);
        world.settle();
        assert_eq!(world.links_between("alice", "bob"), 0);
    }
    let invite = world.show_invite("alice");
    world.add("carol");
    world.accept("carol", &invite);
    world.open_seen_as("carol", "alice", Target::Invite(invite.id()), bindings);
    world.settle();

    assert_eq!(world.links_between("alice", "carol"), 0);
    assert_eq!(world.rooms("carol"), []);
    assert_eq!(world.peers("alice"), []);
}

/// A handshake under a friend's name, by somebody else, tore down the friend's session (Bitchat,
/// 2026-07, pull request 1432).
#[test]
fn handshake_forged_under_a_friends_name_ends_nothing_he_has() {
    let mut world = camp(&["mallory", "bob"]);
    world.cut("alice", "bob");
    world.meet();
    let (bob, told) = (world.me("bob"), world.events("alice").len());
    let is_reconnect = |frame: &Frame| frame.starts_with(&[1, 2]);
    let mut openings = world.frames("bob", "alice");
    openings.extend(world.frames("alice", "bob"));
    openings.retain(is_reconnect);
    let mut chance = ChaCha20Rng::seed_from_u64(2);
    let forged = forged_opening(&world, "mallory", bob, &mut chance);
    let (head, sealed) = forged.split_at(18);
    assert_eq!(sealed.len() + head.len(), openings[0].len(), "forged as it has to be");

    for _ in 0..100 {
        let link = world.open_raw("alice");
        let frame = forged_opening(&world, "mallory", bob, &mut chance);
        assert_eq!(world.send_raw("alice", link, frame), Vec::<Frame>::new());
        assert!(!world.is_open("alice", link));
    }
    for frame in openings {
        let link = world.open_raw("alice");
        world.send_raw("alice", link, frame);
    }

    assert_eq!(world.events("alice").len(), told, "nobody is told of it");
    assert_eq!(world.links_between("alice", "bob"), 1);
    assert_talk(&mut world, "alice", "bob");
}

/// What a sign of an older version, or of a link without encryption, makes of a link: nothing. Where
/// clients fell back to something weaker, a stranger only had to break what was better (private
/// media of Bitchat, while it was being introduced).
#[test]
fn devices_cannot_be_talked_down_to_something_weaker() {
    let changes: [fn(&mut Frame); 4] = [
        |frame| frame[0] = 0,
        |frame| frame[0] = 2,
        |frame| frame[1] = 1,
        // Introduction in place of reconnect, with what fits one.
        |frame| {
            frame[1] = 3;
            frame.truncate(66);
        },
    ];
    for change in changes {
        let mut world = camp(&["bob"]);
        world.cut("alice", "bob");
        let answers = world.frames("alice", "bob").len();
        world.dial_all("bob");
        world.rewrite("alice", change);
        world.settle();

        assert_eq!(world.links_between("alice", "bob"), 0);
        assert_eq!(world.frames("alice", "bob").len(), answers, "no answer");
        let before = world.frames("bob", "alice").len();
        world.meet();
        let next = world.frames("bob", "alice").split_off(before).remove(0);
        assert!(next.starts_with(&[1, 2]) || next.starts_with(&[1, 3]), "{:?}", &next[..2]);
        assert_talk(&mut world, "alice", "bob");
    }
}

/// The same with the link: one end is told that it encrypts by itself, and would rely on it.
#[test]
fn link_that_encrypts_at_one_end_only_carries_nothing() {
    for bindings in [[Some([1; 32]), None], [None, Some([1; 32])]] {
        let mut world = camp(&["bob"]);
        world.cut("alice", "bob");
        world.say("bob", "for friends");
        let (room, alice) = (world.room("bob"), world.me("alice"));
        let before = world.frames("bob", "alice").len();

        for _ in 0..4 {
            world.open_seen_as("bob", "alice", Target::Member(room, alice), bindings);
            world.settle();
        }

        assert_eq!(world.links_between("alice", "bob"), 0);
        let sent = world.frames("bob", "alice").split_off(before);
        assert_eq!(sent.len(), 4, "first frames and nothing else");
        assert_eq!(world.texts("alice"), Vec::<String>::new());
    }
}

/// Nothing outside of the link itself told whom one had met (an audit of Bitchat for Android, 2025,
/// finding 5). The code on the screen does.
#[test]
fn device_that_answers_in_the_hosts_place_is_found_out() {
    let mut world = camp(&["mallory"]);
    world.add("bob");
    let mut invite = world.show_invite("alice");
    invite.addrs = world.show_invite("mallory").addrs;

    world.accept("bob", &invite);
    world.meet();

    assert_eq!(world.join_failures("bob"), [JoinFailure::WrongHost]);
    assert_eq!(world.wanted("bob"), 0);
    assert_eq!(world.roster("alice"), ["alice", "mallory"]);
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

/// Two who dialed each other at the same moment tore each other's sessions down, over and over
/// (Bitchat, issue 244).
#[test]
fn simultaneous_dials_leave_one_session_on_both_ends() {
    for seed in 0..100 {
        let mut world = World::seeded(seed);
        world.add("alice");
        world.create_room("alice");
        world.add("bob");
        world.scan("bob", "alice");
        world.cut("alice", "bob");
        let (room, alice, bob) = (world.room("alice"), world.me("alice"), world.me("bob"));
        world.open("alice", "bob", Target::Member(room, bob));
        world.open("bob", "alice", Target::Member(room, alice));

        world.settle();

        assert_eq!(world.links_between("alice", "bob"), 1, "seed {seed}");
        world.say("alice", "still there?");
        world.settle();
        assert_eq!(world.texts("bob"), ["still there?"], "seed {seed}");
        assert_eq!(world.peers("alice"), [world.me("bob")], "seed {seed}");
        assert_eq!(world.peers("bob"), [world.me("alice")], "seed {seed}");
    }
}

/// The same with a storm of dials, which no device of ours begins: at the latest the next one leads
/// to one session.
#[test]
fn storm_of_handshakes_ends_in_one_session() {
    for seed in 0..100 {
        let mut world = World::seeded(seed).with_camp(&["bob"]);
        world.cut("alice", "bob");
        let (room, alice, bob) = (world.room("alice"), world.me("alice"), world.me("bob"));
        for _ in 0..10 {
            world.open("alice", "bob", Target::Member(room, bob));
            world.open("bob", "alice", Target::Member(room, alice));
        }
        world.settle();
        assert!(world.links_between("alice", "bob") <= 1, "seed {seed}");

        world.meet();

        assert_eq!(world.links_between("alice", "bob"), 1, "seed {seed}");
        assert_eq!(world.peers("alice"), [bob], "seed {seed}");
        assert_talk(&mut world, "alice", "bob");
    }
}

#[test]
fn ends_that_went_unnoticed_do_not_pile_up() {
    let mut world = camp(&["bob"]);
    let (decider, other) =
        if world.me("alice") < world.me("bob") { ("alice", "bob") } else { ("bob", "alice") };
    for _ in 0..10 {
        world.vanish(decider, other);
        world.dial_all(decider);
        world.settle();
    }

    assert!(world.links_of(other) <= 2, "{} links", world.links_of(other));
}
