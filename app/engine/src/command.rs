//! What the person asks for.

use crate::{
    Addr, Invite, InviteId, PeerId, PersonCode, Position, Role, RoomId, RoomOption, Timestamp,
};

/// The longest name of a person or a room, in bytes of UTF-8: long enough for any name, short
/// enough for one line of a list.
pub const MAX_NAME_LEN: usize = 64;

/// The longest text of one message, in bytes of UTF-8: four screens of a phone. Longer things are
/// files.
pub const MAX_TEXT_LEN: usize = 8_000;

/// The most messages in one page of history.
pub const MAX_PAGE_LEN: usize = 500;

/// The longest text of one report, in bytes of UTF-8: enough to say what happened. All reports are
/// as long on the wire as one of this length.
pub const MAX_REPORT_LEN: usize = 500;

/// What the person wants.
#[derive(Clone, PartialEq, Eq)]
pub enum Command {
    /// Call myself this, here and in every room.
    SetName {
        /// The name, trimmed, 1 to [`MAX_NAME_LEN`] bytes.
        name: String,
    },
    /// Begin a room with me in it. Answered by [`Event::RoomJoined`](crate::Event::RoomJoined) and [`Event::InviteReady`](crate::Event::InviteReady).
    CreateRoom {
        /// Its name, trimmed, 1 to [`MAX_NAME_LEN`] bytes.
        name: String,
    },
    /// Join the room an invite leads to. Answered by [`Event::JoinStarted`](crate::Event::JoinStarted), then
    /// [`Event::RoomJoined`](crate::Event::RoomJoined); tried until it works, the program ends or [`Command::CancelJoin`].
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
    /// Show an invite to a room, with this device as the one to dial. Answered by
    /// [`Event::InviteReady`](crate::Event::InviteReady), and again by it whenever the device's addresses change.
    ShowInvite {
        /// Where to.
        room: RoomId,
        /// Which; without it, the newest that anybody may use who sees it.
        invite: Option<InviteId>,
    },
    /// Make a new invite; owner and admins only. Answered by [`Event::InviteReady`](crate::Event::InviteReady) and
    /// [`Event::InvitesListed`](crate::Event::InvitesListed).
    CreateInvite {
        /// Where to.
        room: RoomId,
        /// What those become who join by it: [`Role::Member`] or [`Role::Muted`].
        role: Role,
        /// When it ends, if ever.
        expires_at: Option<Timestamp>,
        /// How many may join by it, if not as many as like.
        max_uses: Option<u32>,
        /// Whether they get to read what was written before, also where that is hidden from newcomers: as
        /// far as those who let them in have it.
        reads_before: bool,
    },
    /// Let nobody join by an invite any more, and change the room's key; owner and admins only.
    /// Answered by [`Event::InvitesListed`](crate::Event::InvitesListed).
    RevokeInvite {
        /// Where to.
        room: RoomId,
        /// Which.
        invite: InviteId,
    },
    /// Tell which invites there are. Answered by [`Event::InvitesListed`](crate::Event::InvitesListed).
    ListInvites {
        /// Where to.
        room: RoomId,
    },
    /// Make a member something else; owner and admins only, and only the owner makes admins or
    /// takes them back. [`Role::Removed`] also changes the room's key and revokes every invite.
    /// Answered by [`Event::MemberChanged`](crate::Event::MemberChanged).
    SetRole {
        /// Where.
        room: RoomId,
        /// Whom.
        member: PeerId,
        /// What they are from now on.
        role: Role,
    },
    /// The same of all devices of the member's person; those who left, and those above this device's
    /// person, stay what they are.
    SetPersonRole {
        /// Where.
        room: RoomId,
        /// One of the devices.
        member: PeerId,
        /// What they are from now on.
        role: Role,
    },
    /// Say that a member is another device of this device's person, or is not any more; it counts once
    /// that one says so too. Answered by [`Event::MemberChanged`](crate::Event::MemberChanged).
    SetSelf {
        /// Where.
        room: RoomId,
        /// The other device.
        member: PeerId,
        /// Whether it is.
        is_so: bool,
    },
    /// Draw a new key for the room; owner and admins only.
    ChangeKey {
        /// Where.
        room: RoomId,
    },
    /// Say something. Answered by [`Event::MessageAdded`](crate::Event::MessageAdded).
    SendText {
        /// Where.
        room: RoomId,
        /// What, 1 to [`MAX_TEXT_LEN`] bytes.
        text: String,
    },
    /// Show a page of history. Answered by [`Event::PageLoaded`](crate::Event::PageLoaded).
    LoadPage {
        /// Where.
        room: RoomId,
        /// The page ends just before this; without it, at the newest message.
        before: Option<Position>,
        /// The most messages wanted, at most [`MAX_PAGE_LEN`].
        limit: usize,
    },
    /// Everything up to here has been read. Answered by [`Event::UnreadChanged`](crate::Event::UnreadChanged).
    MarkRead {
        /// Where.
        room: RoomId,
        /// The last message read.
        up_to: Position,
    },
    /// Use the room's mailbox on this device, or do not: leave there what is written and fetch what
    /// others have left. Answered by [`Event::MailboxSet`](crate::Event::MailboxSet).
    SetMailbox {
        /// Where.
        room: RoomId,
        /// Whether to; it is used unless said otherwise.
        on: bool,
    },
    /// Say for everyone which relays have the room's mailbox; the owner only. Answered by
    /// [`Event::MailboxSet`](crate::Event::MailboxSet).
    SetRelays {
        /// Where.
        room: RoomId,
        /// Addresses of relays, at most [`MAX_ADDRS`](crate::MAX_ADDRS).
        relays: Vec<Addr>,
    },
    /// Carry sealed messages of rooms this device is not in, and have others carry those of its
    /// own; or have no dealings with strangers at all, and drop what is carried. Answered by
    /// [`Event::CarryingSet`](crate::Event::CarryingSet).
    SetCarrying {
        /// Whether to; it is done unless said otherwise.
        on: bool,
    },
    /// Give what is needed to make sure who a member is. Answered by
    /// [`Event::SafetyEmojis`](crate::Event::SafetyEmojis), after as many hashes as a phone makes in some tenths of a second.
    CompareKeys {
        /// Where.
        room: RoomId,
        /// Who.
        member: PeerId,
    },
    /// See whose code this is, and note that it is really them. Answered by
    /// [`Event::CodeChecked`](crate::Event::CodeChecked) and [`Event::MemberChanged`](crate::Event::MemberChanged).
    CheckCode {
        /// The code, as another device's screen shows it.
        code: PersonCode,
        /// Whose it should be, if somebody's; else whoever's it is.
        expected: Option<(RoomId, PeerId)>,
    },
    /// Note, on this device only, that a member is who they seem, or that this is not sure any more.
    /// Answered by [`Event::MemberChanged`](crate::Event::MemberChanged).
    SetVerified {
        /// Where.
        room: RoomId,
        /// Who.
        member: PeerId,
        /// Whether the person made sure.
        is_verified: bool,
    },
    /// Show nothing of what a member writes, on this device only, or show it again. Answered by
    /// [`Event::MemberChanged`](crate::Event::MemberChanged), [`Event::HistoryChanged`](crate::Event::HistoryChanged),
    /// [`Event::UnreadChanged`](crate::Event::UnreadChanged) and [`Event::LastChanged`](crate::Event::LastChanged).
    SetBlocked {
        /// Where.
        room: RoomId,
        /// Whom.
        member: PeerId,
        /// Whether nothing of theirs is to be shown.
        is_blocked: bool,
    },
    /// Tell the owner and the admins about a member, and nobody else; not the one it is about, if
    /// they are one. Answered by [`Event::ReportsListed`](crate::Event::ReportsListed), with this report among them.
    Report {
        /// Where.
        room: RoomId,
        /// Whom.
        member: PeerId,
        /// What happened, trimmed, 1 to [`MAX_REPORT_LEN`] bytes.
        text: String,
    },
    /// Tell which reports this device could open. Answered by [`Event::ReportsListed`](crate::Event::ReportsListed).
    ListReports {
        /// Where.
        room: RoomId,
    },
    /// Note, on this device only, that a report was seen to, or was not. Answered by
    /// [`Event::ReportsListed`](crate::Event::ReportsListed).
    SetReportDone {
        /// Where.
        room: RoomId,
        /// Who reported.
        by: PeerId,
        /// At which place of their log.
        seq: u64,
        /// Whether it was.
        is_done: bool,
    },
    /// Leave the room, and forget everything in it on this device once somebody knows, or after
    /// [`GOODBYE`](crate::GOODBYE); asked for again, at once. Answered by
    /// [`Event::RoomLeaving`](crate::Event::RoomLeaving) if somebody can be told, and by [`Event::RoomLeft`](crate::Event::RoomLeft).
    LeaveRoom {
        /// Which.
        room: RoomId,
    },
    /// Switch an option of a room; owner and admins only. Answered by
    /// [`Event::OptionsChanged`](crate::Event::OptionsChanged).
    SetOption {
        /// Where.
        room: RoomId,
        /// Which.
        option: RoomOption,
        /// Whether it is on from now on.
        on: bool,
    },
    /// Say how much the operations of each room take in this device's memory. Answered by
    /// [`Event::StorageTold`](crate::Event::StorageTold).
    ListStorage,
    /// Keep at most so many bytes of operations on this device, at least 16 MiB: of what is above, the
    /// oldest texts are removed, here and nowhere else. Answered by
    /// [`Event::StorageTold`](crate::Event::StorageTold).
    SetBound {
        /// How many.
        bytes: u64,
    },
    /// Let somebody in who waits, and with them this device again for an hour if it has to come
    /// back. Answered by [`Event::NewcomerGone`](crate::Event::NewcomerGone), and by what follows from joining.
    LetIn {
        /// Where.
        room: RoomId,
        /// Whom.
        newcomer: PeerId,
    },
    /// Do not let somebody in who waits. Answered by [`Event::NewcomerGone`](crate::Event::NewcomerGone).
    TurnAway {
        /// Where.
        room: RoomId,
        /// Whom.
        newcomer: PeerId,
    },
    /// Let members who are linked know that this device's person writes something: at most once in
    /// three seconds, in rooms of up to 50, and only where it costs nothing. Nothing answers.
    Typing {
        /// Where.
        room: RoomId,
    },
    /// Hand what lets into a network that this device made to the members who are linked over the air, and to
    /// those who come, in place of what was handed out before. Nothing answers.
    OfferNetwork {
        /// To whom.
        room: RoomId,
        /// What lets in, 1 to [`MAX_NETWORK_LEN`](crate::MAX_NETWORK_LEN) bytes.
        access: Vec<u8>,
    },
    /// That network is gone: hand it to nobody any more, and tell those who have it. Nothing answers.
    WithdrawNetwork,
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
    /// What lets into a network is empty or too long.
    #[error("what lets into a network has 1 to 97 bytes")]
    BadNetwork,
    /// There is no such room here.
    #[error("this room is not on this device")]
    UnknownRoom,
    /// Only the room's owner may do this.
    #[error("only who began the room can do this")]
    NotOwner,
    /// Only the room's owner and its admins may do this.
    #[error("only admins of the room can do this")]
    NotAdmin,
    /// There are as many admins as a room can have.
    #[error("a room can have at most 63 admins, counting those who once were")]
    TooManyAdmins,
    /// A person has no more devices than this in one room.
    #[error("a person can link at most 8 devices in a room")]
    TooManyDevices,
    /// Who may only read lets nobody in.
    #[error("an admin has muted you here: ask somebody else to let newcomers in")]
    MayNotHost,
    /// Whoever waited does not any more.
    #[error("they are not waiting any more")]
    NobodyWaits,
    /// There is no such member.
    #[error("there is no such member in this room")]
    UnknownMember,
    /// Who left by themselves cannot be let back in: their device has forgotten the room.
    #[error("they left this room; to come back they scan an invite")]
    HasLeft,
    /// There is no such invite, or it was taken back before.
    #[error("there is no such invite, or it was revoked already")]
    UnknownInvite,
    /// No invite to the room works any more.
    #[error("no invite to this room works any more; ask one of its admins for a new one")]
    NoInvite,
    /// This device's person may only read.
    #[error("an admin has muted you here: you can read, but not write")]
    Muted,
    /// This device's person is not a member any more.
    #[error("you are not a member of this room any more")]
    Removed,
    /// Somebody was removed, and the new key has not come yet.
    #[error(
        "the key of this room was changed, and nobody has brought the new one yet; try again when a member is near"
    )]
    NoKey,
    /// There are too many addresses, or some are not of relays.
    #[error("these are not addresses of relays")]
    BadRelays,
    /// What it was asked about is this device's own person.
    #[error("this is you")]
    Yourself,
    /// A report is empty or too long.
    #[error("a report needs 1 to 500 bytes")]
    BadReport,
    /// There is nobody to report to.
    #[error("there is no admin here but you and the one you want to report")]
    NobodyToTell,
    /// This device has reported often today.
    #[error("you have reported often today; go on tomorrow")]
    TooManyReports,
    /// There is no such report.
    #[error("there is no such report")]
    UnknownReport,
    /// No name was chosen yet.
    #[error("choose a name first")]
    Nameless,
    /// The others hold other messages of this device than it does itself.
    #[error(
        "this device was restored from an old copy and can only read here; leave the room and scan again"
    )]
    LogForked,
}
