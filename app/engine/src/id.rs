//! The names of things: peers, rooms, links, moments and places in a log.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! byte_id {
    ($(#[$doc:meta])* $name:ident, $len:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name([u8; $len]);

        impl $name {
            /// Wraps raw bytes.
            pub const fn from_bytes(bytes: [u8; $len]) -> Self {
                Self(bytes)
            }

            /// The raw bytes, as they travel and as they are stored.
            pub const fn as_bytes(&self) -> &[u8; $len] {
                &self.0
            }

            /// Reads what [`Display`](fmt::Display) wrote.
            pub fn parse(hex: &str) -> Option<Self> {
                let bytes = data_encoding::HEXLOWER_PERMISSIVE.decode(hex.as_bytes()).ok()?;
                bytes.try_into().ok().map(Self)
            }
        }

        /// All bytes in hex.
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
            }
        }

        /// The first 4 bytes in hex: enough to follow a log, too little to leak one.
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "("))?;
                for byte in self.0.iter().take(4) {
                    write!(f, "{byte:02x}")?;
                }
                write!(f, ")")
            }
        }
    };
}

/// What a pack is called by whoever carries it: a hash of its bytes.
pub type PackId = [u8; 8];

byte_id! {
    /// A device in one room, named by the Ed25519 public key that signs its operations there.
    PeerId, 32
}

byte_id! {
    /// A conversation: the first 16 bytes of a hash over its creator's key and a nonce.
    RoomId, 16
}

byte_id! {
    /// An invite, named by a hash of its secret, so that it can be spoken of in public.
    InviteId, 16
}

/// One open link, unique for the life of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkId(pub u64);

/// Milliseconds since the Unix epoch.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub struct Timestamp(pub u64);

/// A place in a room's roster on this device, counted from 0 in the order members became known.
/// It never leaves the device: on the wire a member is a [`PeerId`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MemberIndex(pub u32);

/// Where an operation stands in the order a room is shown in.
///
/// Ordered by time, then by author, then by place in the author's log; unique in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Position {
    /// The author's hybrid logical clock, held back to at most a few minutes after arrival, in the
    /// upper 48 bits; 16 bits of the author's key below, so that ties fall alike on every device.
    pub hlc: u64,
    /// The author.
    pub author: MemberIndex,
    /// The place in the author's log, counted from 1 without gaps.
    pub seq: u64,
}
