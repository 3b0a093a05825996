//! What a pack in a mailbox says once it is opened: any bytes are read or refused.

#![no_main]

use engine::fuzzing::is_letter;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    is_letter(input);
});
