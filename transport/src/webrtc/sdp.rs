//! The session descriptions both ends write for each other, since none is exchanged.

use std::{fmt::Write, net::SocketAddr};

use super::{
    MAX_FRAME_LEN,
    credentials::{Credentials, Fingerprint},
};

/// The priority of the first candidate: host type, first preference (RFC 8445, section 5.1.2).
pub(super) const FIRST_PRIORITY: u32 = 2_130_706_431;

/// Who starts the DTLS handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Setup {
    /// An offer: the answer decides.
    ActPass,
    /// The other end does.
    Passive,
}

/// Describes the other end, as it would have described itself; `are_all` says that no further
/// candidates will follow.
pub(super) fn describe(
    credentials: &Credentials,
    fingerprint: &Fingerprint,
    setup: Setup,
    candidates: &[SocketAddr],
    are_all: bool,
) -> String {
    let setup = match setup {
        Setup::ActPass => "actpass",
        Setup::Passive => "passive",
    };
    let Credentials { ufrag, pwd } = credentials;
    let mut sdp = format!(
        "v=0\r\n\
         o=- 1 1 IN IP4 0.0.0.0\r\n\
         s=-\r\n\
         t=0 0\r\n\
         a=group:BUNDLE 0\r\n\
         m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n\
         c=IN IP4 0.0.0.0\r\n\
         a=mid:0\r\n\
         a=sendrecv\r\n\
         a=ice-ufrag:{ufrag}\r\n\
         a=ice-pwd:{pwd}\r\n\
         a=fingerprint:sha-256 {fingerprint}\r\n\
         a=setup:{setup}\r\n\
         a=sctp-port:5000\r\n\
         a=max-message-size:{MAX_FRAME_LEN}\r\n"
    );
    for (addr, priority) in candidates.iter().zip((0..FIRST_PRIORITY).rev().step_by(256)) {
        // Writing to a string cannot fail.
        let _written = write!(sdp, "a={}\r\n", candidate(priority, *addr));
    }
    if are_all && !candidates.is_empty() {
        sdp.push_str("a=end-of-candidates\r\n");
    }
    sdp
}

/// A candidate attribute (RFC 8839, section 5.1). All are called host candidates, also what a
/// server told: where an address comes from changes nothing in how it is tried.
pub(super) fn candidate(priority: u32, addr: SocketAddr) -> String {
    let (ip, port) = (addr.ip(), addr.port());
    format!("candidate:{priority} 1 udp {priority} {ip} {port} typ host")
}
