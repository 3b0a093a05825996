//! What people write, as it is shown.

use crate::{PeerId, Position, Role, RoomOption, Timestamp};

/// One thing to show in a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Where it stands in the room on this device.
    pub position: Position,
    /// Who wrote it.
    pub author: PeerId,
    /// When the author wrote it, by the author's clock: for display, never for order.
    pub sent_at: Timestamp,
    /// What it says.
    pub body: Body,
}

impl Message {
    /// Its place in the author's log, counted from 1 without gaps.
    pub fn seq(&self) -> u64 {
        self.position.seq
    }
}

/// What a message says.
#[derive(Clone, PartialEq, Eq)]
pub enum Body {
    /// A person's words.
    Text(String),
    /// The author began the room.
    Created {
        /// The room's name.
        name: String,
    },
    /// The author joined.
    Joined {
        /// What they called themselves.
        name: String,
    },
    /// The author changed their name.
    Renamed {
        /// The new name.
        name: String,
    },
    /// The author made somebody something else.
    RoleChanged {
        /// Whom.
        member: PeerId,
        /// What they are from now on.
        role: Role,
    },
    /// The author left.
    Left,
    /// The author changed the room's key.
    KeyChanged {
        /// Those who were removed by it.
        removed: Vec<PeerId>,
        /// How many invites were taken back by it.
        revoked: usize,
    },
    /// The author switched an option of the room.
    OptionChanged {
        /// Which.
        option: RoomOption,
        /// Whether it is on from now on.
        on: bool,
    },
}
