//! What a stranger cannot do to whoever carries.

use std::time::Duration;

use engine::{Frame, LinkId, PackId, Store as _};
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore as _, SeedableRng as _};
use tests::{Name, World};

use super::{HOUR, MINUTE, given, open_apart, packs, write};

/// The longest pack.
const LEN: usize = 46_080;
/// The lengths of packs.
const LENS: [usize; 3] = [3_072, 11_264, LEN];

/// A stranger of the test's making, on a link that encrypts by itself.
struct Stranger {
    meets: Name,
    link: LinkId,
    chance: ChaCha20Rng,
}

impl Stranger {
    fn meet(world: &mut World, meets: Name, seed: u64) -> Self {
        let mut chance = ChaCha20Rng::seed_from_u64(seed);
        let link = world.open_raw_to_stranger(meets);
        let mut first = vec![1, 4];
        first.resize(34, 0);
        chance.fill_bytes(first.get_mut(2..).expect("32 bytes"));
        let answers = world.send_raw(meets, link, first);
        assert!(!answers.is_empty(), "strangers are answered");
        Self { meets, link, chance }
    }

    fn pack(&mut self) -> Vec<u8> {
        let mut pack = vec![0; LEN];
        self.chance.fill_bytes(&mut pack);
        pack
    }

    fn say(&self, world: &mut World, frame: Frame) {
        world.send_raw(self.meets, self.link, frame);
    }

    fn is_heard(&self, world: &World) -> bool {
        world.is_open(self.meets, self.link)
    }

    fn give(&self, world: &mut World, packs: &[Vec<u8>]) {
        self.say(world, offer(packs));
        packs.iter().for_each(|pack| self.say(world, pack_frame(pack)));
    }
}

/// A stranger meets `name` and gives it these packs.
pub(crate) fn give(world: &mut World, name: Name, packs: &[Vec<u8>]) {
    Stranger::meet(world, name, 99).give(world, packs);
}

fn id_of(pack: &[u8]) -> PackId {
    *blake3::derive_key("festival/1 pack id", pack).first_chunk().expect("8 of 32 bytes")
}

fn offer(packs: &[Vec<u8>]) -> Frame {
    let count = u8::try_from(packs.len()).expect("a short offer");
    let mut frame = vec![0, count];
    for pack in packs {
        frame.extend(id_of(pack));
        // For ever, as far as that can be said.
        let length = LENS.iter().position(|len| *len == pack.len()).expect("a pack's length");
        frame.extend([u8::try_from(length).expect("one of three"), 0xff, 0xff, 0x03]);
    }
    frame
}

fn pack_frame(pack: &[u8]) -> Frame {
    // The length as LEB128.
    let len = pack.len();
    let part = |shift: usize, more: usize| u8::try_from((len >> shift) & 0x7f | more);
    let len = match len {
        ..0x4000 => vec![part(0, 0x80), part(7, 0)],
        _ => vec![part(0, 0x80), part(7, 0x80), part(14, 0)],
    };
    let len: Vec<_> = len.into_iter().map(|byte| byte.expect("seven bits and one")).collect();
    [&[2][..], &len, pack].concat()
}

fn held(world: &World, name: Name) -> usize {
    let carried = world.memory(name).carried().expect("memory never fails");
    carried.iter().map(|(_, record)| record.len as usize).sum()
}

#[test]
fn one_stranger_can_neither_fill_the_store_nor_push_out_what_others_brought() {
    let mut world = open_apart(&["dora"]);
    write(&mut world, "a small thing");
    world.pass_by("alice", "dora");
    for n in 0..200 {
        let mut stranger = Stranger::meet(&mut world, "dora", n);
        let before = held(&world, "dora");
        let five: Vec<_> = (0..5).map(|_| stranger.pack()).collect();
        stranger.give(&mut world, &five);
        assert!(held(&world, "dora") <= before + (256 << 10), "in one meeting");
        assert!(held(&world, "dora") <= 8 << 20, "in all");
    }

    world.pass_by("dora", "bob");

    assert!(held(&world, "dora") > 7 << 20, "the test would prove nothing");
    assert_eq!(world.texts("bob"), ["a small thing"]);
}

#[test]
fn stranger_cannot_make_a_device_take_more_than_its_part_of_a_day() {
    let mut world = open_apart(&["dora"]);
    for n in 0..200 {
        let mut stranger = Stranger::meet(&mut world, "dora", n);
        let five: Vec<_> = (0..5).map(|_| stranger.pack()).collect();
        stranger.give(&mut world, &five);
    }
    // Also of those that had to go it is remembered that they were here.
    let taken = world.memory("dora").carried().expect("memory never fails").len();
    assert!(taken * LEN <= 32 << 20, "{taken} packs");
    assert!(taken * LEN > 31 << 20, "{taken} packs: the test would prove nothing");
}

