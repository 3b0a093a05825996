//! Wi-Fi without a router: what a person wants of it, and what comes of that.

use engine::{Invite, RoomId};
use transport::wifi::{Credentials, WifiStatus};

/// What a person wants of Wi-Fi. Where a network is in use, it is left only if the person said that it may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WifiWish {
    /// To know how things are.
    Look,
    /// To make a group that others can join.
    Make {
        /// The room whose members are handed what lets in, where they are near.
        room: Option<RoomId>,
        /// Whether the network in use may be left.
        may_leave: bool,
    },
    /// To join a group, and a room by way of it.
    Join {
        /// What lets into the group, from another device's screen.
        credentials: Credentials,
        /// To which room, if any.
        invite: Option<Invite>,
        /// Whether the network in use may be left.
        may_leave: bool,
    },
    /// To leave the group, and have the network back that was left for it.
    Leave,
}

/// What came of a [`WifiWish`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WifiNews {
    /// How things are.
    Status(WifiStatus),
    /// This device made a group.
    Made(Credentials),
    /// This device joined a group; the room, if any, is next.
    Joined(Credentials),
    /// There is no group any more.
    Left,
    /// Nothing was done, since this network would be left: the person is to be asked.
    WouldLeave(String),
    /// It did not work; a sentence for the person says why.
    Failed(String),
}
