//! What the person is told.

mod parts;

pub use self::parts::{
    CodeOwner, DepositFailure, Doubt, Goodbye, JoinFailure, Member, Report, RoomSummary,
};
use crate::{
    Addr, DoorPictures, Invite, InviteId, InviteState, LinkId, Message, NearbyRoom, PeerId,
    PersonCode, Position, Refusal, RoomId, RoomOptions, SafetyEmojis,
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