#[test]
fn stranger_who_offers_more_than_a_meeting_holds_is_hung_up_on() {
    let mut world = open_apart(&["dora"]);
    let mut stranger = Stranger::meet(&mut world, "dora", 1);
    let six: Vec<_> = (0..6).map(|_| stranger.pack()).collect();

    stranger.say(&mut world, offer(&six));

    assert!(!stranger.is_heard(&world));
    assert_eq!(held(&world, "dora"), 0);
}

#[test]
fn stranger_who_gives_something_else_than_it_offered_is_hung_up_on() {
    let mut world = open_apart(&["dora"]);
    let mut stranger = Stranger::meet(&mut world, "dora", 1);
    let (offered, other) = (stranger.pack(), stranger.pack());

    stranger.say(&mut world, offer(&[offered]));
    stranger.say(&mut world, pack_frame(&other));

    assert!(!stranger.is_heard(&world));
    assert_eq!(held(&world, "dora"), 0);
}

#[test]
fn stranger_who_says_nothing_or_never_ends_is_hung_up_on_in_time() {
    let mut world = open_apart(&["dora"]);
    let silent = Stranger::meet(&mut world, "dora", 1);
    let mut endless = Stranger::meet(&mut world, "dora", 2);
    let pack = endless.pack();
    endless.say(&mut world, offer(&[pack]));

    world.pass(Duration::from_secs(11));
    assert!(!silent.is_heard(&world));
    assert!(endless.is_heard(&world));
    world.pass(Duration::from_secs(50));

    assert!(!endless.is_heard(&world));
}

#[test]
fn thousand_silent_strangers_hold_no_more_than_the_limit_and_let_others_in() {
    let mut world = open_apart(&["dora"]);
    write(&mut world, "a word");
    let silent: Vec<_> = (0..1_000).map(|n| Stranger::meet(&mut world, "dora", n)).collect();
    let open = silent.iter().filter(|stranger| stranger.is_heard(&world)).count();
    assert!(open <= 8, "{open} links");

    world.pass_by("alice", "dora");

    assert_eq!(packs(&world, "dora").len(), 1);
}

#[test]
fn junk_after_the_first_frame_ends_the_meeting_and_nothing_else() {
    let mut world = open_apart(&["dora"]);
    let mut chance = ChaCha20Rng::seed_from_u64(7);
    for n in 0..500_u16 {
        let stranger = Stranger::meet(&mut world, "dora", u64::from(n));
        let mut frame = vec![0; usize::from(n)];
        chance.fill_bytes(&mut frame);
        if let Some(kind) = frame.first_mut() {
            *kind %= 4;
        }
        stranger.say(&mut world, frame);
    }
    world.pass(MINUTE * 2);
    write(&mut world, "still carried");

    world.pass_by("alice", "dora");
    world.pass_by("dora", "bob");

    assert_eq!(world.texts("bob"), ["still carried"]);
}

#[test]
fn pack_goes_to_a_device_once_however_often_strangers_meet() {
    let strangers = ["dora", "emil", "fay"];
    let mut world = open_apart(&strangers);
    write(&mut world, "round and round");
    world.pass_by("alice", "dora");

    for _ in 0..20 {
        for a in strangers {
            for b in strangers.into_iter().filter(|b| *b != a) {
                world.pass_by(a, b);
            }
        }
        world.pass(HOUR);
    }

    let all = ["alice", "dora", "emil", "fay"];
    for to in all {
        let from: usize = all.iter().map(|from| given(&world, from, to)).sum();
        assert_eq!(from, usize::from(to != "alice"), "{to}");
    }
    // Two of a handshake, and of each side one offer, what is wanted of it, and an end.
    let between = world.frames("dora", "emil").len() + world.frames("emil", "dora").len();
    assert!(between <= 20 * 2 * 8 + 1, "{between} frames");
}

#[test]
fn pack_that_was_dropped_is_not_taken_again() {
    let mut world = open_apart(&["dora", "emil"]);
    write(&mut world, "only once");
    world.pass_by("alice", "dora");
    world.pass_by("dora", "emil");
    world.set_carrying("dora", false);
    world.set_carrying("dora", true);
    world.restart("dora");

    world.pass_by("emil", "dora");

    assert_eq!(packs(&world, "dora").len(), 0);
    assert_eq!(given(&world, "emil", "dora"), 0);
}

#[test]
fn stranger_cannot_make_a_pack_last_longer() {
    let mut world = open_apart(&["dora"]);
    let mut stranger = Stranger::meet(&mut world, "dora", 1);
    let pack = stranger.pack();
    stranger.give(&mut world, std::slice::from_ref(&pack));
    assert_eq!(packs(&world, "dora").len(), 1);

    world.pass(HOUR * 48);
    assert_eq!(packs(&world, "dora").len(), 0);
    let again = Stranger::meet(&mut world, "dora", 2);
    again.give(&mut world, std::slice::from_ref(&pack));

    assert_eq!(packs(&world, "dora").len(), 0);
}
