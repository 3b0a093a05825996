//! A link whose other end was proved to be a member, or somebody a member invited.

use std::time::Duration;

use crate::{
    Addr, Frame, InviteId, LinkId, Medium, PeerId, RoomId,
    airtime::Airtime,
    busy::Load,
    cipher::Cipherer,
    courier::Errand,
    door::Door,
    handshake::{Handshake, Proof},
    quota::Quota,
    sync::Sync,
    wire::Packet,
};

/// How long a handshake may take, and then the first packet: four round trips over the worst link
/// we know, and patience for a phone that is waking up.
pub(crate) const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// How long the other end may go on without becoming a member or telling us anything new: a commit
/// on a slow disk and a join operation on a slow link.
const NEWCOMER_TIMEOUT: Duration = Duration::from_secs(30);

/// Signatures that do not hold before the peer is hung up on: an honest peer checks before it
/// passes anything on, so even one is suspicious; a bad memory chip deserves a second chance.
pub(crate) const MAX_FORGED: u32 = 3;

/// Authors whose logs break a rule before the peer that brings them is hung up on. An honest peer
/// keeps the same rules; what differs between devices is few: forks, and the edges of expiry.
pub(crate) const MAX_REFUSED: u32 = 256;

/// How often a day a peer may say where somebody can be dialed: each may cost a write and a packet
/// to every other peer. A greeting brings up to 64.
const MAX_WHEREABOUTS_PER_DAY: u64 = 2_000;

/// What a link is used for.
#[derive(Debug)]
pub(crate) enum LinkState {
    /// The other end dialed; its first frame is awaited.
    Awaiting(Opened),
    /// The proof is under way.
    Handshaking(Opened, Purpose, Box<Handshake>),
    /// The proof is there.
    Open(Box<Session>),
    /// Nothing is to be proved: the other end is a stranger.
    Errand(Box<Errand>),
}

/// A link as it came up.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Opened {
    pub(crate) at: Duration,
    /// Whether this end dialed.
    pub(crate) is_dialer: bool,
    pub(crate) binding: Option<[u8; 32]>,
    pub(crate) medium: Medium,
    /// Whether strangers are answered on it.
    pub(crate) is_open: bool,
}

/// Which context a handshake is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// We scanned this invite.
    Join(InviteId),
    /// Somebody scanned this invite to this room.
    Host(RoomId, InviteId),
    /// A member of this room reconnects; the one we dialed, if we did.
    Member(RoomId, Option<PeerId>),
}

impl LinkState {
    /// When the link is hung up on unless something happens.
    pub(crate) fn deadline(&self) -> Option<Duration> {
        match self {
            Self::Awaiting(opened) | Self::Handshaking(opened, ..) => {
                Some(opened.at.saturating_add(HANDSHAKE_TIMEOUT))
            }
            Self::Open(s) if s.is_waiting() => s.door.as_ref().map(Door::until),
            Self::Open(s) if !s.is_live => Some(s.opened_at.saturating_add(HANDSHAKE_TIMEOUT)),
            Self::Open(s) if !s.is_shown => Some(s.useful_at.saturating_add(NEWCOMER_TIMEOUT)),
            Self::Open(_) => None,
            Self::Errand(errand) => Some(errand.deadline()),
        }
    }

    /// When there is something to do in a session: what was asked for is late, there is air again, or it is busy no
    /// longer.
    pub(crate) fn due(&self) -> Option<Duration> {
        let Self::Open(session) = self else { return None };
        let (asked, air) = (session.sync.asked.deadline(), session.airtime.deadline());
        asked.into_iter().chain(air).chain(session.load.deadline()).min()
    }

    /// When the link came up, if the other end dialed and nothing proves yet that it is no replay.
    pub(crate) fn unproved_since(&self) -> Option<Duration> {
        match self {
            Self::Awaiting(opened) | Self::Handshaking(opened, ..) => {
                (!opened.is_dialer).then_some(opened.at)
            }
            Self::Open(s) => (!s.is_dialer && !s.is_live).then_some(s.opened_at),
            Self::Errand(errand) => errand.unproved_since(),
        }
    }
}

