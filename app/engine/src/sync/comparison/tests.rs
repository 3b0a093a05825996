//! Both ends know in the end what the other holds of each of their logs, and it costs little.

use std::collections::BTreeMap;

use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore as _, SeedableRng as _};

use super::{Comparison, MAX_ANSWERS, MAX_HEIGHT, Parts, Stage};
use crate::{
    Head, MemberRecord, PeerId, RoomId, RoomRecord,
    frontier::Digest,
    room::Room,
    wire::{MAX_FRAME_LEN, MAX_HEIGHTS, Packet, Part, PartLogs},
};

const SALT: [u8; 32] = [7; 32];

/// The other one of two ends.
const OTHER: [usize; 2] = [1, 0];

type Heights = BTreeMap<PeerId, u64>;

fn author(n: u32) -> PeerId {
    PeerId::from_bytes(*blake3::hash(&n.to_le_bytes()).as_bytes())
}

/// A room with these logs, in this order of becoming known.
fn room(logs: impl IntoIterator<Item = (PeerId, u64)>) -> Room {
    let record = RoomRecord {
        id: RoomId::from_bytes([1; 16]),
        name: "Camp".to_owned(),
        identity_seed: [2; 32],
        owner: author(0),
        nonce: [3; 16],
        epochs: vec![(0, [4; 32])],
        invites: Vec::new(),
        read_up_to: None,
        host: None,
    };
    let member = |id| MemberRecord {
        id,
        noise_key: [5; 32],
        name: "somebody".to_owned(),
        addrs: Vec::new(),
        last_seen: None,
        holds: 0,
    };
    let logs = logs.into_iter().map(|(id, height)| (member(id), Head { height, id: [6; 16] }));
    let (members, heads) = logs.unzip();
    Room::new(record, members, heads, &[], 0)
}

/// One end, and what it learned.
struct End {
    room: Room,
    comparison: Comparison,
    theirs: Heights,
    is_over: bool,
    bytes: usize,
}

impl End {
    fn new(room: Room, salt: [u8; 32], is_sketcher: bool) -> Self {
        let comparison = Comparison::new(&room, salt, is_sketcher);
        Self { room, comparison, theirs: Heights::new(), is_over: false, bytes: 0 }
    }

    fn take(&mut self, packet: &Packet) -> Option<Vec<Packet>> {
        let (room, comparison) = (&self.room, &mut self.comparison);
        let frame = packet.encode();
        assert!(frame.len() <= MAX_FRAME_LEN, "{} bytes", frame.len());
        self.bytes = self.bytes.saturating_add(frame.len());
        let compared = match Packet::decode(&frame).expect("within limits") {
            Packet::Digest { logs, authors } => {
                comparison.take_digest(room, Digest { logs, authors })
            }
            Packet::Sketch { logs, authors } => comparison.take_sketch(room, &logs, &authors)?,
            Packet::Heights { parts, more } => comparison.take_heights(room, &parts, more)?,
            Packet::Differences { steps, more } => {
                comparison.take_differences(room, &steps, more)?
            }
            other => panic!("{other:?}"),
        };
        for (index, height) in compared.held {
            let id = room.member(index).expect("a member").id;
            self.theirs.insert(id, height);
        }
        self.is_over |= compared.is_over;
        Some(compared.replies)
    }

    fn logs(&self) -> Heights {
        self.room.frontier().map(|(_, id, height)| (id, height)).collect()
    }
}

/// Lets both ends compare; gives the bytes said.
fn compare(sketcher: Room, other: Room) -> (End, End) {
    let mut ends = [End::new(sketcher, SALT, true), End::new(other, SALT, false)];
    let mut to: [Vec<Packet>; 2] = OTHER.map(|from| vec![ends[from].comparison.digest()]);
    while to.iter().any(|packets| !packets.is_empty()) {
        for n in 0..2 {
            for packet in std::mem::take(&mut to[n]) {
                let replies = ends[n].take(&packet).expect("an honest peer's packet");
                to[OTHER[n]].extend(replies);
            }
        }
    }
    for (n, end) in ends.iter().enumerate() {
        assert!(end.is_over);
        let theirs = ends[OTHER[n]].logs();
        for id in end.logs().keys() {
            let known = end.theirs.get(id).copied().unwrap_or_default();
            assert_eq!(known, theirs.get(id).copied().unwrap_or_default());
        }
    }
    let [sketcher, other] = ends;
    (sketcher, other)
}

