//! An address from an invite or another peer: read or refused, and what is read comes out again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use transport::{Addr, AddrKind};

fuzz_target!(|bytes: &[u8]| {
    let addr = Addr { kind: AddrKind::Socket, bytes: bytes.to_vec() };
    let Some(socket) = addr.to_socket_addr() else { return };
    assert!(socket.port() != 0);
    assert!(!socket.ip().is_unspecified() && !socket.ip().is_multicast());
    assert_eq!(Addr::from_socket_addr(socket).to_socket_addr(), Some(socket));
});
