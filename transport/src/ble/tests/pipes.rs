//! Frames over packets that are lost, doubled, cut and overtaken.

use std::time::Duration;

use proptest::prelude::*;

use super::{
    super::{
        packet::{DATA_HEADER_LEN, MAX_PACKET_LEN, MAX_VALUE_LEN, MIN_PACKET_LEN},
        pipe::{Gap, MAX_FRAME_LEN, Pipe, WINDOW},
    },
    frame,
};

/// One thing that may happen to a packet.
#[derive(Debug, Clone, Copy)]
enum Fate {
    Arrives,
    IsLost,
    IsDoubled,
    IsCut(usize),
    /// Packets sent after it arrive first.
    IsLate(usize),
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        6 => Just(Fate::Arrives),
        1 => Just(Fate::IsLost),
        1 => Just(Fate::IsDoubled),
        1 => (1_usize..600).prop_map(Fate::IsCut),
        3 => (1_usize..12).prop_map(Fate::IsLate),
    ]
}

/// Sends all frames through; gives what arrived, and how long it took.
fn carry(frames: &[Vec<u8>], fates: &[Fate], mtus: &[usize]) -> (Vec<Vec<u8>>, Duration) {
    let (mut from, mut to) = (Pipe::new(), Pipe::new());
    let mut to_push = frames.iter();
    let mut fates = fates.iter().copied().cycle();
    let mut mtus = mtus.iter().copied().cycle();
    let mut on_way: Vec<(usize, u32, Vec<u8>)> = Vec::new();
    let mut arrived = Vec::new();
    let mut now = Duration::ZERO;
    let (mut sent, mut has_more) = (0_usize, true);
    // Every step is 10 ms; the hour is never reached.
    while now < Duration::from_secs(3_600) && (has_more || !from.is_flushed()) {
        now += Duration::from_millis(10);
        while from.has_room() && has_more {
            match to_push.next() {
                Some(frame) => from.push(frame),
                None => has_more = false,
            }
        }
        let room = mtus.next().expect("cycles") - DATA_HEADER_LEN;
        while let Some((place, mut bytes)) = from.piece(now, room, 0) {
            assert!(bytes.len() <= room, "the radio would drop it");
            sent += 1;
            let mut late = 0;
            match fates.next().expect("cycles") {
                Fate::Arrives => {}
                Fate::IsLost => continue,
                Fate::IsDoubled => on_way.push((sent, place, bytes.clone())),
                Fate::IsCut(len) => bytes.truncate(len),
                Fate::IsLate(by) => late = by,
            }
            on_way.push((sent + late, place, bytes));
        }
        on_way.sort_by_key(|(at, ..)| *at);
        for (_, place, bytes) in on_way.drain(..) {
            to.receive(now, place, &bytes).expect("what was sent is well formed");
            while let Some(frame) = to.pop() {
                to.release(frame.len());
                arrived.push(frame);
            }
        }
        if to.owes_ack(now) && !matches!(fates.next(), Some(Fate::IsLost)) {
            let (ack, gaps) = to.report(3);
            to.reported();
            from.acknowledged(now, ack, &gaps);
        }
    }
    (arrived, now)
}

fn frames() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let len = prop_oneof![4 => 1_usize..200, 2 => 200_usize..3_000, 1 => Just(MAX_FRAME_LEN)];
    prop::collection::vec(frame(len), 1..8)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn every_frame_arrives_once_whole_and_in_order_whatever_happens_to_packets(
        frames in frames(),
        mut fates in prop::collection::vec(fate(), 1..40),
        mtus in prop::collection::vec(MIN_PACKET_LEN..=MAX_PACKET_LEN, 1..6),
    ) {
        fates.push(Fate::Arrives);
        fates.push(Fate::Arrives);
        let (arrived, _) = carry(&frames, &fates, &mtus);
        prop_assert!(arrived == frames, "{} of {} arrived", arrived.len(), frames.len());
    }

    #[test]
    fn liar_never_makes_a_pipe_hold_more_than_it_may(
        pieces in prop::collection::vec(
            (any::<u32>(), prop::collection::vec(any::<u8>(), 1..500)), 1..400),
        acks in prop::collection::vec((any::<u32>(), any::<u16>(), any::<u16>()), 1..20),
    ) {
        let mut pipe = Pipe::new();
        let mut now = Duration::ZERO;
        pipe.push(&[1; 3_000]);
        for (place, bytes) in pieces {
            now += Duration::from_millis(7);
            let near = place % (3 * WINDOW as u32);
            if pipe.receive(now, near, &bytes).is_err() {
                break;
            }
            let _ = pipe.piece(now, 100, 0);
        }
        for (ack, missing, arrived) in acks {
            let (ack, gaps) = (ack % (2 * WINDOW as u32), [Gap { missing, arrived }]);
            pipe.acknowledged(now, ack, &gaps);
        }
        prop_assert!(pipe.holds() <= 4 * MAX_FRAME_LEN, "{}", pipe.holds());
    }
}

#[test]
fn reader_that_reads_nothing_stops_the_sender_and_loses_nothing() {
    let (mut from, mut to) = (Pipe::new(), Pipe::new());
    let frames: Vec<Vec<u8>> = (0..200_u8).map(|number| vec![number; 4_000]).collect();
    let mut waiting = frames.iter();
    let mut unread = Vec::new();
    let mut now = Duration::ZERO;
    let mut step = |from: &mut Pipe, to: &mut Pipe, unread: &mut Vec<Vec<u8>>| {
        now += Duration::from_millis(100);
        while from.has_room() {
            let Some(frame) = waiting.next() else { break };
            from.push(frame);
        }
        while let Some((place, bytes)) = from.piece(now, 400, 0) {
            to.receive(now, place, &bytes).expect("well formed");
            unread.extend(std::iter::from_fn(|| to.pop()));
        }
        if to.owes_ack(now) {
            let (ack, gaps) = to.report(3);
            to.reported();
            from.acknowledged(now, ack, &gaps);
        }
    };
    (0..1_000).for_each(|_| step(&mut from, &mut to, &mut unread));
    let stuck = unread.len();
    assert!((10..60).contains(&stuck), "{stuck} frames were taken in");

    let mut read = Vec::new();
    for _ in 0..10_000 {
        for frame in unread.drain(..) {
            to.release(frame.len());
            read.push(frame);
        }
        step(&mut from, &mut to, &mut unread);
    }
    assert_eq!(read, frames);
}

#[test]
fn good_air_is_used_well() {
    let frames = vec![vec![7; 50_000]; 4];
    let (arrived, took) = carry(&frames, &[Fate::Arrives], &[MAX_VALUE_LEN]);
    assert_eq!(arrived, frames);
    // Two windows are on their way in each round trip of 50 ms at most.
    assert!(took < Duration::from_secs(3), "{took:?}");
}
