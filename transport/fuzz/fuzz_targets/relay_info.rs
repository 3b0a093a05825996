//! What a relay says of itself over HTTP, and the address of a relay in an invite: read or
//! refused, and an address that is read is its own only form.

#![no_main]

use libfuzzer_sys::fuzz_target;
use transport::nostr::{RelayInfo, RelayUrl};

fuzz_target!(|bytes: &[u8]| {
    if let Some(info) = RelayInfo::parse(bytes) {
        assert!(info.limits.max_message_length.is_none_or(|length| length > 0));
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(url) = text.parse::<RelayUrl>() else { return };
    assert!(url.as_str().len() <= 255 && !url.host().is_empty());
    assert!(url.as_str().bytes().all(|byte| byte.is_ascii_graphic()));
    assert_eq!(url.as_str().parse(), Ok(url));
});