fn bytes((a, b): &(End, End)) -> usize {
    a.bytes.saturating_add(b.bytes)
}

#[test]
fn both_know_what_the_other_holds_whoever_was_let_in_while_they_were_apart() {
    let mut chance = ChaCha20Rng::seed_from_u64(1);
    for size in [1, 2, 5, 16, 17, 40, 300, 2_000] {
        for differing in [0, 1, 2, 10, size] {
            let mut logs = [Vec::new(), Vec::new()];
            for n in 0..size {
                let height = 1 + u64::from(chance.next_u32() % 300);
                let differs = chance.next_u32() % size < differing;
                for (end, logs) in logs.iter_mut().enumerate() {
                    // Sometimes a log is held by one end only.
                    let more = u64::from(chance.next_u32() % 40);
                    let is_lacking = differs && chance.next_u32() % 4 == 0 && end == 1;
                    let height = if differs { height + more } else { height };
                    if !is_lacking {
                        logs.push((author(n), height));
                    }
                }
            }
            let [a, mut b] = logs;
            // They became known in another order, some of them only there.
            let start = a.len() / 3 % b.len().max(1);
            b.rotate_left(start);
            if differing == 2 {
                b.push((author(1_000_000), 3));
            }
            compare(room(a), room(b));
        }
    }
}

#[test]
fn nothing_is_held_by_one_end() {
    compare(room([]), room((0..50).map(|n| (author(n), 2))));
    compare(room((0..50).map(|n| (author(n), 2))), room([]));
}

#[test]
fn equal_devices_say_their_digests_and_nothing_else() {
    let logs = || (0..1_000).map(|n| (author(n), 100));

    let ends = compare(room(logs()), room(logs()));

    assert_eq!(bytes(&ends), 2 * 13);
}

#[test]
fn a_scattered_difference_costs_less_than_a_list_of_all_logs() {
    let logs = || (0..1_000).map(|n| (author(n), 100));
    let ten = |n: u32, height: u64| if n.is_multiple_of(100) { height + 1 } else { height };
    let all = |n: u32, height: u64| if n.is_multiple_of(2) { height + 1 } else { height - 1 };

    let few = compare(room(logs()), room((0..1_000).map(|n| (author(n), ten(n, 100)))));
    let many = compare(room(logs()), room((0..1_000).map(|n| (author(n), all(n, 100)))));

    assert!(bytes(&few) < 700, "{} bytes", bytes(&few));
    assert!(bytes(&many) < 2_700, "{} bytes", bytes(&many));
}

#[test]
fn fifty_thousand_members_nobody_of_whom_is_known_to_both_fit_in_packets() {
    let (a, b) = (0..25_000, 25_000..50_000);
    compare(room(a.map(|n| (author(n), u64::from(n)))), room(b.map(|n| (author(n), 1 << 40))));
}

#[test]
fn bucket_that_somebody_filled_with_made_up_members_is_told_whole() {
    let made_up = |n: u32| {
        let mut id = [0; 32];
        id.iter_mut().skip(2).zip(n.to_le_bytes()).for_each(|(to, from)| *to = from);
        PeerId::from_bytes(id)
    };
    let logs = |height| (0..10_000).map(move |n| (made_up(n), height));

    compare(room(logs(1)), room(logs(2)));
}

#[test]
fn what_grows_while_devices_compare_does_not_confuse_them() {
    let logs = || (0..100).map(|n| (author(n), 5));
    let mut a = End::new(room(logs()), SALT, true);
    let mut b = End::new(room(logs()), SALT, false);
    let digest = b.comparison.digest();
    b.room.heads.iter_mut().for_each(|head| head.height = 6);
    a.room.heads.iter_mut().for_each(|head| head.height = 7);

    let answers = [a.take(&digest), b.take(&a.comparison.digest())];

    assert_eq!(answers, [Some(Vec::new()), Some(Vec::new())]);
    assert!(a.is_over && b.is_over);
    assert!(a.theirs.values().chain(b.theirs.values()).all(|height| *height == 5));
}

