//! What is kept on this device.

use engine::RoomId;

/// How much the operations of all rooms take, and may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Storage {
    /// How many bytes at most.
    pub bound: u64,
    /// How many each room takes, about.
    pub rooms: Vec<(RoomId, u64)>,
    /// Whether new messages of others wait because nothing may be removed.
    pub is_full: bool,
}
