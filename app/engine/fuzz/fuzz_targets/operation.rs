//! An operation: any bytes are read or refused.

#![no_main]

use engine::fuzzing::is_signed_op;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    is_signed_op(input);
});
