//! What a client says: read or refused, within its bounds, and an event's tags looked at as the
//! relay does.

#![no_main]

use libfuzzer_sys::fuzz_target;
use relay::{ParseLimits, Request};

const LIMITS: ParseLimits = ParseLimits { id_chars: 64, filters: 16 };

fuzz_target!(|text: &str| {
    match Request::parse(text, &LIMITS) {
        Ok(Request::Event(event)) => {
            let _ = event.verify();
            let _ = event.tags.expiration();
            let _ = event.tags.identifier();
            for tag in event.tags.iter() {
                let _ = (tag.single_letter_tag(), tag.content());
            }
        }
        Ok(Request::Req { id, filters }) => {
            assert!(!id.is_empty() && id.chars().count() <= LIMITS.id_chars);
            assert!(!filters.is_empty() && filters.len() <= LIMITS.filters);
        }
        Ok(Request::NegOpen { message, .. } | Request::NegMessage { message, .. }) => {
            assert!(message.len() <= text.len() / 2);
        }
        Ok(_) => {}
        Err(malformed) => assert!(malformed.why.chars().count() <= 160),
    }
});
