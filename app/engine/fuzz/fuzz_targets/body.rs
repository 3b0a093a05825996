//! What an operation says once it is opened: any bytes are read or refused.

#![no_main]

use engine::fuzzing::is_body;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    is_body(input);
});
