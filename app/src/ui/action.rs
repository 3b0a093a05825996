//! What the person decided on a screen.

use engine::{Command, InviteId, PeerId, RoomId};
use transport::servers::Servers;

use super::{route::Route, server_edit::Editing, wifi::WifiDeed};
use crate::{
    backend::{RelayedLinks, TestScope},
    host::Permission,
};

/// One decision, carried out after the frame is drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Something for the engine.
    Command(Command),
    /// Something grave: ask whether it is meant.
    Ask(Grave),
    /// It was asked whether something grave is meant: do this, or nothing.
    Answer(Option<Command>),
    /// Make this invite and show its code.
    Invite(Command),
    /// Tell the admins this, and go back once it is done.
    Report(Command),
    /// On to a screen.
    Open(Route),
    /// To a screen right above the list of rooms.
    Switch(Route),
    /// Back.
    Back,
    /// Follow the invite in this text, if there is one.
    Join(String),
    /// Put this on the clipboard, and say so in these words.
    Copy {
        /// What.
        text: String,
        /// "Link copied."
        note: &'static str,
    },
    /// Keep the QR of this text as a picture.
    SaveQr {
        /// What the picture is about.
        name: String,
        /// What the QR holds.
        text: String,
    },
    /// Pass this link on to other programs, with its QR.
    Share {
        /// What it leads to.
        name: String,
        /// The link.
        link: String,
    },
    /// Ask the person for this.
    Allow(Permission),
    /// Show where the person can say otherwise than they did.
    OpenSystemSettings,
    /// Never mention notifications again, but in the settings.
    LeaveAlone,
    /// Look for a QR there.
    Scan(ScanFrom),
    /// Write a server, new or known.
    Edit(Box<Editing>),
    /// Use these servers from now on, and say so in these words.
    UseServers {
        /// Which.
        servers: Servers,
        /// "Relay added."
        note: &'static str,
    },
    /// Try what works.
    Test(TestScope, Servers),
    /// Relay links as the person says.
    RelayLinks(RelayedLinks),
    /// Something about Wi-Fi without a router.
    Wifi(WifiDeed),
    /// Close a toast.
    Dismiss(u64),
}

/// What is done only after a second word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grave {
    /// Leaving a room.
    Leave(RoomId),
    /// Removing somebody from a room.
    Remove(RoomId, PeerId),
    /// Having newcomers of a room let in one by one.
    ApproveJoins(RoomId),
    /// Showing a room to people nearby.
    Nearby(RoomId),
    /// Hiding from newcomers of a room what was written before they came.
    HideHistory(RoomId),
    /// Not reading somebody in a room any more.
    Block(RoomId, PeerId),
    /// Revoking an invite to a room.
    Revoke(RoomId, InviteId),
}

/// Where to look for a QR.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScanFrom {
    /// The camera.
    Camera,
    /// A picture the person chooses.
    File,
    /// The clipboard: a picture or a link.
    Clipboard,
    /// This computer's screen.
    Screen,
}
