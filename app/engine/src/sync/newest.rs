//! The newest messages, sent ahead of a long history so that there is something to read meanwhile.

use std::collections::BTreeSet;

use super::{Sync, height};
use crate::{
    Store, StoreError,
    airtime::Space,
    body,
    room::Room,
    wire::{MAX_NEWEST_BYTES, MAX_NEWEST_TEXTS, Packet},
};

/// So many operations are a long history: three seconds of a link that carries 40 kB/s.
const MANY: u64 = 500;

/// So many are, whatever is held already: the last page is then little beside them.
const VERY_MANY: u64 = 2_000;

/// The newest operations looked through for messages the peer lacks.
const MAX_LOOKED_AT: usize = 200;

/// How far a session is with its newest messages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Newest {
    /// Whether the peer lacks much is not known yet.
    #[default]
    Undecided,
    /// They were sent, and what comes before them is being sent.
    Ahead,
    /// Everything before them was taken, or there was no need to send them.
    Done,
}

impl Newest {
    /// Whether there may be something to say of it; `is_over` if all else was taken.
    pub(super) fn is_due(self, is_over: bool) -> bool {
        self == Self::Undecided || (self == Self::Ahead && is_over)
    }
}

impl Sync {
    /// The newest messages if the peer lacks much more than those, and once it has that as well,
    /// an empty packet.
    pub(super) fn newest(
        &mut self,
        room: &Room,
        store: &impl Store,
        space: &mut Space,
    ) -> Result<Option<Packet>, StoreError> {
        match self.newest {
            Newest::Undecided if self.knows_theirs => {
                let lacked = room
                    .frontier()
                    .map(|(index, _, all)| all.saturating_sub(height(&self.sent, index)));
                let lacked = lacked.fold(0u64, u64::saturating_add);
                let held = self.sent.iter().copied().fold(0u64, u64::saturating_add);
                let is_long = lacked >= MANY && (lacked >= held || lacked >= VERY_MANY);
                self.newest = if is_long { Newest::Ahead } else { Newest::Done };
                if is_long { self.read_newest(room, store, space).map(Some) } else { Ok(None) }
            }
            Newest::Ahead if self.is_level() && self.window.is_acknowledged() => {
                self.newest = Newest::Done;
                Ok(Some(Packet::Newest(Vec::new())))
            }
            _ => Ok(None),
        }
    }

    fn read_newest(
        &self,
        room: &Room,
        store: &impl Store,
        space: &mut Space,
    ) -> Result<Packet, StoreError> {
        let max_bytes = MAX_NEWEST_BYTES.min(space.max_ops_bytes);
        let (mut ops, mut bytes, mut texts) = (Vec::new(), 0usize, 0usize);
        let mut introduced = BTreeSet::new();
        for stored in store.page_before(room.id(), None, MAX_LOOKED_AT)? {
            let author = stored.position.author;
            let is_lacked = stored.position.seq > height(&self.sent, author);
            if !body::is_words(stored.kind) || !is_lacked || room.show(&stored).is_none() {
                continue;
            }
            let mut brought = vec![stored.bytes];
            // Who they do not know they are told with the first operation, which has the name.
            if height(&self.sent, author) == 0 && introduced.insert(author) {
                brought.extend(store.ops_after(room.id(), author, 0, 1, 0)?);
            }
            let with = brought.iter().fold(bytes, |sum, op| sum.saturating_add(op.len()));
            if with > max_bytes {
                break;
            }
            bytes = with;
            ops.extend(brought);
            texts = texts.saturating_add(1);
            if texts >= MAX_NEWEST_TEXTS {
                break;
            }
        }
        space.take(bytes);
        Ok(Packet::Newest(ops))
    }
}
