//! A link whose other end was proved to be a member, or somebody a member invited.

use std::time::Duration;

use crate::{
    Frame, LinkId, PeerId, RoomId,
    handshake::{Cipherer, Handshake},
    sync::Sync,
    wire::Packet,
};

/// How long a handshake may take: four round trips over the worst link we know, and patience for
/// a phone that is waking up.
pub(crate) const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// Signatures that do not hold before the peer is hung up on: an honest peer checks before it
/// passes anything on, so even one is suspicious; a bad memory chip deserves a second chance.
pub(crate) const MAX_FORGED: u32 = 3;

/// What a link is used for.
#[derive(Debug)]
pub(crate) enum LinkState {
    /// The other end dialed; its first frame is awaited.
    Awaiting(Opened),
    /// The proof is under way.
    Handshaking(Opened, Purpose, Box<Handshake>),
    /// The proof is there.
    Open(Box<Session>),
}

/// A link as it came up.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Opened {
    pub(crate) at: Duration,
    pub(crate) binding: Option<[u8; 32]>,
}

/// Which context a handshake is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// We scanned this invite.
    Join(crate::InviteId),
    /// Somebody scanned an invite to this room.
    Host(RoomId),
    /// A member of this room reconnects; whether we dialed.
    Member(RoomId),
}

/// An open session: one member, one room.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) room: RoomId,
    pub(crate) peer: PeerId,
    /// Whether this end dialed.
    pub(crate) is_dialer: bool,
    pub(crate) opened_at: Duration,
    /// The invite whose welcome is awaited, on the newcomer's side.
    pub(crate) joining: Option<crate::InviteId>,
    /// Whether a packet has come, so that the handshake cannot have been a replay.
    pub(crate) is_live: bool,
    /// Whether the person was told of the peer.
    pub(crate) is_shown: bool,
    pub(crate) sync: Sync,
    pub(crate) forged: u32,
    cipherer: Cipherer,
}

impl Session {
    pub(crate) fn new(
        room: RoomId,
        peer: PeerId,
        is_dialer: bool,
        opened_at: Duration,
        cipherer: Cipherer,
    ) -> Self {
        Self {
            room,
            peer,
            is_dialer,
            opened_at,
            joining: None,
            is_live: false,
            is_shown: false,
            sync: Sync::default(),
            forged: 0,
            cipherer,
        }
    }

    /// The frame that carries `packet`.
    pub(crate) fn seal(&mut self, packet: &Packet) -> Option<Frame> {
        self.cipherer.seal(packet.encode())
    }

    /// The packet in `frame`, if the peer sent it just so.
    pub(crate) fn open(&mut self, frame: Frame) -> Option<Packet> {
        Packet::decode(&self.cipherer.open(frame)?)
    }
}

/// Which of two sessions with one peer stays: both ends choose alike.
///
/// If both ends dialed at about the same time, the link dialed by the lower key stays; otherwise
/// the newer one, since whoever dialed again has lost the older.
pub(crate) fn keeps_newer(older: &Session, newer: &Session, me: PeerId) -> bool {
    /// Sessions opened closer together than this are one race: longer than any handshake over a
    /// working link, shorter than the first retry of a dialer that lost its link.
    const RACE: Duration = Duration::from_secs(1);
    let is_race = newer.opened_at.saturating_sub(older.opened_at) < RACE;
    if !is_race || older.is_dialer == newer.is_dialer {
        return true;
    }
    newer.is_dialer == (me < newer.peer)
}

/// Sessions by link.
pub(crate) type Links = std::collections::BTreeMap<LinkId, LinkState>;
