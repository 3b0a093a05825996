//! What decides who may do what in a room: the part of its operations that rules are made of.

use serde::{Deserialize, Serialize};

use crate::{InviteId, PeerId, Timestamp};

/// What somebody may do in a room, from least to most.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub enum Role {
    /// Nothing: they left, were removed, or came by an invite that was over.
    Removed,
    /// Read.
    Muted,
    /// Read and write.
    #[default]
    Member,
    /// Invite, revoke invites, mute and remove members.
    Admin,
    /// All that, and make admins.
    Owner,
}

/// The 16 bytes that name an epoch: a hash of its key.
pub type EpochId = [u8; 16];

/// The 16 bytes by which the keys of a closed epoch's texts are told from false ones.
pub type TextChain = [u8; 16];

/// One operation that changes who may do what, as it is remembered besides the sealed original.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ControlRecord {
    /// Whose log it stands in,
    pub by: PeerId,
    /// and where.
    pub seq: u64,
    /// The author's clock, as written.
    pub hlc: u64,
    /// What it does.
    pub control: Control,
}

/// What a [`ControlRecord`] does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Control {
    /// The author takes part, by this invite.
    Join {
        /// Which.
        invite: InviteId,
    },
    /// Whoever holds the invite's secret may join.
    Invite {
        /// The invite.
        invite: InviteId,
        /// As what.
        role: Role,
        /// Until when, if not for ever.
        expires_at: Option<Timestamp>,
        /// How many may, if not as many as like.
        max_uses: Option<u32>,
        /// Whether they get to read what is hidden from other newcomers.
        reads_before: bool,
    },
    /// A member becomes something else.
    SetRole(RoleChange),
    /// A new key for the room, known to nobody who was removed; and what the keys of its texts are
    /// known by, if it is closed.
    Epoch(EpochRecord, Option<TextChain>),
    /// Somebody wrote two different operations at one place of their log: it ends before.
    Fork {
        /// Who.
        author: PeerId,
        /// The place.
        seq: u64,
    },
    /// A key made of others, for rooms in which keys were changed at the same time.
    Merge {
        /// The epoch it makes.
        id: EpochId,
        /// Its number: one above its parents'.
        number: u32,
        /// The epochs it is made of.
        parents: Vec<EpochId>,
    },
    /// The author takes part no longer: their log ends here.
    Leave,
    /// An option of the room is switched.
    Option(OptionChange),
    /// A new key for the room because the one before has been in use for long.
    Renewal {
        /// The key; nobody is removed and nothing is revoked by it.
        epoch: EpochRecord,
        /// The epoch before: members go on meeting where they met in that one.
        before: EpochId,
        /// As in [`Self::Epoch`].
        chain: Option<TextChain>,
    },
    /// The author says that somebody is another device of the same person, or is not.
    Same {
        /// Who.
        other: PeerId,
        /// Whether they are.
        is_so: bool,
    },
}

/// What owner and admins can switch on and off for everybody in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum RoomOption {
    /// Whoever shows an invite lets each newcomer in with a word of their own.
    ApproveJoins,
    /// Newcomers do not get to read what was written before they came.
    HideHistory,
    /// Texts disappear everywhere once they are so old; off, they are kept for ever.
    KeepFor(KeptFor),
    /// People nearby see the room in a list, and knock by this invite, which works only while
    /// newcomers are let in one by one. In a command none is named: a new one is made, and
    /// [`Self::ApproveJoins`] is switched on as well.
    Nearby(Option<InviteId>),
}

/// How long texts are kept in a room. Never less than two days, so that who was away for a night and
/// a day still finds what was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum KeptFor {
    /// 30 days.
    Month,
    /// 7 days.
    Week,
    /// 48 hours.
    TwoDays,
}

impl KeptFor {
    /// Every one, from long to short.
    pub const ALL: [Self; 3] = [Self::Month, Self::Week, Self::TwoDays];

    /// The time in milliseconds.
    pub const fn millis(self) -> u64 {
        const DAY: u64 = 24 * 60 * 60 * 1_000;
        match self {
            Self::Month => 30 * DAY,
            Self::Week => 7 * DAY,
            Self::TwoDays => 2 * DAY,
        }
    }
}

/// The options of a room as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RoomOptions {
    /// See [`RoomOption::ApproveJoins`]; off unless somebody switched it on.
    pub approve_joins: bool,
    /// See [`RoomOption::HideHistory`]; off unless somebody switched it on.
    pub hide_history: bool,
    /// See [`RoomOption::KeepFor`]; for ever unless somebody said otherwise.
    pub kept_for: Option<KeptFor>,
    /// See [`RoomOption::Nearby`]; off unless somebody switched it on. It counts only while newcomers
    /// are let in one by one: see [`RoomOptions::nearby_invite`].
    pub nearby: Option<InviteId>,
}

impl RoomOptions {
    /// By which invite people nearby may knock who saw the room in a list, if they may.
    pub fn nearby_invite(&self) -> Option<InviteId> {
        self.nearby.filter(|_| self.approve_joins)
    }
}

/// An option of a room is switched on or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OptionChange {
    /// Which.
    pub option: RoomOption,
    /// Whether it is on from now on.
    pub on: bool,
    /// As in [`RoleChange::rank`].
    pub rank: u64,
}

/// A member becomes something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleChange {
    /// Who.
    pub member: PeerId,
    /// What they were, as far as the author knew: lifting a removal must name it.
    pub from: Role,
    /// What they are from now on; a removal is part of an [`EpochRecord`].
    pub to: Role,
    /// How much of the member's log the author held: what they wrote before stands.
    pub up_to: u64,
    /// One more than the highest the author had seen: changes apply in this order.
    pub rank: u64,
}

/// A new key for the room, and who is left without it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EpochRecord {
    /// Names the key.
    pub id: EpochId,
    /// One more than the highest the author had seen.
    pub number: u32,
    /// As in [`RoleChange::rank`].
    pub rank: u64,
    /// Members who are removed by it, and how much of their logs stands.
    pub removed: Vec<(PeerId, u64)>,
    /// Invites by which nobody joins any more.
    pub revoked: Vec<InviteId>,
    /// How much the author held of the logs of all who may govern: whom they have removed does not
    /// get the key.
    pub seen: Vec<(PeerId, u64)>,
}
