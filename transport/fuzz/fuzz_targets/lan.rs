//! A message overheard on the local network: read or refused, and what is read is heard alike when
//! it is said again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use transport::lan::decode;

fuzz_target!(|bytes: &[u8]| {
    decode(bytes);
});
