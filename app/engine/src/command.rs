//! The person's words: what they ask for, and what they are told.

use crate::{Addr, Invite, InviteId, LinkId, Message, PeerId, Position, RoomId, Timestamp};

/// The longest name of a person or a room, in bytes of UTF-8: long enough for any name, short
/// enough for one line of a list.
pub const MAX_NAME_LEN: usize = 64;

/// The longest text of one message, in bytes of UTF-8: four screens of a phone. Longer things are
/// files.
pub const MAX_TEXT_LEN: usize = 8_000;

/// The most messages in one page of history.
pub const MAX_PAGE_LEN: usize = 500;

/// What the person wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Call myself this, here and in every room.
    SetName {
        /// The name, trimmed, 1 to [`MAX_NAME_LEN`] bytes.
        name: String,
    },
    /// Begin a room with me in it. Answered by [`Event::RoomJoined`] and [`Event::InviteReady`].
    CreateRoom {
        /// Its name, trimmed, 1 to [`MAX_NAME_LEN`] bytes.
        name: String,
    },
    /// Join the room an invite leads to. Answered by [`Event::JoinStarted`], then
    /// [`Event::RoomJoined`]; tried until it works, the program ends or [`Command::CancelJoin`].
    /// If the room is here already, that is answered, and whoever showed the invite is dialed.
    AcceptInvite {
        /// The invite.
        invite: Invite,
    },
    /// Stop trying to join.
    CancelJoin {
        /// Which invite.
        invite: InviteId,
    },
    /// Make an invite to a room, with this device as the one to dial. Answered by
    /// [`Event::InviteReady`], and again by it whenever the device's addresses change.
    ShowInvite {
        /// Where to.
        room: RoomId,
    },
    /// Say something. Answered by [`Event::MessageAdded`].
    SendText {
        /// Where.
        room: RoomId,
        /// What, 1 to [`MAX_TEXT_LEN`] bytes.
        text: String,
    },
    /// Show a page of history. Answered by [`Event::PageLoaded`].
    LoadPage {
        /// Where.
        room: RoomId,
        /// The page ends just before this; without it, at the newest message.
        before: Option<Position>,
        /// The most messages wanted, at most [`MAX_PAGE_LEN`].
        limit: usize,
    },
    /// Everything up to here has been read. Answered by [`Event::UnreadChanged`].
    MarkRead {
        /// Where.
        room: RoomId,
        /// The last message read.
        up_to: Position,
    },
    /// Use the room's mailbox on this device, or do not: leave there what is written and fetch what
    /// others have left. Answered by [`Event::MailboxSet`].
    SetMailbox {
        /// Where.
        room: RoomId,
        /// Whether to; it is used unless said otherwise.
        on: bool,
    },
    /// Say for everyone which relays have the room's mailbox; the owner only. Answered by
    /// [`Event::MailboxSet`].
    SetRelays {
        /// Where.
        room: RoomId,
        /// Addresses of relays, at most [`MAX_ADDRS`](crate::MAX_ADDRS).
        relays: Vec<Addr>,
    },
    /// Leave the room on this device and forget everything in it. Answered by [`Event::RoomLeft`].
    LeaveRoom {
        /// Which.
        room: RoomId,
    },
}

