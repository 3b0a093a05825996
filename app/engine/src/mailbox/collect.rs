//! Fetching what others left in a room's mailbox.

use std::{collections::BTreeMap, time::Duration};

use super::{
    LIFETIME, after,
    pack::{self, Parcel},
    reading::{MAX_NUMBERS, MAX_PROMISES, Promise},
};
use crate::{
    Doubt, Engine, PeerId, RoomId, SeenParcel, Store, Timestamp,
    engine::Output,
    op::Op,
    room::{Added, Unusable},
};

/// Packs nobody has made that a relay may show: a bad disk deserves a second chance.
const MAX_JUNK: u32 = 8;

impl<S: Store> Engine<S> {
    /// Listens to the mailbox, and has it read after this pause.
    pub(super) fn begin_collecting(&mut self, id: RoomId, pause: Duration) {
        let now = self.now;
        let Some(room) = self.rooms.get(&id) else { return };
        let at = self.mailbox_places(room);
        let Some(room) = self.rooms.get_mut(&id) else { return };
        let reading = &mut room.mailbox.reading;
        reading.at = Some(at.clone());
        reading.shown.clear();
        (reading.has_overflowed, reading.has_added) = (false, false);
        let mut since = BTreeMap::new();
        for relay in &room.mailbox.record.relays {
            if let Some(from) = relay.read_from(now.wall)
                && !reading.suspected.contains_key(&relay.name)
            {
                since.insert(relay.name.clone(), from);
            }
        }
        self.outputs.push_back(Output::Collect { mailbox: room.mailbox.key, at, since, pause });
    }

    /// A relay has shown a pack.
    pub(crate) fn take_pack(&mut self, mailbox: &[u8; 32], relay: &str, pack: &[u8]) {
        let now = self.now;
        let Some(id) = self.room_of_mailbox(mailbox) else {
            return self.take_welcome(mailbox, pack);
        };
        let Some(room) = self.rooms.get_mut(&id) else { return };
        let record = &room.mailbox.record;
        let Some(shown) = room.mailbox.reading.shown_by(relay, record, now.wall) else { return };
        let Some(mut parcel) = pack::open::<Parcel>(mailbox, pack) else {
            shown.junk = shown.junk.saturating_add(1);
            if shown.junk >= MAX_JUNK {
                self.doubt_relay(id, relay, Doubt::Forges);
            }
            return;
        };
        // Nobody can ask a relay to keep a thing for longer than everyone does.
        parcel.expires_at = parcel.expires_at.min(after(now.wall, LIFETIME));
        if shown.count < MAX_NUMBERS {
            let is_new = shown.numbers.entry(parcel.depositor).or_default().insert(parcel.number);
            shown.count = shown.count.saturating_add(usize::from(is_new));
            let Parcel { depositor, number, made_at, expires_at, .. } = parcel;
            let parcel = SeenParcel { depositor, number, made_at, expires_at };
            let last = shown.last.entry(depositor).or_insert(parcel);
            if last.number < number {
                *last = parcel;
            }
        }
        shown.newest = shown.newest.max(parcel.made_at.min(now.wall));
        let is_read = shown.is_read;
        if parcel.depositor == room.me.id && parcel.number > room.mailbox.record.made {
            // This device was restored from an older copy of its memory.
            room.mailbox.record.made = parcel.number;
            self.stage_mailbox(id);
        }
        self.take_parcel(id, parcel);
        self.add_pending(id);
        if is_read {
            self.note_spans(id);
            self.note_shown(id, relay);
        }
    }

    fn take_parcel(&mut self, id: RoomId, parcel: Parcel) {
        let Some(room) = self.rooms.get(&id) else { return };
        let height = |author| room.index_of(author).map_or(0, |index| room.head(index).height);
        let ops: Vec<_> = parcel.ops.iter().filter_map(|bytes| Op::decode(bytes)).collect();
        let is_new: Vec<_> =
            ops.iter().map(|op| op.header.seq > height(op.header.author)).collect();
        let now = self.now.wall;
        let mut last = None;
        let mut reaches_back = BTreeMap::new();
        for op in &ops {
            let (author, seq) = (op.header.author, op.header.seq);
            if last != Some((author, seq.saturating_sub(1))) {
                let since = room.reaches_back(now, op);
                reaches_back.extend(since.map(|since| ((author, seq), since)));
            }
            last = Some((author, seq));
        }
        let Some(room) = self.rooms.get_mut(&id) else { return };
        let reading = &mut room.mailbox.reading;
        let mut first_of_span: Option<(PeerId, u64, u64)> = None;
        for (op, is_new) in ops.into_iter().zip(is_new) {
            let (author, seq) = (op.header.author, op.header.seq);
            first_of_span = match first_of_span {
                Some((a, from, to)) if a == author && to.checked_add(1) == Some(seq) => {
                    Some((a, from, seq))
                }
                other => {
                    // What was before a checkpoint may be gone for good.
                    let since = reaches_back.get(&(author, seq)).copied();
                    match (other, since) {
                        (Some((a, from, to)), Some(since)) if a == author && since <= to => {
                            Some((a, from, seq))
                        }
                        (other, since) => {
                            reading.note_span(other, parcel.expires_at);
                            Some((author, since.map_or(seq, |at| at.saturating_add(1)), seq))
                        }
                    }
                }
            };
            if is_new {
                reading.keep_pending(author, seq, op.bytes);
            }
        }
        reading.note_span(first_of_span, parcel.expires_at);
        let Parcel { depositor, number, lives, acked, .. } = parcel;
        let has_place = reading.promises.len() < MAX_PROMISES;
        match reading.promises.get_mut(&depositor) {
            Some(old) if old.number >= number => {}
            None if !has_place => {}
            _ => {
                reading.promises.insert(depositor, Promise { number, lives, acked });
            }
        }
    }

