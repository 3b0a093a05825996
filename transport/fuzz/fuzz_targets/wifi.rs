//! Codes of networks on anybody's screen, and what an invite carries of one.

#![no_main]

use libfuzzer_sys::fuzz_target;
use transport::wifi::decode;

fuzz_target!(|bytes: &[u8]| {
    decode(bytes);
});
