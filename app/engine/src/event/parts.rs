//! What is told of rooms, people and failures.

use crate::{Bond, LastSeen, Message, PeerId, ReportRecord, Role, RoomId, RoomOptions};

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