    /// Adds to the room what can be added of what was read.
    fn add_pending(&mut self, id: RoomId) {
        loop {
            let added = self.add_pending_once(id);
            if added.is_empty() {
                return;
            }
            if let Some(room) = self.rooms.get_mut(&id) {
                room.mailbox.reading.has_added = true;
            }
            for added in added {
                self.stage(id, added);
            }
        }
    }

    fn add_pending_once(&mut self, id: RoomId) -> Vec<Added> {
        let now = self.now;
        let mut all_added = Vec::new();
        let Some(room) = self.rooms.get_mut(&id) else { return all_added };
        let mut author = PeerId::from_bytes([0; 32]);
        while let Some((found, seq)) = room.mailbox.reading.first_pending(author) {
            author = found;
            let bytes = room.mailbox.reading.pending.get(&(author, seq)).cloned();
            let outcome = bytes.as_deref().and_then(Op::decode).map(|op| room.add(now, &op));
            match outcome {
                Some(Ok(added)) => {
                    all_added.push(added);
                    room.mailbox.reading.forget_pending(author, seq);
                    continue;
                }
                // What comes before it may still come.
                Some(Err(
                    Unusable::Early | Unusable::Gapped | Unusable::Barred | Unusable::Forked,
                )) => {}
                Some(Err(Unusable::Later)) => room.mailbox.reading.has_overflowed = true,
                Some(Err(Unusable::Known)) | None => {
                    room.mailbox.reading.forget_pending(author, seq);
                    continue;
                }
                // Nor can what follows it be added.
                Some(Err(Unusable::Forged | Unusable::Wrong)) => {
                    while let Some((a, seq)) = room.mailbox.reading.first_pending(author)
                        && a == author
                    {
                        room.mailbox.reading.forget_pending(author, seq);
                    }
                }
            }
            match next_author(author) {
                Some(next) => author = next,
                None => break,
            }
        }
        all_added
    }

    /// Notes which logs are in the mailbox how far, by what was read.
    fn note_spans(&mut self, id: RoomId) {
        let now = self.now.wall;
        let Some(room) = self.rooms.get_mut(&id) else { return };
        let mut changed = BTreeMap::new();
        let spans = std::mem::take(&mut room.mailbox.reading.spans);
        for ((author, from), (to, expires_at)) in spans {
            let Some(index) = room.index_of(author) else { continue };
            let kept = changed.entry(index).or_insert_with(|| room.mailbox.kept(index, now));
            kept.note((from, to), expires_at, now);
        }
        for (index, kept) in changed {
            if self.rooms.get(&id).is_some_and(|room| room.mailbox.kept(index, now) != kept) {
                self.stage_kept(id, index, kept);
            }
        }
    }

    /// A relay has shown all it holds.
    pub(crate) fn end_reading(&mut self, mailbox: &[u8; 32], relay: &str) {
        let now = self.now;
        let Some(id) = self.room_of_mailbox(mailbox) else {
            return self.end_welcomes(mailbox);
        };
        let Some(room) = self.rooms.get_mut(&id) else { return };
        let record = &room.mailbox.record;
        let Some(shown) = room.mailbox.reading.shown_by(relay, record, now.wall) else { return };
        shown.is_read = true;
        let (newest, is_whole) = (shown.newest, shown.since == Timestamp(0));
        let is_first = !std::mem::replace(&mut room.mailbox.reading.has_read, true);
        self.note_spans(id);
        let Some(room) = self.rooms.get_mut(&id) else { return };
        let read = room.mailbox.reading.shown.iter().filter(|(_, shown)| shown.is_read);
        let others: Vec<_> = read.map(|(name, _)| name.clone()).filter(|n| n != relay).collect();
        let is_complete = !room.mailbox.reading.has_overflowed;
        // What found no place may find it now.
        if !is_complete && room.mailbox.reading.has_added {
            return self.begin_collecting(id, Duration::ZERO);
        }
        let is_trusted = self.judge(id, relay);
        // One relay may give another away.
        for other in others {
            self.judge(id, &other);
        }
        let Some(room) = self.rooms.get_mut(&id) else { return };
        if is_complete
            && is_trusted
            && let Some(relay) = room.mailbox.record.relay(relay)
        {
            relay.read_up_to = relay.read_up_to.max(newest);
            if is_whole {
                relay.audited_at = now.wall;
            }
        }
        if is_first {
            let [spread, ..] = *room.me.id.as_bytes();
            room.mailbox.deposits.mind_others(now.since_start, spread);
        }
        self.stage_mailbox(id);
    }
}

/// The author after this one.
fn next_author(author: PeerId) -> Option<PeerId> {
    let mut bytes = *author.as_bytes();
    for byte in bytes.iter_mut().rev() {
        let (next, has_wrapped) = byte.overflowing_add(1);
        *byte = next;
        if !has_wrapped {
            return Some(PeerId::from_bytes(bytes));
        }
    }
    None
}
