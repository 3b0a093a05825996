//! Rooms in which newcomers do not read what was written before: their epochs are *closed*, and
//! texts in them are locked besides.

use serde::{Deserialize, Serialize};

use crate::{
    Engine, EpochId, Event, LinkId, PeerId, RoomId, Store,
    body::{MAX_READS, OpBody},
    wire::{Packet, TextKey},
};

/// What is remembered of a closed epoch besides its key.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClosedRecord {
    /// Which.
    pub epoch: EpochId,
    /// From which step on its texts open, and with what. More than one only until it is known which is
    /// right, none if nobody has given a right one.
    pub chains: Vec<(u32, [u8; 32])>,
    /// Whether it is right: it came from a box, or is what whoever made the epoch signed.
    pub is_sure: bool,
    /// The highest step a text is known to be written with.
    pub written: Option<u32>,
    /// The highest from which somebody reads.
    pub from: u32,
    /// Whether this device has said from which it reads.
    pub is_said: bool,
}

/// Hides the keys.
impl std::fmt::Debug for ClosedRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClosedRecord").field("epoch", &self.epoch).finish_non_exhaustive()
    }
}

impl<S: Store> Engine<S> {
    /// A member said from when on texts can be read here.
    pub(crate) fn take_texts(&mut self, id: RoomId, by: PeerId, texts: &[TextKey]) {
        let now = self.now.since_start;
        let Some(room) = self.rooms.get_mut(&id) else { return };
        if room.learn_texts(now, by, texts) {
            self.notify(Event::HistoryChanged { room: id });
        }
    }

    /// Gives a member keys, and what earlier texts open with.
    pub(crate) fn give_past(&mut self, link: LinkId, keys: Vec<[u8; 32]>, past: &[TextKey]) {
        let texts = past.iter().take(MAX_READS).copied().collect();
        self.transmit(link, &Packet::Keys { keys, texts });
        for part in past.chunks(MAX_READS).skip(1) {
            self.transmit(link, &Packet::Keys { keys: Vec::new(), texts: part.to_vec() });
        }
    }

    /// Tells the others from when on texts can be read here, and remembers what is known of locks.
    pub(crate) fn mind_texts(&mut self) {
        for id in self.rooms.keys().copied().collect::<Vec<_>>() {
            self.say_reads(id);
            let Some(room) = self.rooms.get_mut(&id) else { continue };
            let changed = room.take_changed_texts();
            if !changed.is_empty() && room.has_hidden_more() {
                self.notify(Event::HistoryChanged { room: id });
            }
            for record in changed {
                self.staged.closed.insert((id, record.epoch), record);
            }
        }
    }

    fn say_reads(&mut self, id: RoomId) {
        let has_reads = self.rooms.get(&id).is_some_and(|room| !room.reads_to_say().is_empty());
        // Without a key, or with two of them to be made one first, it is said later.
        if !has_reads || self.merge_epochs(id).is_err() {
            return;
        }
        let Some(reads) = self.rooms.get(&id).map(|room| room.reads_to_say()) else { return };
        // A log that has forked stays as it is.
        let _ = self.write_anyhow(id, &OpBody::Reads(reads));
    }
}