/// What the person should see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The engine is awake; this is all it remembers. First of all events.
    Started {
        /// What the person calls themselves, once they have said so.
        name: Option<String>,
        /// Every room, most recently active first.
        rooms: Vec<RoomSummary>,
    },
    /// The person's own name changed.
    NameChanged {
        /// The new name.
        name: String,
    },
    /// An invite was accepted here; its host is being dialed.
    JoinStarted {
        /// Which invite.
        invite: InviteId,
    },
    /// Joining came to an end without success.
    JoinFailed {
        /// Which invite.
        invite: InviteId,
        /// Why.
        why: JoinFailure,
    },
    /// A room is now on this device: created here or joined.
    RoomJoined {
        /// The room.
        room: RoomSummary,
        /// The invite that led to it, if it was joined.
        invite: Option<InviteId>,
    },
    /// A room is no longer on this device.
    RoomLeft {
        /// Which.
        room: RoomId,
    },
    /// An invite to show.
    InviteReady {
        /// Where it leads.
        room: RoomId,
        /// The invite, with this device's present addresses.
        invite: Invite,
    },
    /// A message is on this disk, whoever wrote it.
    MessageAdded {
        /// Where.
        room: RoomId,
        /// The message.
        message: Message,
    },
    /// A page of history.
    PageLoaded {
        /// Where.
        room: RoomId,
        /// As asked.
        before: Option<Position>,
        /// Oldest first.
        messages: Vec<Message>,
        /// Whether nothing is older.
        is_start: bool,
    },
    /// How many messages of others are newer than the last one read; counted up to 1,000.
    UnreadChanged {
        /// Where.
        room: RoomId,
        /// How many.
        count: usize,
    },
    /// Somebody joined, or changed their name.
    MemberChanged {
        /// Where.
        room: RoomId,
        /// Who.
        member: Member,
    },
    /// A member is known to hold this device's own messages up to a point.
    Received {
        /// Where.
        room: RoomId,
        /// Who holds them.
        by: PeerId,
        /// The `seq` of the last one held.
        up_to: u64,
    },
    /// A link's other end proved to be this member.
    PeerSeen {
        /// Where.
        room: RoomId,
        /// Who.
        peer: PeerId,
        /// Over which link.
        link: LinkId,
    },
    /// The session with this member ended.
    PeerLost {
        /// Where.
        room: RoomId,
        /// Who.
        peer: PeerId,
    },
    /// Whether the room's mailbox is used on this device, and where it is, changed or was asked.
    MailboxSet {
        /// Where.
        room: RoomId,
        /// Whether it is used.
        on: bool,
        /// The relays that have it; none if the room does not say, and those of this device do.
        relays: Vec<Addr>,
    },
    /// Everything this device has written up to here is in the room's mailbox.
    Deposited {
        /// Where.
        room: RoomId,
        /// The `seq` of the last message there.
        up_to: u64,
    },
    /// A relay does not do its part for the room's mailbox. What it lacks is left there anew.
    MailboxDoubt {
        /// Where.
        room: RoomId,
        /// The relay.
        relay: String,
        /// What is wrong.
        why: Doubt,
    },
    /// A command could not be carried out.
    CommandRefused {
        /// Why.
        why: Refusal,
    },
}

/// A room in the list of rooms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomSummary {
    /// Which.
    pub id: RoomId,
    /// Its name.
    pub name: String,
    /// This device's own key in it.
    pub me: PeerId,
    /// Everyone in it, this device included, in the order they became known here.
    pub members: Vec<Member>,
    /// The newest thing to show in the list.
    pub last: Option<Message>,
    /// How many messages of others are newer than the last one read; counted up to 1,000.
    pub unread: usize,
    /// Whether its mailbox is used on this device.
    pub uses_mailbox: bool,
}

/// Somebody in a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub id: PeerId,
    /// What they call themselves.
    pub name: String,
    /// The `seq` of this device's last own message they are known to hold.
    pub holds: u64,
    /// When a session with them was last open.
    pub last_seen: Option<Timestamp>,
}

/// Why joining failed for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JoinFailure {
    /// The invite says itself that it is over.
    #[error("this invite has expired; ask for a new one")]
    Expired,
    /// Whoever answered is not who showed the QR.
    #[error("the device that answered is not the one that showed this invite; scan it again")]
    WrongHost,
    /// The room is on this device already.
    #[error("you are in this room already")]
    AlreadyJoined,
    /// The person gave up.
    #[error("joining was canceled")]
    Canceled,
}

/// Why a relay is not to be trusted with a mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[non_exhaustive]
pub enum Doubt {
    /// Of what it has acknowledged or shown, something is missing.
    #[error("it keeps back messages it was given")]
    Withholds,
    /// The newest it has acknowledged or shown is missing: it is back at an older state.
    #[error("it went back to an older state, or deleted messages before their time")]
    RolledBack,
    /// It shows things no member has made.
    #[error("it shows forged messages")]
    Forges,
    /// It does not take what it is given.
    #[error("it does not take what is to be kept there")]
    Refuses,
}

/// Why a relay does not hold what it was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DepositFailure {
    /// It did not answer in time.
    #[error("the relay cannot be reached")]
    Unreachable,
    /// It said no.
    #[error("the relay refuses")]
    Refused,
}

/// Why a command was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// A name is empty or too long.
    #[error("a name needs 1 to 64 bytes")]
    BadName,
    /// A text is empty or too long.
    #[error("a message needs 1 to 8,000 bytes")]
    BadText,
    /// There is no such room here.
    #[error("this room is not on this device")]
    UnknownRoom,
    /// Only the room's owner may do this.
    #[error("only who began the room can do this")]
    NotOwner,
    /// There are too many addresses, or some are not of relays.
    #[error("these are not addresses of relays")]
    BadRelays,
    /// No name was chosen yet.
    #[error("choose a name first")]
    Nameless,
    /// The others hold other messages of this device than it does itself.
    #[error(
        "this device was restored from an old copy and can only read here; leave the room and scan again"
    )]
    LogForked,
}
