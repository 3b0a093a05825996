//! The first datagram of a stranger: whatever is read must be safe to write into a session
//! description, and what was signed must be the datagram's own bytes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use transport::stun;

fuzz_target!(|datagram: &[u8]| {
    let Some(request) = stun::inspect(datagram) else { return };
    assert!(stun::is_binding_request(datagram));
    for ufrag in [request.listener, request.dialer] {
        assert!((4..=256).contains(&ufrag.len()));
        assert!(ufrag.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'+' || b == b'/'));
    }
    let signed = request.signed().concat();
    assert!(signed.len() >= 20);
    assert_eq!(signed.get(4..), datagram.get(4..signed.len()));
    assert_eq!(datagram.get(signed.len() + 4..signed.len() + 24), Some(&request.integrity[..]));
});
