//! A scanned or pasted invite: any text is read or refused, and what is read survives a round trip.

#![no_main]

use engine::Invite;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    if let Ok(invite) = Invite::decode(input) {
        assert_eq!(Invite::decode(&invite.encode()).as_ref(), Ok(&invite));
        assert_eq!(Invite::parse(&invite.to_text()), Ok(invite));
    }
    if let Ok(text) = str::from_utf8(input)
        && let Ok(invite) = Invite::parse(text)
    {
        assert_eq!(Invite::parse(&invite.to_text()), Ok(invite));
    }
});
