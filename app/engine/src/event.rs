//! What the person is told.

use crate::{
    Addr, Bond, DoorPictures, Invite, InviteId, InviteState, LastSeen, LinkId, Message, NearbyRoom,
    PeerId, PersonCode, Position, Refusal, ReportRecord, Role, RoomId, RoomOptions, SafetyEmojis,
};

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
    /// A room is being left: whoever is near, and its mailbox, are told. [`Event::RoomLeft`] follows within
    /// seconds, or at once if it is asked for again.
    RoomLeaving {
        /// Which.
        room: RoomId,
    },
    /// A room is no longer on this device.
    RoomLeft {
        /// Which.
        room: RoomId,
        /// Who knows that the person left.
        goodbye: Goodbye,
    },
    /// An invite to show.
    InviteReady {
        /// Where it leads.
        room: RoomId,
        /// The invite, with this device's present addresses.
        invite: Invite,
    },
    /// Every invite to a room that is known here.
    InvitesListed {
        /// Where they lead.
        room: RoomId,
        /// The invites, in no order.
        invites: Vec<InviteState>,
    },
    /// What is shown of a room's history may be less or more than before: load it anew.
    HistoryChanged {
        /// Which room.
        room: RoomId,
    },
    /// What was said last in a room whose history is still on its way: to be read meanwhile, but
    /// not on this disk yet. Told again, empty, once everything is.
    NewestShown {
        /// Where.
        room: RoomId,
        /// What authors call themselves who are not members here yet.
        names: Vec<(PeerId, String)>,
        /// The messages, oldest first. Each comes again, as [`Event::MessageAdded`]; its position may
        /// then be another.
        messages: Vec<Message>,
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
        /// Whether something was said that is not shown because this device came later.
        hides_earlier: bool,
    },
    /// How many messages of others are newer than the last one read; counted up to 1,000.
    UnreadChanged {
        /// Where.
        room: RoomId,
        /// How many.
        count: usize,
    },
    /// Somebody joined, changed their name, or may do more or less than before.
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
    /// A link over the air carries more than chat, or does no longer: a better way is worth some effort.
    LinkBusy {
        /// Where.
        room: RoomId,
        /// With whom.
        peer: PeerId,
        /// Which.
        link: LinkId,
        /// Whether it does.
        is_busy: bool,
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
    /// How much is kept on this device: asked for, or new texts of others wait now, or do not any
    /// longer.
    StorageTold {
        /// How many bytes of operations at most.
        bound: u64,
        /// How many those of each room take, about.
        rooms: Vec<(RoomId, u64)>,
        /// Whether new texts of others wait because nothing may be removed.
        is_full: bool,
    },
    /// Whether this device carries sealed messages for others; told at the start as well.
    CarryingSet {
        /// Whether it does, as long as there is power.
        on: bool,
    },
    /// What is needed to make sure who a member is.
    SafetyEmojis {
        /// Where.
        room: RoomId,
        /// Who.
        member: PeerId,
        /// What their device shows as well, if they are who they seem.
        emojis: SafetyEmojis,
        /// What to show them, so that they can make sure of this device's person.
        code: PersonCode,
    },
    /// A code was scanned by which a person shows who they are.
    CodeChecked {
        /// The code.
        code: PersonCode,
        /// Whose it should be, as asked.
        expected: Option<(RoomId, PeerId)>,
        /// Whose it is.
        owner: CodeOwner,
    },
    /// The newest thing to show in the list of rooms is another, though nothing was added.
    LastChanged {
        /// Where.
        room: RoomId,
        /// It, if there is any.
        last: Option<Message>,
    },
    /// Every report that this device could open: its own, and, while its person is an admin, those of
    /// others. Told when there is one more, too.
    ReportsListed {
        /// Where.
        room: RoomId,
        /// The reports, newest first.
        reports: Vec<Report>,
    },
    /// A command could not be carried out.
    CommandRefused {
        /// Why.
        why: Refusal,
    },
    /// The host of an invite that was accepted here has to let this device in. Told anew when it has
    /// come back; until then there is [`Event::JoinStarted`] again.
    JoinWaiting {
        /// Which invite.
        invite: InviteId,
        /// What whoever holds the host's device is called.
        host: String,
        /// What both see if nobody is between them.
        pictures: DoorPictures,
    },
    /// Somebody who scanned an invite on this device waits to be let in.
    NewcomerWaiting {
        /// Where.
        room: RoomId,
        /// Their key.
        newcomer: PeerId,
        /// What they call themselves.
        name: String,
        /// What both see if nobody is between them.
        pictures: DoorPictures,
    },
    /// Whoever waited was let in or turned away, or does not wait any more.
    NewcomerGone {
        /// Where.
        room: RoomId,
        /// Their key.
        newcomer: PeerId,
    },
    /// The options of a room are others than before.
    OptionsChanged {
        /// Which room.
        room: RoomId,
        /// How they are now.
        options: RoomOptions,
    },
    /// The rooms that are open to people nearby are others than before: those that devices told of
    /// which were near within the last minutes, by name. None of them is on this device.
    NearbyChanged {
        /// All there are.
        rooms: Vec<NearbyRoom>,
    },
    /// A member writes something just now. Said again after some seconds while they go on.
    Typing {
        /// Where.
        room: RoomId,
        /// Who.
        peer: PeerId,
    },
    /// A member who is near made a network for others, or ended it.
    NetworkOffered {
        /// For which room.
        room: RoomId,
        /// Who.
        peer: PeerId,
        /// What lets in, at most [`MAX_NETWORK_LEN`](crate::MAX_NETWORK_LEN) bytes; empty if there is none any more.
        access: Vec<u8>,
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
    /// Its options.
    pub options: RoomOptions,
}

/// Somebody in a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub id: PeerId,
    /// What they call themselves.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Whether they left by themselves, and so are nothing any more.
    pub has_left: bool,
    /// Who stands for all devices of their person: themselves, if no other is known.
    pub person: PeerId,
    /// Whether this device and theirs say to be of one person.
    pub bond: Bond,
    /// The `seq` of this device's last own message they are known to hold.
    pub holds: u64,
    /// When they were last heard of, and how that is known.
    pub last_seen: Option<LastSeen>,
    /// Whether this device's person made sure who they are.
    pub is_verified: bool,
    /// Whether this device's person does not want to read what they write.
    pub is_blocked: bool,
}

/// Who knows that a person left a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goodbye {
    /// A member, who passes it on.
    Heard,
    /// The room's mailbox, where the others will find it.
    Kept,
    /// Nobody: none of the others was near.
    Unheard,
    /// Nobody was to be told: the person was alone in the room, or had been removed.
    Unsaid,
}

/// Something somebody told the admins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// What was told.
    pub report: ReportRecord,
    /// The last words of the one it is about that whoever reports had seen, if they are here.
    pub last_words: Option<String>,
}

/// Whose a scanned code is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeOwner {
    /// This member's, who is noted as verified now.
    Verified(PeerId),
    /// Not that of the member it should be, but this one's.
    SomebodyElse(PeerId),
    /// Nobody's who is in the room, as far as is known here.
    Nobody,
    /// This device's own.
    Me,
    /// That of somebody in another room than the one it should be, or in one that is not here.
    OtherRoom,
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
    /// The host's person said no.
    #[error("you were not let in; if that is a mistake, talk to them and scan again")]
    NotLetIn,
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
