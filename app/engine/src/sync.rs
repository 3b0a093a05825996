//! Who lacks what: one session's half of keeping two devices equal.
//!
//! Each side says how far it holds each log, and sends what the other's word shows it lacks: the
//! same exchange asks, repairs and acknowledges.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use crate::{
    MemberIndex, PeerId, RoomId, Store, StoreError,
    quota::Quota,
    room::Room,
    wire::{MAX_HAVE_ENTRIES, MAX_OPS_BYTES, MAX_OPS_PER_PACKET, Packet},
};

/// Packets of operations on their way before the first is acknowledged: enough to keep a link
/// busy, little enough that a slow reader costs at most half a MiB.
const MAX_UNACKNOWLEDGED: u64 = 8;

/// How often a day one side of a session may have everything sent again. An honest peer needs it
/// once or twice in its life; each time can cost us the whole room.
const MAX_REPAIRS_PER_DAY: u64 = 16;

/// When what was refused is asked for again: quotas have grown by then, and an honest peer whose
/// memory was at fault has been restarted.
const RETRY_AFTER: Duration = Duration::from_secs(600);

/// Heights we were told of authors we do not know yet: a packet's worth.
const MAX_STRANGERS: usize = MAX_HAVE_ENTRIES;

/// What one session knows of the difference between two devices.
#[derive(Debug)]
pub(crate) struct Sync {
    /// How far each log was sent, or is known to be held there, by roster index.
    sent: Vec<u64>,
    /// How far we said we hold each log, by roster index.
    told: Vec<u64>,
    /// How far they said they hold each log, by roster index.
    held: Vec<u64>,
    /// What they said of authors we do not know yet.
    strangers: BTreeMap<PeerId, u64>,
    /// Logs that may be longer than what was sent of them.
    behind: BTreeSet<MemberIndex>,
    /// Logs that may be longer than we said.
    untold: BTreeSet<MemberIndex>,
    has_digest: bool,
    /// Whether their word has come, so that we know what they lack.
    knows_theirs: bool,
    /// Whether our whole frontier was told.
    told_all: bool,
    /// Whether a complete word of theirs is coming in, in more than one packet.
    is_restating: bool,
    /// Packets of operations: sent, acknowledged, taken.
    packets_sent: u64,
    packets_acknowledged: u64,
    packets_taken: u64,
    /// Whether operations came in that have not been answered by a `Have`.
    owes_have: bool,
    owes_repair: bool,
    /// Authors one of whose operations could not be added: what follows it cannot be either.
    refused: BTreeSet<PeerId>,
    retry_at: Option<Duration>,
    asked: Quota,
    answered: Quota,
}

/// What a peer's word leads to.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    /// What to answer.
    pub(crate) replies: Vec<Packet>,
    /// Logs the peer is newly known to hold up to a point.
    pub(crate) receipts: Vec<(MemberIndex, u64)>,
}

fn slot(heights: &mut Vec<u64>, index: MemberIndex) -> Option<&mut u64> {
    let at = index.0 as usize;
    if heights.len() <= at {
        heights.resize(at.saturating_add(1), 0);
    }
    heights.get_mut(at)
}

fn height(heights: &[u64], index: MemberIndex) -> u64 {
    heights.get(index.0 as usize).copied().unwrap_or_default()
}

fn raise(heights: &mut Vec<u64>, index: MemberIndex, to: u64) -> bool {
    slot(heights, index).is_some_and(|slot| {
        let is_higher = *slot < to;
        *slot = to.max(*slot);
        is_higher
    })
}

