//! The tables, their keys and how their values are written. `docs/format.md` draws them.

use std::ops::Bound;

use engine::{EpochId, Head, MemberIndex, PackId, PeerId, Position, RoomId, StoreError};
use redb::TableDefinition;
use serde::{Serialize, de::DeserializeOwned};

use crate::error::corrupt;

/// Single values by name: the format and the profile.
pub(crate) const META: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("meta");

/// One record per room.
pub(crate) const ROOMS: TableDefinition<'_, &RoomKey, &[u8]> = TableDefinition::new("rooms");

/// One record per line of a room's roster.
pub(crate) const MEMBERS: TableDefinition<'_, &MemberKey, &[u8]> = TableDefinition::new("members");

/// How far each log is held.
pub(crate) const HEADS: TableDefinition<'_, &MemberKey, &HeadBytes> = TableDefinition::new("heads");

/// The control operations, by room, author's key and place in the author's log.
pub(crate) const CONTROLS: TableDefinition<'_, &ControlKey, &[u8]> =
    TableDefinition::new("controls");

/// What is known of a room's mailbox, one record per room.
pub(crate) const MAILBOXES: TableDefinition<'_, &RoomKey, &[u8]> =
    TableDefinition::new("mailboxes");

/// How much of each log is in the room's mailbox.
pub(crate) const KEPT: TableDefinition<'_, &MemberKey, &[u8]> = TableDefinition::new("kept");

/// What is known of packs that are carried for others, or were. Made when something is first
/// carried; so is [`PACKS`].
pub(crate) const CARRIED: TableDefinition<'_, &PackId, &[u8]> = TableDefinition::new("carried");

/// The packs that are carried for others.
pub(crate) const PACKS: TableDefinition<'_, &PackId, &[u8]> = TableDefinition::new("packs");

/// What the person has noted of members. There from the first note on.
pub(crate) const MARKS: TableDefinition<'_, &PeerKey, &[u8]> = TableDefinition::new("marks");

/// What is known of the epochs in which texts are locked. There from the first such epoch on.
pub(crate) const CLOSED: TableDefinition<'_, &EpochKey, &[u8]> = TableDefinition::new("closed");

/// The reports that could be opened, by room, author's key and place in the author's log. There from
/// the first report on.
pub(crate) const REPORTS: TableDefinition<'_, &ControlKey, &[u8]> = TableDefinition::new("reports");

/// The operations, in the order they are shown; the only copy. Value: kind, then the sealed bytes.
pub(crate) const TIMELINE: TableDefinition<'_, &TimelineKey, &[u8]> =
    TableDefinition::new("timeline");

/// Where in the timeline an operation of a log stands: its clock.
pub(crate) const LOG: TableDefinition<'_, &LogKey, u64> = TableDefinition::new("log");

/// What is remembered of logs besides how far they are held. This table and the next two begin with the
/// first thing in them.
pub(crate) const TRAILS: TableDefinition<'_, &MemberKey, &[u8]> = TableDefinition::new("trails");

/// The texts that checkpoints cover and that are still here, by the checkpoint's place in its log.
pub(crate) const RUNS: TableDefinition<'_, &LogKey, &[u8]> = TableDefinition::new("runs");

/// How many bytes the operations of each room take.
pub(crate) const SIZES: TableDefinition<'_, &RoomKey, u64> = TableDefinition::new("sizes");

/// How many bytes of operations are kept at most, in `META`, once the person has said.
pub(crate) const BOUND: &str = "bound";

/// The format, in `META`: 4 bytes, big-endian.
pub(crate) const FORMAT: &str = "format";

/// The profile, in `META`.
pub(crate) const PROFILE: &str = "profile";

/// Whether the person lets this device carry for others, in `META`, once they have said so.
pub(crate) const CARRIES: &str = "carries";

/// The room.
pub(crate) type RoomKey = [u8; 16];
/// The room, then the member's index.
pub(crate) type MemberKey = [u8; 20];
/// The room, then clock, author and place in the author's log: byte order is display order.
pub(crate) type TimelineKey = [u8; 36];
/// The room, then the epoch.
pub(crate) type EpochKey = [u8; 32];
/// The room, then a member's key.
pub(crate) type PeerKey = [u8; 48];
/// The room, then the author's key and the place in the author's log.
pub(crate) type ControlKey = [u8; 56];
/// The room, then author and place in the author's log.
pub(crate) type LogKey = [u8; 28];
/// Height, then the id of the last operation.
pub(crate) type HeadBytes = [u8; 24];

/// What a record starts with that is not sealed, so that a later version can tell it from others.
const RECORD_VERSION: u8 = 1;

/// The key of a member's record and head.
pub(crate) fn member_key(room: RoomId, index: MemberIndex) -> MemberKey {
    let mut key = MemberKey::default();
    key[..16].copy_from_slice(room.as_bytes());
    key[16..].copy_from_slice(&index.0.to_be_bytes());
    key
}

/// The index in a member's key.
pub(crate) fn member_index(key: &MemberKey) -> MemberIndex {
    MemberIndex(u32::from_be_bytes(part(key, 16)))
}

