//! The port through which the engine remembers.

mod batch;
mod error;
mod trail;

use serde::{Deserialize, Serialize};

use crate::{
    Addr, ClosedRecord, ControlRecord, InviteId, Mark, MemberIndex, PackId, PeerId, Position,
    ReportRecord, RoomId, Timestamp,
};
pub use batch::{Batch, CourierBatch};
pub use error::StoreError;
pub use trail::{Gone, HeldRun, Row, Run, Trail};

/// Durable memory. Implemented by [`MemoryStore`](crate::MemoryStore) here and by
/// `storage::RedbStore`.
///
/// Reads see everything committed. The engine has one store to itself.
pub trait Store {
    /// What this device's person calls themselves, once they have said so.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the memory cannot be read.
    fn profile(&self) -> Result<Option<Profile>, StoreError>;

    /// Every room this device is in, in key order.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the memory cannot be read.
    fn rooms(&self) -> Result<Vec<RoomRecord>, StoreError>;

    /// The roster of `room`, in index order: entry `n` has index `n`.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the memory cannot be read.
    fn members(&self, room: RoomId) -> Result<Vec<MemberRecord>, StoreError>;

    /// How much of each log of `room` is held, in index order of the roster; members whose log is
    /// empty here have `Head::default()`.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the memory cannot be read.
    fn heads(&self, room: RoomId) -> Result<Vec<Head>, StoreError>;

    /// The control operations of `room`, in any order.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the memory cannot be read.
    fn controls(&self, room: RoomId) -> Result<Vec<ControlRecord>, StoreError>;

    /// What is remembered of the room's mailbox, if anything.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the memory cannot be read.
    fn mailbox(&self, room: RoomId) -> Result<Option<MailboxRecord>, StoreError>;

    /// How much of each log of `room` is in its mailbox, as far as was noted.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the memory cannot be read.
    fn kept(&self, room: RoomId) -> Result<Vec<(MemberIndex, Kept)>, StoreError>;

    /// What the person has noted of members of `room`.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the memory cannot be read.
    fn marks(&self, room: RoomId) -> Result<Vec<(PeerId, Mark)>, StoreError>;

    /// What is remembered of the closed epochs of `room`, in any order.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the memory cannot be read.
    fn closed(&self, room: RoomId) -> Result<Vec<ClosedRecord>, StoreError>;

    /// The reports in `room` that could be opened here, in any order.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the memory cannot be read.
    fn reports(&self, room: RoomId) -> Result<Vec<ReportRecord>, StoreError>;

    /// The operations of one log with `seq` above `after`, oldest first: at most `limit`, and no
    /// further one once `max_bytes` are exceeded, but always at least one if there is one.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the memory cannot be read.
    fn ops_after(
        &self,
        room: RoomId,
        author: MemberIndex,
        after: u64,
        limit: usize,
        max_bytes: usize,
    ) -> Result<Vec<Vec<u8>>, StoreError>;

    /// The `limit` operations of `room` that are shown last before `before` (or last of all),
    /// newest first.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the memory cannot be read.
    fn page_before(
        &self,
        room: RoomId,
        before: Option<Position>,
        limit: usize,
    ) -> Result<Vec<StoredOp>, StoreError>;

    /// How many operations of kind `kind` by none of `without` are shown after `after` (or in all), counting
    /// no further than `limit`.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the memory cannot be read.
    fn count_after(
        &self,
        room: RoomId,
        after: Option<Position>,
        kind: u8,
        without: &[MemberIndex],
        limit: usize,
    ) -> Result<usize, StoreError>;

    /// The `limit` operations of `room` that are shown first after `after` (or of all), oldest first,
    /// without what they say.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the memory cannot be read.
    fn rows_after(
        &self,
        room: RoomId,
        after: Option<Position>,
        limit: usize,
    ) -> Result<Vec<Row>, StoreError>;

    /// What is remembered of logs of `room` besides how far they are held.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the memory cannot be read.
    fn trails(&self, room: RoomId) -> Result<Vec<(MemberIndex, Trail)>, StoreError>;

    /// The runs of texts in `room` that checkpoints cover and that are still held, by author and place
    /// of the checkpoint.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the memory cannot be read.
    fn runs(&self, room: RoomId) -> Result<Vec<HeldRun>, StoreError>;

    /// How many bytes of the memory the operations of `room` take, about.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the memory cannot be read.
    fn taken(&self, room: RoomId) -> Result<u64, StoreError>;

    /// How many bytes of operations this device keeps at most, once the person has said so.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the memory cannot be read.
    fn bound(&self) -> Result<Option<u64>, StoreError>;

    /// Gives room that is free inside the memory back to the device, and with it what was in it; may
    /// take seconds. Called when nothing else is going on.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the disk failed; nothing is lost.
    fn compact(&mut self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Whether the person lets this device carry for others, once they have said so.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the memory cannot be read.
    fn carries(&self) -> Result<Option<bool>, StoreError>;

    /// What is carried for others, and what was, without the packs themselves.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the memory cannot be read.
    fn carried(&self) -> Result<Vec<(PackId, CarriedRecord)>, StoreError>;

    /// One pack that is carried.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the memory cannot be read.
    fn carried_pack(&self, id: &PackId) -> Result<Option<Vec<u8>>, StoreError>;

    /// Applies the whole batch or none of it; on return it is on disk.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the disk failed or is full; nothing of the batch is then remembered.
    fn commit(&mut self, batch: Batch) -> Result<(), StoreError>;
}

/// Who the person is, on this device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// The name shown to others, at most [`MAX_NAME_LEN`](crate::MAX_NAME_LEN) bytes.
    pub name: String,
}

