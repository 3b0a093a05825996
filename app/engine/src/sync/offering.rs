//! What one session's peer is offered instead of sent, because it hears of others as well.

use std::collections::BTreeSet;

use super::{Heard, Sync, height};
use crate::{
    MemberIndex, PeerId,
    alias::Alias,
    room::Room,
    wire::{MAX_HAVE_ENTRIES, Packet},
};

/// Logs that have grown.
#[derive(Debug, Default)]
pub(crate) struct Grown {
    pub(super) logs: BTreeSet<MemberIndex>,
    /// Those among them that everybody should have at once.
    pub(super) urgent: BTreeSet<MemberIndex>,
}

impl Grown {
    /// A log has grown by something others may depend on, if `is_urgent`.
    pub(crate) fn add(&mut self, index: MemberIndex, is_urgent: bool) {
        self.logs.insert(index);
        if is_urgent {
            self.urgent.insert(index);
        }
    }
}

/// What the peer wants to be offered.
#[derive(Debug, Default)]
pub(super) struct Offering {
    /// Whether it hears of others as well.
    is_sparing: bool,
    /// Logs that have grown, and may have to be offered.
    fresh: BTreeSet<MemberIndex>,
    /// Logs it knows we hold, and may ask for.
    offered: BTreeSet<MemberIndex>,
}

impl Offering {
    /// Whether there may be something to offer.
    pub(super) fn has_fresh(&self) -> bool {
        !self.fresh.is_empty()
    }
}

impl Sync {
    /// The peer wants to be offered what others may send as well, or not any more.
    pub(crate) fn take_spare(&mut self, is_sparing: bool) -> Heard {
        self.offering.is_sparing = is_sparing;
        if !is_sparing {
            self.behind.append(&mut self.offering.fresh);
            self.behind.append(&mut self.offering.offered);
        }
        Heard::default()
    }

    /// The peer offers logs; `None` if it uses a name it never gave.
    pub(crate) fn take_offer(&mut self, room: &Room, entries: &[(Alias, u64)]) -> Option<Heard> {
        let mut heard = Heard::default();
        for (author, height) in entries {
            let author = self.names.hear(room, *author)?;
            match room.index_of(author) {
                Some(index) => {
                    self.note_held(&mut heard, room, index, *height);
                    self.note_offer(room, index, *height);
                }
                None => self.note_stranger(author, *height),
            }
        }
        Some(heard)
    }

    /// The peer asks for logs; `None` if it uses a name it never gave. Nothing is sent twice.
    pub(crate) fn take_ask(&mut self, room: &Room, entries: &[(Alias, u64)]) -> Option<Heard> {
        let mut heard = Heard::default();
        for (author, held) in entries {
            let author = self.names.hear(room, *author)?;
            let Some(index) = room.index_of(author) else { continue };
            self.note_held(&mut heard, room, index, *held);
            self.offering.offered.remove(&index);
            self.behind.insert(index);
        }
        Some(heard)
    }

    /// What to ask the peer for, of the logs it offers that are `wanted`.
    pub(crate) fn ask(
        &mut self,
        now: std::time::Duration,
        room: &Room,
        is_wanted: impl Fn(MemberIndex) -> bool,
    ) -> Vec<Packet> {
        let wanted = self.asked.ask(now, &self.held, is_wanted);
        let entry = |index: &MemberIndex| {
            let author = room.member(*index)?.id;
            Some((self.names.say(room, author), room.height(*index)))
        };
        let entries: Vec<_> = wanted.iter().filter_map(entry).collect();
        entries.chunks(MAX_HAVE_ENTRIES).map(|entries| Packet::Ask(entries.to_vec())).collect()
    }

    /// Whether the peer is to get a log without asking: it has none of it, or it is our own, or what
    /// others wrote depends on it. So what anything depends on comes before it on every link. And so
    /// does the end of a log whose author left: if they went on in another history, nobody who knows
    /// that end speaks to them and would hear of it.
    fn is_sent_unasked(&self, room: &Room, index: MemberIndex) -> bool {
        let rules = &room.membership;
        let governs = |author: PeerId| rules.was_admin(author) || rules.has_left(author);
        index == room.my_index
            || height(&self.sent, index) == 0
            || room.member(index).is_some_and(|member| governs(member.id))
    }

    /// The comparison is over, so the peer knows what we held at its beginning.
    pub(super) fn sort_behind(&mut self, room: &Room) {
        for (index, _, height) in room.frontier() {
            if height <= super::height(&self.sent, index) {
                continue;
            }
            if !self.offering.is_sparing || self.is_sent_unasked(room, index) {
                self.behind.insert(index);
            } else {
                self.offering.offered.insert(index);
            }
        }
    }

    /// Notes logs that have grown.
    pub(super) fn sort_grown(&mut self, room: &Room, grown: &Grown) {
        for index in &grown.logs {
            self.lanes.note_growth(*index, grown.urgent.contains(index));
            if !self.offering.is_sparing || *index == room.my_index || grown.urgent.contains(index)
            {
                self.behind.insert(*index);
            } else {
                self.offering.fresh.insert(*index);
            }
        }
    }

    /// What to offer now.
    pub(super) fn offers(&mut self, room: &Room) -> Vec<Packet> {
        if !self.knows_theirs {
            return Vec::new();
        }
        let mut entries = Vec::new();
        for index in std::mem::take(&mut self.offering.fresh) {
            let Some(member) = room.member(index) else { continue };
            let height = room.height(index);
            if height <= super::height(&self.sent, index) {
                continue;
            }
            if super::height(&self.sent, index) == 0 {
                self.behind.insert(index);
            } else if !self.behind.contains(&index) {
                self.offering.offered.insert(index);
                entries.push((self.names.say(room, member.id), height));
            }
        }
        entries.chunks(MAX_HAVE_ENTRIES).map(|entries| Packet::Offer(entries.to_vec())).collect()
    }
}
