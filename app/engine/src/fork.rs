//! Authors who wrote two different operations at one place of their log: shown to everybody by
//! whoever notices, so that the log ends there on all devices alike.

use crate::{Engine, RoomId, Store, StoreError, body::OpBody, op::Op};

impl<S: Store> Engine<S> {
    /// A peer sent operations other than those held at the same places.
    pub(crate) fn show_forks(&mut self, id: RoomId, others: &[Vec<u8>]) -> Result<(), StoreError> {
        for other in others.iter().filter_map(|bytes| Op::decode(bytes)) {
            let (author, seq) = (other.header.author, other.header.seq);
            let Some(room) = self.rooms.get(&id) else { return Ok(()) };
            let is_known = room.membership.fork_of(author).is_some_and(|fork| fork <= seq);
            let Some(index) = room.index_of(author).filter(|_| !is_known) else { continue };
            let held = self.store.ops_after(id, index, seq.saturating_sub(1), 1, usize::MAX)?;
            // What is not on disk yet will be compared the next time.
            let Some(held) = held.first().and_then(|bytes| Op::decode(bytes)) else { continue };
            if held.header.seq == seq && held.id != other.id && other.is_signed() {
                let body = OpBody::Fork(held.stub(), other.stub());
                if let Some(room) = self.rooms.get_mut(&id) {
                    room.suspects.remove(&author);
                }
                // Whose own log has forked cannot say so; others will.
                let _ = self.write(id, &body);
            }
        }
        Ok(())
    }
}
