//! What a stranger learns by carrying: nothing.

use std::collections::BTreeSet;

use engine::{Frame, MAX_FRAME_LEN, PackId, Store as _};
use tests::{Name, World};

use super::{HOUR, MINUTE, PACK, WANT, open_apart, packs, write};

/// Everything on the disk of somebody who is in no room.
fn disk(world: &World, name: Name) -> Vec<u8> {
    let store = world.disk(name);
    assert!(store.rooms().expect("memory never fails").is_empty());
    format!("{store:?}").into_bytes()
}

/// What everyone in Alice's room knows, and nobody else: words, names, keys, and what is made of
/// them.
fn secrets(world: &World) -> Vec<Vec<u8>> {
    let disk = world.disk("alice");
    let record = disk.rooms().expect("memory never fails").remove(0);
    let members = disk.members(record.id).expect("memory never fails");
    let mut secrets = vec![b"see you".to_vec(), b"Camp".to_vec(), b"alice".to_vec()];
    secrets.push(record.id.as_bytes().to_vec());
    for member in &members {
        secrets.push(member.id.as_bytes().to_vec());
        secrets.push(member.noise_key.to_vec());
    }
    for (_, key) in &record.epochs {
        secrets.push(key.to_vec());
        for context in [
            "festival/1 room tag",
            "festival/1 room dial key",
            "festival/1 room hello key",
            "festival/1 room psk",
            "festival/1 room mailbox",
            "festival/1 room courier",
        ] {
            let parts = [&record.id.as_bytes()[..], key].concat();
            secrets.push(blake3::derive_key(context, &parts).to_vec());
        }
    }
    secrets
}

/// Every eight bytes in a row of `bytes`.
fn windows(bytes: &[u8]) -> BTreeSet<&[u8]> {
    bytes.windows(8).collect()
}

#[test]
fn full_store_of_a_stranger_and_all_it_was_told_give_away_neither_words_nor_room_nor_authors() {
    let mut world = open_apart(&["dora", "emil"]);
    for n in 0..40 {
        write(&mut world, &format!("see you {n}"));
        world.pass_by("alice", "dora");
    }
    assert_eq!(packs(&world, "dora").len(), 40);
    world.pass_by("dora", "bob");
    assert_eq!(world.texts("bob").len(), 40);

    let mut seen: Vec<u8> = packs(&world, "dora").concat_all();
    for (a, b) in [("alice", "dora"), ("bob", "dora")] {
        seen.extend(world.frames(a, b).concat());
    }
    let text = disk(&world, "dora");
    let words = windows(&seen);

    for secret in secrets(&world) {
        let hex = format!("{secret:?}");
        let hex = hex.trim_matches(['[', ']']).as_bytes();
        assert!(!text.windows(hex.len()).any(|w| w == hex), "{secret:?}");
        match secret.len() {
            ..8 => assert!(!seen.windows(secret.len()).any(|w| w == secret), "{secret:?}"),
            // Of something that looks like chance, its beginning is enough.
            _ => assert!(!words.contains(&secret[..8]), "{secret:?}"),
        }
    }
}

/// Packs laid end to end.
trait ConcatAll {
    fn concat_all(&self) -> Vec<u8>;
}

impl ConcatAll for Vec<(PackId, Vec<u8>)> {
    fn concat_all(&self) -> Vec<u8> {
        self.iter().flat_map(|(id, pack)| [&id[..], pack].concat()).collect()
    }
}

#[test]
fn packs_of_one_room_have_nothing_in_common_by_which_they_could_be_told() {
    let mut world = open_apart(&["dora"]);
    for n in 0..3 {
        write(&mut world, &format!("the same words {}", n % 2));
        world.pass_by("alice", "dora");
    }

    let packs = packs(&world, "dora");
    assert_eq!(packs.len(), 3);
    let whole = |(id, pack): &(PackId, Vec<u8>)| [&id[..], pack].concat();
    for (n, one) in packs.iter().enumerate() {
        for other in packs.iter().skip(n + 1) {
            let (one, other) = (whole(one), whole(other));
            let ours: BTreeSet<&[u8]> = one.windows(5).collect();
            assert!(!other.windows(5).any(|bytes| ours.contains(bytes)), "nothing is repeated");
        }
    }
}

#[test]
fn member_asks_a_stranger_for_the_same_as_anybody_else_and_offers_the_same_afterwards() {
    let mut world = open_apart(&["dora", "emil", "fay"]);
    for n in 0..5 {
        write(&mut world, &format!("{n}"));
        world.pass_by("alice", "dora");
    }

    for taker in ["bob", "emil"] {
        world.pass_by("dora", taker);
        assert_eq!(packs(&world, taker), packs(&world, "dora"), "{taker}");
    }

    assert_eq!(world.texts("bob").len(), 5);
    let wanted = |taker: Name| -> Vec<Frame> {
        let is_want = |frame: &Frame| frame.first() == Some(&WANT);
        world.frames(taker, "dora").into_iter().filter(is_want).collect()
    };
    assert_eq!(wanted("bob"), wanted("emil"));
    let lens =
        |from: Name| -> Vec<usize> { world.frames(from, "dora").iter().map(Vec::len).collect() };
    assert_eq!(lens("bob"), lens("emil"));
}

#[test]
fn link_that_members_dialed_answers_no_stranger() {
    let mut world = open_apart(&[]);
    let mut first = vec![1, 4];
    first.resize(34, 9);

    let link = world.open_raw("alice");
    let answers = world.send_raw("alice", link, first.clone());
    assert_eq!(answers, Vec::<Frame>::new());
    assert!(!world.is_open("alice", link));

    let link = world.open_raw_to_stranger("alice");
    assert!(!world.send_raw("alice", link, first).is_empty());
}

#[test]
fn altered_pack_changes_nothing_and_nobody_who_carried_it_is_to_blame() {
    let mut world = open_apart(&["dora"]);
    write(&mut world, "the true words");
    // Whoever is between alters the last byte of every pack, and gives it its new name.
    world.tamper("alice", "dora", |frame| vec![altered(frame)]);
    world.pass_by("alice", "dora");
    assert_eq!(packs(&world, "dora").len(), 0, "it is not what was offered");

    world.tamper("alice", "dora", |frame| vec![frame]);
    world.pass_by("alice", "dora");
    let (_, pack) = packs(&world, "dora").remove(0);
    let forged = altered([&[PACK][..], &pack].concat());
    let forged = forged.get(1..).expect("a pack").to_vec();
    super::limits::give(&mut world, "dora", &[forged]);
    assert_eq!(packs(&world, "dora").len(), 2, "dora cannot tell");
    let told = world.events("bob").len();
    world.pass_by("dora", "bob");

    assert_eq!(world.texts("bob"), ["the true words"]);
    let events = world.events("bob").get(told..).expect("more events");
    assert!(!events.iter().any(|e| matches!(e, engine::Event::CommandRefused { .. })));
    write(&mut world, "and more");
    world.pass_by("alice", "dora");
    world.pass_by("dora", "bob");
    assert_eq!(world.texts("bob"), ["the true words", "and more"], "dora is heard as before");
    world.pass(MINUTE + HOUR);
}

/// A pack's frame with its last byte changed.
fn altered(mut frame: Frame) -> Frame {
    assert!(frame.len() <= MAX_FRAME_LEN);
    if frame.first() == Some(&PACK)
        && frame.len() > 3_000
        && let Some(last) = frame.last_mut()
    {
        *last ^= 1;
    }
    frame
}