#[test]
fn another_session_has_other_digests() {
    let logs = || room((0..10).map(|n| (author(n), 5)));
    let [a, b] = [[1; 32], [2; 32]].map(|salt| Comparison::new(&logs(), salt, true).digest);

    assert_ne!(a.logs, b.logs);
    assert_ne!(a.authors, b.authors);
}

#[test]
fn answers_nobody_asked_for_and_wrong_ones_are_noticed() {
    let logs = || room((0..40).map(|n| (author(n), 5)));
    let other = Packet::Digest { logs: [1; 8], authors: [2; 4] };
    let named = |bucket, count: u32| {
        let logs = PartLogs::Named((0..count).map(|n| (author(n), 1)).collect());
        Packet::Heights { parts: vec![Part { bucket, logs }], more: true }
    };
    let heights = |bucket, heights: &[u64]| {
        let logs = PartLogs::Heights(heights.to_vec());
        Packet::Heights { parts: vec![Part { bucket, logs }], more: true }
    };
    let sketch = Packet::Sketch { logs: vec![[1; 4]; 4], authors: vec![[1; 4]; 4] };
    let differences = |steps: &[u64]| Packet::Differences { steps: steps.to_vec(), more: false };
    let refused = |is_sketcher, said: &[Packet]| {
        let mut end = End::new(logs(), SALT, is_sketcher);
        let (last, before) = said.split_last().expect("something is said");
        for packet in before {
            assert!(end.take(packet).is_some(), "{packet:?}");
        }
        assert_eq!(end.take(last), None, "{last:?}");
    };

    for is_sketcher in [true, false] {
        for unasked in [&sketch, &named(0, 1), &differences(&[])] {
            refused(is_sketcher, std::slice::from_ref(unasked));
        }
    }
    refused(true, &[other.clone(), sketch.clone()]);
    refused(true, &[other.clone(), differences(&[])]);
    refused(true, &[other.clone(), named(4, 1)]);
    refused(true, &[other.clone(), named(1, 1), named(0, 1)]);
    refused(true, &[other.clone(), heights(0, &[1])]);
    let too_high = PartLogs::Named(vec![(author(0), MAX_HEIGHT + 1)]);
    let too_high = Packet::Heights { parts: vec![Part { bucket: 0, logs: too_high }], more: false };
    refused(true, &[other.clone(), too_high]);
    let without_end = vec![named(0, 1); MAX_ANSWERS + 1];
    refused(true, &[vec![other.clone()], without_end].concat());
    let of_same_authors = Packet::Sketch { logs: vec![[1; 4]], authors: Vec::new() };
    refused(false, &[other.clone(), of_same_authors]);
    refused(false, &[other.clone(), sketch.clone(), sketch.clone()]);
    for steps in [&[][..], &[76], &[80], &[u64::MAX - 1], &[1 | 5 << 2], &[u64::MAX; 40]] {
        refused(false, &[other.clone(), sketch.clone(), differences(steps)]);
    }
}

#[test]
fn packets_of_heights_keep_their_limits_whatever_the_buckets_hold() {
    let logs: Vec<_> = (0..9_000).map(|n| (crate::MemberIndex(n), author(n), u64::MAX)).collect();
    let mut parts = Parts::default();
    for (bucket, len) in [0, 1, MAX_HEIGHTS, MAX_HEIGHTS + 1, 3, 9_000].into_iter().enumerate() {
        parts.add(bucket, &logs[..len], bucket % 2 == 1);
    }

    let packets = parts.into_packets();

    for packet in &packets {
        let frame = packet.encode();
        assert!(frame.len() <= MAX_FRAME_LEN - crate::crypto::TAG_LEN);
        assert_eq!(Packet::decode(&frame).as_ref(), Some(packet));
    }
}

#[test]
fn second_digest_is_not_answered() {
    let mut end = End::new(room([(author(0), 1)]), SALT, true);
    let other = Packet::Digest { logs: [1; 8], authors: [2; 4] };
    assert_eq!(end.take(&other).map(|replies| replies.len()), Some(1));

    assert_eq!(end.take(&other), Some(Vec::new()));
    assert!(matches!(end.comparison.stage, Stage::Heights(..)));
}
