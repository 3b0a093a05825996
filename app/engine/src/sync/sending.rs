//! What is sent next.

use super::{MAX_UNLIKE_BYTES, Sync, slot};
use crate::{
    MemberIndex, RoomId, Store, StoreError, brief,
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
            let last = read_log(store, room.id(), index, before, 1, 0)?;
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
                let more = read_log(store, room.id(), index, *sent, limit, space)?;
                *sent = sent.saturating_add(u64::try_from(more.len()).unwrap_or(u64::MAX));
                bytes = more.iter().fold(bytes, |sum, op| sum.saturating_add(op.len()));
                let is_whole = self.is_plain || author.is_none_or(|id| room.suspects.contains(&id));
                if is_whole {
                    ops.extend(more);
                } else {
                    let names = &mut self.names;
                    ops.extend(more.into_iter().map(|op| brief::shorten(room, names, op)));
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
