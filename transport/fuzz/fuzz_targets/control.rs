//! A text message of a peer: read or ignored, and what is read survives a round trip.

#![no_main]

use libfuzzer_sys::fuzz_target;
use transport::control::Control;

fuzz_target!(|text: &[u8]| {
    if let Some(control) = Control::parse(text) {
        assert_eq!(Control::parse(control.encode().as_bytes()), Some(control));
    }
});
