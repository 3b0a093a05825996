//! What is sent next.

use super::{MAX_UNLIKE_BYTES, Sync, slot};
use crate::{
    MemberIndex, RoomId, Store, StoreError, brief,
    op::{self, Op},
    room::Room,
    wire::{MAX_OPS_BYTES, MAX_OPS_PER_PACKET},
};

impl Sync {
    /// The next operations they lack. Logs go in roster order, each to its end before the next,
    /// since what lets an author in stands in a log of a lower index.
    /// `heights` gets how far they go.
    pub(super) fn next_ops(
        &mut self,
        room: &Room,
        store: &impl Store,
        heights: &mut Vec<(MemberIndex, u64)>,
    ) -> Result<Vec<Vec<u8>>, StoreError> {
        let mut ops = Vec::new();
        let mut bytes = 0usize;
        for index in std::mem::take(&mut self.unlike) {
            let before = room.height(index).saturating_sub(1);
            let mut last = read_log(store, room.id(), index, before, 1, 0)?;
            // Of a log that ended before what is held, the last that counts may be gone.
            last.retain(|op| op::seq_of(op) == before.checked_add(1));
            let with = last.iter().fold(bytes, |sum, op| sum.saturating_add(op.len()));
            if with > MAX_UNLIKE_BYTES {
                break;
            }
            bytes = with;
            ops.extend(last);
        }
        while let Some(index) = room.first_to_send(&self.behind) {
            let height = room.height(index);
            let author = room.member(index).map(|member| member.id);
            let Some(sent) = slot(&mut self.sent, index) else { break };
            while *sent < height {
                let limit = MAX_OPS_PER_PACKET.saturating_sub(ops.len());
                let space = MAX_OPS_BYTES.saturating_sub(bytes);
                if limit == 0 || (space < MAX_OPS_BYTES / 4 && !ops.is_empty()) {
                    return Ok(ops);
                }
                let more = next_of_log(store, room, (index, *sent, height), limit, space)?;
                if more.is_empty() {
                    // They get it from somebody who has what is missing here.
                    break;
                }
                bytes = more.iter().fold(bytes, |sum, (_, op)| sum.saturating_add(op.len()));
                let is_whole = self.is_plain || author.is_none_or(|id| room.suspects.contains(&id));
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
                match heights.last_mut() {
                    Some((last, height)) if *last == index => *height = *sent,
                    _ => heights.push((index, *sent)),
                }
            }
            self.behind.remove(&index);
        }
        Ok(ops)
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
