//! The content of an event under one of our topics: opened by who has the key, or refused.

#![no_main]

use libfuzzer_sys::fuzz_target;
use transport::{
    DialKey,
    offer::{Topic, open},
};

fuzz_target!(|content: &str| {
    let key = DialKey::from_bytes([7; 32]);
    // Whoever finds one that opens has broken the cipher, or the corpus has the key.
    if let Some((time, description)) = open(&key, &Topic::from("topic"), content) {
        assert!(description.encode(time).is_some());
    }
});
