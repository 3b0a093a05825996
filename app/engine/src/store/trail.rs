//! What is remembered so that texts can be forgotten.

use serde::{Deserialize, Serialize};

use crate::{MemberIndex, Position, RoomId};

/// What is remembered of a log besides how far it is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Trail {
    /// The place of its last operation that is no text; 0 if there is none.
    pub last: u64,
    /// The first 16 bytes of that operation's id,
    pub id: [u8; 16],
    /// and its author's clock then.
    pub clock: u64,
    /// Whether its author ever governed in it: from then on it is kept whole.
    pub governs: bool,
}

/// The texts between a checkpoint and the author's last operation before that is no text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// The place of that operation: they begin behind it.
    pub since: u64,
    /// The checkpoint's clock, as its author wrote it.
    pub clock: u64,
}

/// A run that is held: whose, the place of its checkpoint, and where it begins.
pub type HeldRun = ((MemberIndex, u64), Run);

/// Operations of one log to forget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gone {
    /// Where.
    pub room: RoomId,
    /// Whose.
    pub author: MemberIndex,
    /// Those behind this place
    pub after: u64,
    /// and before this one.
    pub before: u64,
}

/// One operation, without what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// Where it is shown.
    pub position: Position,
    /// What sort of operation it is.
    pub kind: u8,
    /// How long it is, in bytes.
    pub len: usize,
}

impl Row {
    /// What an operation takes besides its own bytes, about: both keys, and its part of the pages.
    pub const COST: u64 = 128;

    /// What an operation of `len` bytes takes, about.
    pub fn cost(len: usize) -> u64 {
        u64::try_from(len).unwrap_or(u64::MAX).saturating_add(Self::COST)
    }
}