/// What is remembered of one room besides its members and operations.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomRecord {
    /// Its id.
    pub id: RoomId,
    /// Its name.
    pub name: String,
    /// The secret this device's keys in the room are derived from.
    pub identity_seed: [u8; 32],
    /// Whose log begins the room.
    pub owner: PeerId,
    /// With the owner's key, what the id is a hash of.
    pub nonce: [u8; 16],
    /// Numbers and keys of the epochs held, in the order in which they became known.
    pub epochs: Vec<(u32, [u8; 32])>,
    /// The invites known to be valid in this room.
    pub invites: Vec<InviteRecord>,
    /// How far the person has read.
    pub read_up_to: Option<Position>,
    /// Who let this device in, until their own log is here and they are in the roster.
    pub host: Option<MemberRecord>,
}

/// Names the room, hides the keys.
impl std::fmt::Debug for RoomRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RoomRecord").field("id", &self.id).finish_non_exhaustive()
    }
}

/// An invite to a room, as its members remember it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InviteRecord {
    /// What the QR carries.
    pub secret: [u8; 16],
    /// When it stops working, if ever.
    pub expires_at: Option<Timestamp>,
}

/// Hides the secret.
impl std::fmt::Debug for InviteRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InviteRecord").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

/// One line of a room's roster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberRecord {
    /// Who.
    pub id: PeerId,
    /// The X25519 key that proves them on a link.
    pub noise_key: [u8; 32],
    /// What they call themselves.
    pub name: String,
    /// Where they could be dialed when last heard of.
    pub addrs: Vec<Addr>,
    /// When a session with them was last open.
    pub last_seen: Option<Timestamp>,
    /// How much of this device's own log they are known to hold.
    pub holds: u64,
}

/// How much of one log is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Head {
    /// The last `seq` held. All before it are held or were, save texts before a checkpoint that were too
    /// old already.
    pub height: u64,
    /// The first 16 bytes of that operation's id, which the next one must name.
    pub id: [u8; 16],
}

/// What is remembered of a room's mailbox besides what it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailboxRecord {
    /// Whether it is used by this device.
    pub on: bool,
    /// Of which epoch it is.
    pub epoch: u32,
    /// The relays that have it, if the room or an invite says which.
    pub at: Vec<Addr>,
    /// The number of the last parcel made here.
    pub made: u64,
    /// From which number on parcels made here end when.
    pub lives: Vec<(u64, Timestamp)>,
    /// What is known of each relay.
    pub relays: Vec<RelayRecord>,
    /// Invites for which a welcome was left, and when it ends.
    pub welcomes: Vec<(InviteId, Timestamp)>,
}

/// What is remembered of one relay that has a room's mailbox.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RelayRecord {
    /// What it is called.
    pub name: String,
    /// Of the parcels made here, it acknowledged those from this number on
    pub from: u64,
    /// up to this one,
    pub up_to: u64,
    /// save these.
    pub missing: Vec<u64>,
    /// Up to when what it holds was read.
    pub read_up_to: Timestamp,
    /// When it was last read from the beginning.
    pub audited_at: Timestamp,
    /// The last parcels it has shown, one a depositor.
    pub seen: Vec<SeenParcel>,
    /// When everything was left anew because it had lost something.
    pub doubted_at: Timestamp,
}

/// A parcel that a relay has shown, or acknowledged, and must show again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenParcel {
    /// Whose.
    pub depositor: PeerId,
    /// Its place among those of the depositor, counted from 1.
    pub number: u64,
    /// When it was made, by the depositor's clock.
    pub made_at: Timestamp,
    /// Until when the relay should hold it.
    pub expires_at: Timestamp,
}

/// How much of one log is in the mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Kept {
    /// All operations up to this one are there
    pub up_to: u64,
    /// until then at least.
    pub expires_at: Timestamp,
    /// Up to this one they are there a second time,
    pub renewed_to: u64,
    /// to stay until then.
    pub renewal_expires_at: Timestamp,
}

/// What is remembered of a pack that is carried for others, or was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CarriedRecord {
    /// How long it is, in bytes; 0 if it is here no more.
    pub len: u32,
    /// In which meeting it came, counted on this device; 0 if it was made here.
    pub source: u64,
    /// Until when it is carried.
    pub ends_at: Timestamp,
    /// Until when it is not taken again.
    pub forget_at: Timestamp,
}

/// An operation as it is remembered: sealed, as it was received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredOp {
    /// The room it belongs to.
    pub room: RoomId,
    /// Where it is shown.
    pub position: Position,
    /// What sort of operation it is, for counting without opening it.
    pub kind: u8,
    /// Its canonical bytes.
    pub bytes: Vec<u8>,
}
