//! A scanned or pasted invite, or the code of a person: any text is read or refused, and what is read
//! survives a round trip.

#![no_main]

use engine::{Invite, PersonCode};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    if let Ok(invite) = Invite::decode(input) {
        assert_eq!(Invite::decode(&invite.encode()).as_ref(), Ok(&invite));
        assert_eq!(Invite::parse(&invite.to_text()), Ok(invite));
    }
    if let Ok(code) = PersonCode::decode(input) {
        assert_eq!(code.encode(), input);
        assert_eq!(PersonCode::parse(&code.to_text()), Ok(code));
    }
    let Ok(text) = str::from_utf8(input) else { return };
    if let Ok(invite) = Invite::parse(text) {
        assert_eq!(Invite::parse(&invite.to_text()), Ok(invite));
    }
    if let Ok(code) = PersonCode::parse(text) {
        assert_eq!(PersonCode::parse(&code.to_text()), Ok(code));
    }
});