/// The key of the operation at `position`.
pub(crate) fn timeline_key(room: RoomId, position: Position) -> TimelineKey {
    let mut key = [0; 36];
    key[..16].copy_from_slice(room.as_bytes());
    key[16..24].copy_from_slice(&position.hlc.to_be_bytes());
    key[24..28].copy_from_slice(&position.author.0.to_be_bytes());
    key[28..].copy_from_slice(&position.seq.to_be_bytes());
    key
}

/// The position in an operation's key.
pub(crate) fn position(key: &TimelineKey) -> Position {
    Position {
        hlc: u64::from_be_bytes(part(key, 16)),
        author: MemberIndex(u32::from_be_bytes(part(key, 24))),
        seq: u64::from_be_bytes(part(key, 28)),
    }
}

/// The key of what is known of a closed epoch.
pub(crate) fn epoch_key(room: RoomId, epoch: EpochId) -> EpochKey {
    let mut key = [0; 32];
    key[..16].copy_from_slice(room.as_bytes());
    key[16..].copy_from_slice(&epoch);
    key
}

/// The key of what is noted of a member.
pub(crate) fn peer_key(room: RoomId, peer: PeerId) -> PeerKey {
    let mut key = [0; 48];
    key[..16].copy_from_slice(room.as_bytes());
    key[16..].copy_from_slice(peer.as_bytes());
    key
}

/// The member in such a key.
pub(crate) fn peer(key: &PeerKey) -> PeerId {
    PeerId::from_bytes(part(key, 16))
}

/// The key of a control operation, or of a report.
pub(crate) fn control_key(room: RoomId, author: PeerId, seq: u64) -> ControlKey {
    let mut key = [0; 56];
    key[..16].copy_from_slice(room.as_bytes());
    key[16..48].copy_from_slice(author.as_bytes());
    key[48..].copy_from_slice(&seq.to_be_bytes());
    key
}

/// The key of one place in a log.
pub(crate) fn log_key(room: RoomId, author: MemberIndex, seq: u64) -> LogKey {
    let mut key = [0; 28];
    key[..16].copy_from_slice(room.as_bytes());
    key[16..20].copy_from_slice(&author.0.to_be_bytes());
    key[20..].copy_from_slice(&seq.to_be_bytes());
    key
}

/// The author in a log's key.
pub(crate) fn author(key: &LogKey) -> MemberIndex {
    MemberIndex(u32::from_be_bytes(part(key, 16)))
}

/// The place in the log in a log's key.
pub(crate) fn seq(key: &LogKey) -> u64 {
    u64::from_be_bytes(part(key, 20))
}

/// Some of a room's keys in a table whose keys are `N` bytes and begin with the room.
pub(crate) struct Keys<const N: usize> {
    first: Bound<[u8; N]>,
    last: Bound<[u8; N]>,
}

impl<const N: usize> Keys<N> {
    /// All of them.
    pub(crate) fn of(room: RoomId) -> Self {
        let (mut first, mut last) = ([0; N], [u8::MAX; N]);
        for key in [&mut first, &mut last] {
            key.iter_mut().zip(room.as_bytes()).for_each(|(byte, named)| *byte = *named);
        }
        Self { first: Bound::Included(first), last: Bound::Included(last) }
    }

    /// Those of them after `key`.
    pub(crate) fn after(self, key: [u8; N]) -> Self {
        Self { first: Bound::Excluded(key), ..self }
    }

    /// Those of them before `key`.
    pub(crate) fn before(self, key: [u8; N]) -> Self {
        Self { last: Bound::Excluded(key), ..self }
    }

    /// Those of them up to `key` and with it.
    pub(crate) fn up_to(self, key: [u8; N]) -> Self {
        Self { last: Bound::Included(key), ..self }
    }

    /// As redb takes them.
    pub(crate) fn bounds(&self) -> (Bound<&[u8; N]>, Bound<&[u8; N]>) {
        (self.first.as_ref(), self.last.as_ref())
    }
}

/// How a head is written.
pub(crate) fn encode_head(head: &Head) -> HeadBytes {
    let mut bytes = HeadBytes::default();
    bytes[..8].copy_from_slice(&head.height.to_be_bytes());
    bytes[8..].copy_from_slice(&head.id);
    bytes
}

/// Reads what [`encode_head`] wrote.
pub(crate) fn decode_head(bytes: &HeadBytes) -> Head {
    Head { height: u64::from_be_bytes(part(bytes, 0)), id: part(bytes, 8) }
}

/// How a record is written.
pub(crate) fn encode<T: Serialize>(record: &T) -> Result<Vec<u8>, StoreError> {
    postcard::to_extend(record, vec![RECORD_VERSION])
        .map_err(|error| StoreError::Unavailable(Box::new(error)))
}

/// Reads what [`encode`] wrote.
pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, StoreError> {
    let Some((&RECORD_VERSION, body)) = bytes.split_first() else {
        return Err(corrupt("a record is of no known version"));
    };
    match postcard::take_from_bytes(body) {
        Ok((record, [])) => Ok(record),
        Ok(_) => Err(corrupt("a record is longer than it says")),
        Err(error) => Err(corrupt(format!("a record cannot be read ({error})"))),
    }
}

/// The `N` bytes of `key` from `at` on.
fn part<const N: usize>(key: &[u8], at: usize) -> [u8; N] {
    key.get(at..)
        .and_then(|rest| rest.first_chunk())
        .copied()
        .expect("every caller names a part inside its key, whose length is its type")
}