impl Sync {
    pub(crate) fn new() -> Self {
        Self {
            sent: Vec::new(),
            told: Vec::new(),
            held: Vec::new(),
            strangers: BTreeMap::new(),
            behind: BTreeSet::new(),
            untold: BTreeSet::new(),
            has_digest: false,
            knows_theirs: false,
            told_all: false,
            is_restating: false,
            packets_sent: 0,
            packets_acknowledged: 0,
            packets_taken: 0,
            owes_have: false,
            owes_repair: false,
            refused: BTreeSet::new(),
            retry_at: None,
            asked: Quota::new(MAX_REPAIRS_PER_DAY),
            answered: Quota::new(MAX_REPAIRS_PER_DAY),
        }
    }

    /// The session began with a welcome, so that both sides hold the owner's first operation, and
    /// need not wait for each other's word to send the rest.
    pub(crate) fn begin_with_genesis(&mut self, room: &Room) {
        self.knows_theirs = true;
        if let Some(owner) = room.index_of(room.record.owner) {
            raise(&mut self.sent, owner, 1);
        }
        self.behind.extend(room.frontier().map(|(index, ..)| index));
    }

    /// Their digest came: equal means there is nothing to compare.
    pub(crate) fn take_digest(&mut self, room: &Room, digest: [u8; 16]) -> Heard {
        let mut heard = Heard::default();
        // A second one would cost us a whole frontier for a few bytes.
        if std::mem::replace(&mut self.has_digest, true) {
            return heard;
        }
        if digest != room.digest() {
            heard.replies = self.tell_all(room);
            return heard;
        }
        self.knows_theirs = true;
        for (index, _, height) in room.frontier() {
            raise(&mut self.sent, index, height);
            raise(&mut self.told, index, height);
            if raise(&mut self.held, index, height) {
                heard.receipts.push((index, height));
            }
        }
        heard
    }

    /// Their word on how far they hold some logs came; `None` if they acknowledge what was never
    /// sent.
    pub(crate) fn take_have(
        &mut self,
        now: Duration,
        room: &Room,
        entries: &[(PeerId, u64)],
        (more, again, taken): (bool, bool, u64),
    ) -> Option<Heard> {
        if taken > self.packets_sent {
            return None;
        }
        self.packets_acknowledged = self.packets_acknowledged.max(taken);
        if again && !self.is_restating && self.answered.has(now, 1) {
            self.answered.take(1);
            self.is_restating = true;
            self.sent.fill(0);
        }
        let mut heard = Heard::default();
        for (author, height) in entries {
            let Some(index) = room.index_of(*author) else {
                self.note_stranger(*author, *height);
                continue;
            };
            raise(&mut self.sent, index, *height);
            if raise(&mut self.held, index, *height) {
                heard.receipts.push((index, *height));
            }
        }
        if more {
            return Some(heard);
        }
        if std::mem::take(&mut self.is_restating) || !self.knows_theirs {
            self.knows_theirs = true;
            self.behind.extend(room.frontier().map(|(index, ..)| index));
        }
        if !self.told_all {
            heard.replies = self.tell_all(room);
        }
        Some(heard)
    }

    fn note_stranger(&mut self, author: PeerId, height: u64) {
        if self.strangers.len() < MAX_STRANGERS || self.strangers.contains_key(&author) {
            self.strangers.insert(author, height);
        }
    }

    /// A packet of operations came from them.
    pub(crate) fn take_ops(&mut self, now: Duration) {
        self.packets_taken = self.packets_taken.saturating_add(1);
        self.owes_have = true;
        if self.retry_at.is_some_and(|at| now >= at) {
            self.retry(now);
        }
    }

    /// Something `author` wrote could not be added, nor can what follows it in this session.
    pub(crate) fn refuse(&mut self, now: Duration, author: PeerId) {
        self.refused.insert(author);
        self.retry_at.get_or_insert(now.saturating_add(RETRY_AFTER));
    }

    /// Whether an earlier operation of `author` could not be added.
    pub(crate) fn has_refused(&self, author: PeerId) -> bool {
        self.refused.contains(&author)
    }

