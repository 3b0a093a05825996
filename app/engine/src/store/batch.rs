//! What is written together.

use std::collections::BTreeMap;

use super::{
    CarriedRecord, Gone, Head, Kept, MailboxRecord, MemberRecord, Profile, RoomRecord, Run,
    StoredOp, Trail,
};
use crate::{
    ClosedRecord, ControlRecord, EpochId, Mark, MemberIndex, PackId, PeerId, ReportRecord, RoomId,
};

/// Changes that stand or fall together.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// The profile, if it changed.
    pub profile: Option<Profile>,
    /// Rooms new or changed.
    pub rooms: BTreeMap<RoomId, RoomRecord>,
    /// Rooms to forget with everything in them; applied before all else.
    pub forgotten: Vec<RoomId>,
    /// Members new or changed.
    pub members: BTreeMap<(RoomId, MemberIndex), MemberRecord>,
    /// Logs that grew.
    pub heads: BTreeMap<(RoomId, MemberIndex), Head>,
    /// Control operations, by room, author and place in the author's log.
    pub controls: BTreeMap<(RoomId, PeerId, u64), ControlRecord>,
    /// What changed of mailboxes.
    pub mailboxes: BTreeMap<RoomId, MailboxRecord>,
    /// Logs of which more is in a mailbox, or less.
    pub kept: BTreeMap<(RoomId, MemberIndex), Kept>,
    /// What the person noted of members; [`Mark::default`] is remembered as nothing.
    pub marks: BTreeMap<(RoomId, PeerId), Mark>,
    /// Reports, by room, author and place in the author's log; `None` is forgotten.
    pub reports: BTreeMap<(RoomId, PeerId, u64), Option<ReportRecord>>,
    /// Closed epochs of which more is known.
    pub closed: BTreeMap<(RoomId, EpochId), ClosedRecord>,
    /// Operations written here or received.
    pub ops: Vec<StoredOp>,
    /// Logs whose last operation that is no text is another.
    pub trails: BTreeMap<(RoomId, MemberIndex), Trail>,
    /// Runs of texts, by the place of the checkpoint that covers them; `None` are held no longer.
    pub runs: BTreeMap<(RoomId, MemberIndex, u64), Option<Run>>,
    /// Operations to forget; of those in this batch, none.
    pub gone: Vec<Gone>,
    /// How many bytes of operations are kept at most, if that changed.
    pub bound: Option<u64>,
    /// What changed of what is carried for others.
    pub courier: CourierBatch,
}

/// Changes of what is carried for others.
#[derive(Debug, Clone, Default)]
pub struct CourierBatch {
    /// Whether the person lets this device, if that changed.
    pub on: Option<bool>,
    /// What is remembered of packs; none where nothing is any more.
    pub records: BTreeMap<PackId, Option<CarriedRecord>>,
    /// Packs, or none for those that are to be removed.
    pub packs: BTreeMap<PackId, Option<Vec<u8>>>,
}

impl CourierBatch {
    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.on.is_none() && self.records.is_empty() && self.packs.is_empty()
    }
}

impl Batch {
    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.profile.is_none()
            && self.rooms.is_empty()
            && self.forgotten.is_empty()
            && self.members.is_empty()
            && self.heads.is_empty()
            && self.controls.is_empty()
            && self.mailboxes.is_empty()
            && self.kept.is_empty()
            && self.marks.is_empty()
            && self.closed.is_empty()
            && self.reports.is_empty()
            && self.ops.is_empty()
            && self.trails.is_empty()
            && self.runs.is_empty()
            && self.gone.is_empty()
            && self.bound.is_none()
            && self.courier.is_empty()
    }
}
