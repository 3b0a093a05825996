//! A step of a reconciliation: answered within its bound, or refused.

#![no_main]

use libfuzzer_sys::fuzz_target;
use negentropy::{Id, Negentropy, NegentropyStorageVector};

const FRAME_LEN: u64 = 4_096;
const EVENTS: u8 = 100;

fuzz_target!(|message: &[u8]| {
    let mut held = NegentropyStorageVector::new();
    for n in 0..EVENTS {
        held.insert(u64::from(n / 3), Id::from_byte_array([n; 32])).expect("inserted");
    }
    held.seal().expect("sealed");
    let mut negentropy = Negentropy::owned(held, FRAME_LEN).expect("begun");
    for _ in 0..2 {
        if let Ok(answer) = negentropy.reconcile(message) {
            assert!(answer.len() <= 2 * FRAME_LEN as usize, "{} bytes", answer.len());
        }
    }
});