    /// Asks for what was refused once more, if anything was.
    pub(crate) fn retry(&mut self, now: Duration) {
        self.retry_at = None;
        if !self.refused.is_empty() && self.asked.has(now, 1) {
            self.asked.take(1);
            self.refused.clear();
            self.owes_repair = true;
        }
    }

    /// They sent an operation we now hold, so they need not get it from us.
    pub(crate) fn note_theirs(&mut self, author: MemberIndex, seq: u64) {
        raise(&mut self.sent, author, seq);
    }

    /// How far they said they hold a log.
    pub(crate) fn held(&self, author: MemberIndex) -> u64 {
        height(&self.held, author)
    }

    /// Whether they have been sent all we hold.
    pub(crate) fn is_level(&self) -> bool {
        self.knows_theirs && self.behind.is_empty()
    }

    /// What to send now that the store has everything up to the heads of `room`. `grown` are the
    /// logs that have grown since the last call.
    pub(crate) fn flush(
        &mut self,
        room: &Room,
        store: &impl Store,
        grown: &BTreeSet<MemberIndex>,
    ) -> Result<Vec<Packet>, StoreError> {
        self.note_growth(room, grown);
        let mut packets = Vec::new();
        if self.owes_repair {
            packets.extend(self.have(room, true, true));
        } else if self.owes_have {
            packets.extend(self.have(room, false, false));
        }
        (self.owes_have, self.owes_repair) = (false, false);
        while self.knows_theirs && self.unacknowledged() < MAX_UNACKNOWLEDGED {
            let ops = self.next_ops(room, store)?;
            if ops.is_empty() {
                break;
            }
            self.packets_sent = self.packets_sent.saturating_add(1);
            packets.push(Packet::Ops(ops));
        }
        Ok(packets)
    }

    fn unacknowledged(&self) -> u64 {
        self.packets_sent.saturating_sub(self.packets_acknowledged)
    }

    fn note_growth(&mut self, room: &Room, grown: &BTreeSet<MemberIndex>) {
        for index in grown {
            self.behind.insert(*index);
            self.untold.insert(*index);
            let Some(member) = room.member(*index) else { continue };
            if let Some(height) = self.strangers.remove(&member.id) {
                raise(&mut self.sent, *index, height);
                raise(&mut self.held, *index, height);
            }
        }
    }

    /// The next operations they lack. Logs go in roster order, each to its end before the next,
    /// since what lets an author in stands in a log of a lower index.
    fn next_ops(&mut self, room: &Room, store: &impl Store) -> Result<Vec<Vec<u8>>, StoreError> {
        let mut ops = Vec::new();
        let mut bytes = 0usize;
        while let Some(index) = room.first_to_send(&self.behind) {
            let height = room.height(index);
            let Some(sent) = slot(&mut self.sent, index) else { break };
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
            self.behind.remove(&index);
        }
        Ok(ops)
    }

    fn tell_all(&mut self, room: &Room) -> Vec<Packet> {
        self.told_all = true;
        self.have(room, true, false)
    }

    /// Our word: on every log, or on those that grew since we last gave it.
    fn have(&mut self, room: &Room, all: bool, again: bool) -> Vec<Packet> {
        if all {
            self.untold.extend(room.frontier().map(|(index, ..)| index));
        }
        let mut entries = Vec::new();
        for index in std::mem::take(&mut self.untold) {
            let Some(member) = room.member(index) else { continue };
            let height = room.height(index);
            if height > 0 && (raise(&mut self.told, index, height) || all) {
                entries.push((member.id, height));
            }
        }
        let taken = self.packets_taken;
        let mut chunks: Vec<_> = entries.chunks(MAX_HAVE_ENTRIES).map(<[_]>::to_vec).collect();
        let last = chunks.pop().unwrap_or_default();
        let whole = chunks.into_iter().map(|entries| (entries, true)).chain([(last, false)]);
        whole.map(|(entries, more)| Packet::Have { entries, more, again, taken }).collect()
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

#[cfg(test)]
mod tests;
