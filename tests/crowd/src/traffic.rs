//! What the bytes on the air are for.
//!
//! The links of the crowd have a binding, so packets travel as they are, and their first byte is
//! the packet's kind.

use std::collections::BTreeMap;

/// The packets of a session, in the order of their numbers.
const KINDS: [&str; 15] = [
    "welcome",
    "hello",
    "whereabouts",
    "digest",
    "have",
    "ops",
    "received",
    "sketch",
    "heights",
    "differences",
    "epochs",
    "keys",
    "offer",
    "ask",
    "spare",
];

/// The number of packets with operations.
const OPS: u8 = 5;

/// The kind of a first frame after which the dialer sends another one of the handshake.
const INTRODUCTION: u8 = 3;

/// Whether a dialer's first frame begins an introduction, not a reconnect.
pub(crate) fn is_introduction(frame: &[u8]) -> bool {
    frame.get(1) == Some(&INTRODUCTION)
}

/// Whether a packet of a session brings operations.
pub(crate) fn is_ops(frame: &[u8]) -> bool {
    frame.first() == Some(&OPS)
}

/// Frames and bytes handed to links, by what they are for.
#[derive(Debug, Clone, Default)]
pub struct Traffic {
    kinds: BTreeMap<&'static str, (u64, u64)>,
}

impl Traffic {
    /// Counts a frame of a handshake.
    pub(crate) fn count_handshake(&mut self, len: usize) {
        self.count("handshake", len);
    }

    /// Counts a frame between strangers.
    pub(crate) fn count_stranger(&mut self, len: usize) {
        self.count("strangers", len);
    }

    /// Counts a packet of a session.
    pub(crate) fn count_packet(&mut self, frame: &[u8]) {
        let kind = frame.first().and_then(|kind| KINDS.get(usize::from(*kind)));
        self.count(kind.copied().unwrap_or("other"), frame.len());
    }

    /// Another crowd's is added.
    pub(crate) fn absorb(&mut self, other: &Self) {
        for (kind, (frames, bytes)) in &other.kinds {
            let ours = self.kinds.entry(kind).or_default();
            *ours = (ours.0 + frames, ours.1 + bytes);
        }
    }

    fn count(&mut self, kind: &'static str, len: usize) {
        let (frames, bytes) = self.kinds.entry(kind).or_default();
        *frames += 1;
        *bytes += (len + crate::radio::FRAME_HEADER) as u64;
    }

    /// What for, how many frames, and how many bytes with what carries them.
    pub fn kinds(&self) -> impl Iterator<Item = (&'static str, u64, u64)> {
        self.kinds.iter().map(|(kind, (frames, bytes))| (*kind, *frames, *bytes))
    }
}
