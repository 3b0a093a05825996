//! What was refused is asked for again, in time and without end.

use std::time::Duration;

use super::{Grown, MAX_REPAIRS_PER_DAY, Sync, refusals::RETRY_AFTER};
use crate::{
    Medium, MemoryStore, PeerId, RoomId, RoomRecord, airtime::Airtime, room::Room, wire::Packet,
};

const AUTHOR: PeerId = PeerId::from_bytes([8; 32]);

fn room() -> Room {
    let record = RoomRecord {
        id: RoomId::from_bytes([1; 16]),
        name: "Camp".to_owned(),
        identity_seed: [2; 32],
        owner: AUTHOR,
        nonce: [3; 16],
        epochs: vec![(0, [4; 32])],
        invites: Vec::new(),
        read_up_to: None,
        host: None,
    };
    Room::new(record, Vec::new(), Vec::new(), &[], 0)
}

fn asks_again(sync: &mut Sync) -> bool {
    let mut space = Airtime::new(Medium::Free).space(Duration::ZERO);
    let packets = sync.flush(&room(), &MemoryStore::default(), &Grown::default(), &mut space);
    let packets = packets.expect("memory never fails");
    packets.iter().any(|packet| matches!(packet, Packet::Have { again: true, .. }))
}

#[test]
fn what_was_refused_is_asked_for_again_after_a_while() {
    let mut sync = Sync::new([5; 32], true);
    sync.refusals.refuse(Duration::ZERO, AUTHOR);
    assert!(sync.refusals.contains(AUTHOR));

    sync.take_ops(RETRY_AFTER - Duration::from_secs(1));
    assert!(!asks_again(&mut sync), "too early");
    sync.take_ops(RETRY_AFTER);

    assert!(asks_again(&mut sync));
    assert!(!sync.refusals.contains(AUTHOR));
    assert!(!asks_again(&mut sync), "once");
}

#[test]
fn what_was_refused_is_asked_for_again_at_once_when_something_has_changed() {
    let mut sync = Sync::new([5; 32], true);
    sync.refusals.retry(Duration::ZERO);
    assert!(!asks_again(&mut sync), "nothing was refused");
    sync.refusals.refuse(Duration::ZERO, AUTHOR);

    sync.refusals.retry(Duration::ZERO);

    assert!(asks_again(&mut sync));
}

#[test]
fn asking_again_has_an_end() {
    let mut sync = Sync::new([5; 32], true);
    let asked = (0..100).filter(|_| {
        sync.refusals.refuse(Duration::ZERO, AUTHOR);
        sync.refusals.retry(Duration::ZERO);
        asks_again(&mut sync)
    });

    assert_eq!(asked.count() as u64, MAX_REPAIRS_PER_DAY);
}
