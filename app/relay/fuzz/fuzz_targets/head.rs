//! The head of an HTTP request: read, refused, or not whole yet.

#![no_main]

use libfuzzer_sys::fuzz_target;
use relay::Head;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(Some(head)) = Head::parse(bytes) {
        assert!(head.len <= bytes.len());
        assert_eq!(Head::parse(bytes.get(..head.len).expect("a part")), Ok(Some(head)));
    }
});
