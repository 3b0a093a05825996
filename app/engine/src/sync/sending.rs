//! What is sent next.

use super::{MAX_UNLIKE_BYTES, Sync, lanes::Lane, slot};
use crate::{
    MemberIndex, RoomId, Store, StoreError,
    airtime::{Held, Space},
    brief,
    op::{self, Op},
    room::Room,
    wire::MAX_OPS_PER_PACKET,
};

impl Sync {
    /// Whether there may be something to send.
    pub(super) fn has_more(&self) -> bool {
        let has_ops = !(self.behind.is_empty() && self.unlike.is_empty());
        self.window.owes()
            || self.refusals.owes_repair()
            || (self.knows_theirs
                && (self.offering.has_fresh()
                    || self.newest.is_due(self.is_level() && self.window.is_acknowledged())
                    || (has_ops && self.window.has_place())))
    }

    /// The next operations they lack, each log in its own order. `heights` gets how far they go.
    /// What there is no space for waits, and says so.
    pub(super) fn next_ops(
        &mut self,
        room: &Room,
        store: &impl Store,
        space: &mut Space,
        heights: &mut Vec<(MemberIndex, u64)>,
    ) -> Result<Vec<Vec<u8>>, StoreError> {
        let mut ops = Vec::new();
        let mut bytes = 0usize;
        if space.rest > 0 {
            self.next_unlike(room, store, (&mut ops, &mut bytes))?;
        }
        let mut is_full = false;
        // A log may come up again, further on, once others were sent what they depend on.
        while !is_full && !self.behind.is_empty() {
            let before = ops.len();
            for next in self.order(room) {
                let is_allowed =
                    if next.lane == Lane::Rules { space.urgent } else { space.rest } > 0;
                if !is_allowed {
                    let held = if next.lane == Lane::Rules { Held::Urgent } else { Held::Rest };
                    space.held.get_or_insert(held);
                    is_full = true;
                    break;
                }
                let author = room.member(next.index).map(|member| member.id);
                let is_whole = self.is_plain || author.is_none_or(|id| room.suspects.contains(&id));
                let Some(sent) = slot(&mut self.sent, next.index) else { continue };
                let (first, mut is_over) = (*sent, false);
                while *sent < next.up_to {
                    let wanted =
                        usize::try_from(next.up_to.saturating_sub(*sent)).unwrap_or(usize::MAX);
                    let limit = MAX_OPS_PER_PACKET.saturating_sub(ops.len()).min(wanted);
                    let left = space.max_ops_bytes.saturating_sub(bytes);
                    if limit == 0 || (left < space.max_ops_bytes / 4 && !ops.is_empty()) {
                        is_full = true;
                        break;
                    }
                    let log = (next.index, *sent, next.up_to);
                    let more = next_of_log(store, room, log, limit, left)?;
                    if more.is_empty() {
                        // They get it from somebody who has what is missing here.
                        is_over = true;
                        break;
                    }
                    bytes = more.iter().fold(bytes, |sum, (_, op)| sum.saturating_add(op.len()));
                    for (seq, op) in more {
                        // Behind a gap they do not know what comes before it.
                        let follows = sent.checked_add(1) == Some(seq);
                        *sent = seq;
                        ops.push(if is_whole || !follows {
                            op
                        } else {
                            brief::shorten(room, &mut self.names, op)
                        });
                    }
                }
                if *sent > first {
                    heights.push((next.index, *sent));
                }
                if is_over || *sent >= room.height(next.index) {
                    self.behind.remove(&next.index);
                    self.lanes.note_end(next.index);
                }
                if is_full {
                    break;
                }
            }
            is_full |= ops.len() == before && !self.behind.is_empty();
        }
        space.take(ops.iter().fold(0, |sum: usize, op: &Vec<u8>| sum.saturating_add(op.len())));
        Ok(ops)
    }

    /// The last operations of logs that may be others than theirs.
    fn next_unlike(
        &mut self,
        room: &Room,
        store: &impl Store,
        (ops, bytes): (&mut Vec<Vec<u8>>, &mut usize),
    ) -> Result<(), StoreError> {
        for index in std::mem::take(&mut self.unlike) {
            let before = room.height(index).saturating_sub(1);
            let mut last = read_log(store, room.id(), index, before, 1, 0)?;
            // Of a log that ended before what is held, the last that counts may be gone.
            last.retain(|op| op::seq_of(op) == before.checked_add(1));
            let with = last.iter().fold(*bytes, |sum, op| sum.saturating_add(op.len()));
            if with > MAX_UNLIKE_BYTES {
                break;
            }
            *bytes = with;
            ops.extend(last);
        }
        Ok(())
    }
}

/// The next operations of a log that whoever holds it up to `held` can add, and their places; none if
/// what comes next is not here any more.
fn next_of_log(
    store: &impl Store,
    room: &Room,
    (index, held, height): (MemberIndex, u64, u64),
    limit: usize,
    space: usize,
) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
    let take = |after| {
        let mut last = held;
        let ops = store.ops_after(room.id(), index, after, limit, space)?;
        let ops = ops.into_iter().map_while(|bytes| {
            let seq = op::seq_of(&bytes)?;
            let bridges = || Op::decode(&bytes).is_some_and(|op| room.bridges(&op, last));
            let follows = last.checked_add(1) == Some(seq) || bridges();
            last = seq;
            (follows && seq <= height).then_some((seq, bytes))
        });
        Ok::<_, StoreError>(ops.collect::<Vec<_>>())
    };
    let next: Vec<_> = take(held)?;
    match room.run_over(index, held) {
        // Some of what comes before that checkpoint is being forgotten.
        Some(seq) if next.is_empty() => take(seq.saturating_sub(1)),
        _ => Ok(next),
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
