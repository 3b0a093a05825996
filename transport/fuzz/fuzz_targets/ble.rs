//! Packets of a lying central, and what the stream of frames makes of them.

#![no_main]

use libfuzzer_sys::fuzz_target;
use transport::ble::decode;

fuzz_target!(|bytes: &[u8]| {
    decode(bytes);
});