/// An open session: one member, one room.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) room: RoomId,
    pub(crate) peer: PeerId,
    pub(crate) noise_key: [u8; 32],
    /// Whether this end dialed.
    pub(crate) is_dialer: bool,
    pub(crate) opened_at: Duration,
    /// When something new last came.
    pub(crate) useful_at: Duration,
    /// The invite whose welcome is awaited, on the newcomer's side.
    pub(crate) joining: Option<InviteId>,
    /// At a room's door, until somebody opens it: such a session belongs to no room.
    pub(crate) door: Option<Door>,
    /// The hash of the handshake.
    pub(crate) salt: [u8; 32],
    /// Whether a packet has come, so that the handshake cannot have been a replay.
    pub(crate) is_live: bool,
    /// Whether the person was told of the peer.
    pub(crate) is_shown: bool,
    pub(crate) sync: Sync,
    pub(crate) airtime: Airtime,
    pub(crate) load: Load,
    pub(crate) forged: u32,
    pub(crate) refused: u32,
    /// Where the peer said it can be dialed, until it is a member.
    pub(crate) addrs: Option<Vec<Addr>>,
    pub(crate) whereabouts: Quota,
    /// Whether the peer was told where other members can be dialed,
    pub(crate) has_told_whereabouts: bool,
    /// and which epochs are held here, and was given the keys of those it lacks.
    pub(crate) has_told_epochs: bool,
    pub(crate) has_given_keys: bool,
    /// Whether it is being let in by this device, and did not join yet.
    pub(crate) is_newcomer: bool,
    /// How many epochs were held when the peer was last given the keys of new ones.
    pub(crate) epochs_known: usize,
    /// How often the peer has sent newest messages.
    pub(crate) newest_taken: u32,
    /// When the peer last said that it writes something.
    pub(crate) typed_at: Option<Duration>,
    /// When the peer last handed over what lets into a network of its own.
    pub(crate) network_at: Option<Duration>,
    cipherer: Cipherer,
}

impl Session {
    pub(crate) fn new(
        room: RoomId,
        (peer, is_dialer): (Proof, bool),
        opened_at: Duration,
        cipherer: Cipherer,
        (salt, has_read_last): ([u8; 32], bool),
        airtime: Airtime,
    ) -> Self {
        Self {
            room,
            peer: peer.author,
            noise_key: peer.noise_key,
            is_dialer,
            opened_at,
            useful_at: opened_at,
            joining: None,
            door: None,
            salt,
            is_live: false,
            is_shown: false,
            sync: Sync::new(salt, has_read_last),
            airtime,
            load: Load::default(),
            forged: 0,
            refused: 0,
            addrs: None,
            whereabouts: Quota::new(MAX_WHEREABOUTS_PER_DAY),
            has_told_whereabouts: false,
            has_told_epochs: false,
            has_given_keys: false,
            is_newcomer: false,
            epochs_known: 0,
            newest_taken: 0,
            typed_at: None,
            network_at: None,
            cipherer,
        }
    }

    /// Whether somebody waits at a door, and not only for a sign that this is no replay.
    fn is_waiting(&self) -> bool {
        self.door.is_some() && (self.is_live || self.joining.is_some())
    }

    /// Whether a newcomer at the other end waits to be let into this room.
    pub(crate) fn waits_for(&self, id: RoomId) -> bool {
        matches!(&self.door, Some(Door::Held(held)) if held.room == id)
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

/// Whether of two sessions with one peer the newer one stays.
///
/// If both ends dialed at about the same time, either will do, and the older one has begun its
/// work; otherwise whoever dialed again has lost the older one.
pub(crate) fn keeps_newer(older: &Session, newer: &Session) -> bool {
    /// Sessions opened closer together than this are one race: longer than any handshake over a
    /// working link, shorter than a restart.
    const RACE: Duration = Duration::from_secs(1);
    let is_race = newer.opened_at.saturating_sub(older.opened_at) < RACE;
    !is_race || older.is_dialer == newer.is_dialer
}

/// Sessions by link.
pub(crate) type Links = std::collections::BTreeMap<LinkId, LinkState>;
