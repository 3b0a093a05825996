//! Addresses of STUN and TURN servers, as a person or a file gives them: what is accepted is
//! written back as something that means the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use transport::servers::{StunUrl, TurnUrl};

fuzz_target!(|text: &str| {
    if let Ok(url) = text.parse::<TurnUrl>() {
        assert_eq!(url.to_string().parse(), Ok(url));
    }
    if let Ok(url) = text.parse::<StunUrl>() {
        assert_eq!(url.to_string().parse(), Ok(url));
    }
});
