//! An offer or answer of somebody who knows the dial key: read or refused, and what is read comes
//! out again, byte for byte, safe to write into a session description.

#![no_main]

use libfuzzer_sys::fuzz_target;
use transport::offer::{Description, MAX_CANDIDATES};

fuzz_target!(|bytes: &[u8]| {
    let Some((time, description)) = Description::decode(bytes) else { return };
    assert!(description.candidates.len() <= MAX_CANDIDATES);
    for text in [&description.ufrag, &description.pwd] {
        assert!((4..=64).contains(&text.len()));
        assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'+' || b == b'/'));
    }
    assert_eq!(description.encode(time).as_deref(), Some(bytes));
});
