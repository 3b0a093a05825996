//! Who lacks what: one session's half of keeping two devices equal.
//!
//! Each side says how far it holds each log, and sends what the other's word shows it lacks: the
//! same exchange asks, repairs and acknowledges.

use crate::{
    MemberIndex, PeerId, RoomId, Store, StoreError,
    room::Room,
    wire::{MAX_HAVE_ENTRIES, MAX_OPS_BYTES, Packet},
};

/// Packets of operations on their way before the first is acknowledged: enough to keep a link
/// busy, little enough that a slow reader costs at most half a MiB.
const MAX_UNACKNOWLEDGED: u32 = 8;

/// The most operations in one packet, so that one commit on the other side stays short.
const MAX_OPS_PER_PACKET: usize = 256;

/// How often one session may ask for the same again before it goes without: an honest peer needs
/// one repeat at most; a broken one must not keep us busy.
const MAX_REPAIRS: u32 = 16;

/// What one session knows of the difference between two devices.
#[derive(Debug, Default)]
pub(crate) struct Sync {
    /// How far each log was sent, or is known to be held, by roster index.
    sent: Vec<u64>,
    /// How far we said we hold each log, by roster index.
    told: Vec<u64>,
    /// Whether their word has come, so that we know what they lack.
    knows_theirs: bool,
    /// Whether our whole frontier was told.
    told_all: bool,
    unacknowledged: u32,
    /// Whether operations came in that have not been answered by a `Have`.
    owes_have: bool,
    owes_repair: bool,
    repairs: u32,
}

fn slot(heights: &mut Vec<u64>, index: MemberIndex) -> Option<&mut u64> {
    let at = index.0 as usize;
    if heights.len() <= at {
        heights.resize(at.saturating_add(1), 0);
    }
    heights.get_mut(at)
}

impl Sync {
    /// Their digest came: equal means there is nothing to compare.
    pub(crate) fn take_digest(&mut self, room: &Room, digest: [u8; 8]) -> Vec<Packet> {
        if digest != room.digest() {
            return self.tell_all(room);
        }
        self.knows_theirs = true;
        for (index, _, height) in room.frontier() {
            for heights in [&mut self.sent, &mut self.told] {
                if let Some(slot) = slot(heights, index) {
                    *slot = height;
                }
            }
        }
        Vec::new()
    }

    /// Their word on how far they hold some logs came.
    pub(crate) fn take_have(
        &mut self,
        room: &Room,
        entries: &[(PeerId, u64)],
        more: bool,
        again: bool,
    ) -> Vec<Packet> {
        self.unacknowledged = 0;
        let mut held = vec![];
        for (author, height) in entries {
            let Some(index) = room.index_of(*author) else { continue };
            held.push((index, *height));
            if let Some(sent) = slot(&mut self.sent, index) {
                *sent = if again { *height } else { (*sent).max(*height) };
            }
        }
        if more {
            return Vec::new();
        }
        self.knows_theirs = true;
        if self.told_all { Vec::new() } else { self.tell_all(room) }
    }

    /// Operations came from them.
    pub(crate) fn take_ops(&mut self) {
        self.owes_have = true;
    }

    /// Something they sent could not be used yet.
    pub(crate) fn ask_again(&mut self) {
        if self.repairs < MAX_REPAIRS {
            self.repairs = self.repairs.saturating_add(1);
            self.owes_repair = true;
        }
    }

    /// They sent an operation we now hold, so they need not get it from us.
    pub(crate) fn note_theirs(&mut self, author: MemberIndex, seq: u64) {
        if let Some(sent) = slot(&mut self.sent, author) {
            *sent = (*sent).max(seq);
        }
    }

    /// What to send now that the store has everything up to the heads of `room`.
    pub(crate) fn flush(
        &mut self,
        room: &Room,
        store: &impl Store,
    ) -> Result<Vec<Packet>, StoreError> {
        let mut packets = Vec::new();
        if self.owes_repair {
            packets.extend(self.have(room, true, true));
        } else if self.owes_have {
            packets.extend(self.have(room, false, false));
        }
        (self.owes_have, self.owes_repair) = (false, false);
        while self.knows_theirs && self.unacknowledged < MAX_UNACKNOWLEDGED {
            let ops = self.next_ops(room, store)?;
            if ops.is_empty() {
                break;
            }
            self.unacknowledged = self.unacknowledged.saturating_add(1);
            packets.push(Packet::Ops(ops));
        }
        Ok(packets)
    }

    /// The next operations they lack. Logs go in roster order, each to its end before the next,
    /// since what lets an author in stands in a log of a lower index.
    fn next_ops(&mut self, room: &Room, store: &impl Store) -> Result<Vec<Vec<u8>>, StoreError> {
        let mut ops = Vec::new();
        let mut bytes = 0usize;
        for n in 0..room.members.len() {
            let index = MemberIndex(u32::try_from(n).unwrap_or(u32::MAX));
            let height = room.head(index).height;
            let Some(sent) = slot(&mut self.sent, index) else { continue };
            while *sent < height {
                let limit = MAX_OPS_PER_PACKET.saturating_sub(ops.len());
                let space = MAX_OPS_BYTES.saturating_sub(bytes);
                if limit == 0 || (space < MAX_OPS_BYTES / 4 && !ops.is_empty()) {
                    return Ok(ops);
                }
                let more = read_log(store, room.id(), index, *sent, limit, space)?;
                *sent = sent.saturating_add(u64::try_from(more.len()).unwrap_or(u64::MAX));
                bytes = more.iter().fold(bytes, |sum, op| sum.saturating_add(op.len()));
                ops.extend(more);
            }
        }
        Ok(ops)
    }

    fn tell_all(&mut self, room: &Room) -> Vec<Packet> {
        self.told_all = true;
        self.have(room, true, false)
    }

    /// Our word: on every log, or on those that grew since we last gave it.
    fn have(&mut self, room: &Room, all: bool, again: bool) -> Vec<Packet> {
        let mut entries = Vec::new();
        for (index, author, height) in room.frontier() {
            let Some(told) = slot(&mut self.told, index) else { continue };
            if all || *told != height {
                *told = height;
                entries.push((author, height));
            }
        }
        let chunks = entries.chunks(MAX_HAVE_ENTRIES).map(<[_]>::to_vec);
        let mut chunks: Vec<_> = chunks.collect();
        let last = chunks.pop().unwrap_or_default();
        let whole = chunks.into_iter().map(|entries| Packet::Have { entries, more: true, again });
        whole.chain([Packet::Have { entries: last, more: false, again }]).collect()
    }
}

/// Reads the next operations of one log; never none.
fn read_log(
    store: &impl Store,
    room: RoomId,
    author: MemberIndex,
    after: u64,
    limit: usize,
    max_bytes: usize,
) -> Result<Vec<Vec<u8>>, StoreError> {
    let ops = store.ops_after(room, author, after, limit, max_bytes)?;
    if ops.is_empty() {
        return Err(StoreError::Corrupt("a log is shorter than its head says".to_owned()));
    }
    Ok(ops)
}
