//! The keys of a room's epochs: which are held, and which one is written in.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use super::{Drawn, Room};
use crate::{
    EpochId, Timestamp, crypto, hlc,
    mailbox::Mailbox,
    membership::NoKey,
    wire::{MAX_EPOCHS, MAX_EPOCHS_TOLD, TextKey},
};

/// Keys that came before the operation that says what they are, from members and from operations
/// each: of more, the first in the order of ids go, so that nobody can keep others out for good.
const MAX_OFFERED: usize = 64;

/// The keys of a room.
#[derive(Default)]
pub(super) struct Keys {
    /// Number, id and key by the tag that operations bear.
    by_tag: BTreeMap<[u8; 8], (u32, EpochId, [u8; 32])>,
    /// Keys of epochs no operation has spoken of yet, as members gave them,
    offered: BTreeMap<EpochId, [u8; 32]>,
    /// the same, should they be those of closed ones,
    offered_closed: BTreeMap<EpochId, [u8; 32]>,
    /// and as whoever governs the room sealed them: those no member can push out. With what texts
    /// open with, if they are closed.
    sealed: BTreeMap<EpochId, Drawn>,
    /// Keys that were not there when this was last asked.
    fresh: Vec<[u8; 32]>,
    /// Where members meet, as a newcomer was told.
    met_by: Option<EpochId>,
    writing: Writing,
}

/// Says how many there are.
impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let writing = &self.writing;
        f.debug_struct("Keys").field("held", &self.by_tag.len()).field("writing", writing).finish()
    }
}

/// Which key is written with.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
enum Writing {
    /// One known to everybody who was removed, or none at all.
    #[default]
    Nothing,
    One(EpochId),
    /// One that has to be made of these first.
    Merged(Vec<EpochId>),
}

impl Room {
    /// Puts the keys in order that the record holds.
    pub(super) fn restore_keys(&mut self) {
        self.keys.by_tag = (self.record.epochs.iter())
            .map(|(number, key)| {
                let tag = crypto::room_tag(self.record.id, key);
                let closed = crypto::closed_id(key);
                let is_closed =
                    self.texts.knows(&closed) || self.membership.number_of(&closed).is_some();
                let id = if is_closed { closed } else { crypto::epoch_id(key) };
                (tag, (*number, id, *key))
            })
            .collect();
        self.choose_epoch();
    }

    /// Whether an epoch is one in which texts are locked.
    pub(super) fn is_closed(&self, id: &EpochId) -> bool {
        self.key_of_id(id).is_some_and(|(_, key)| crypto::closed_id(&key) == *id)
    }

    /// The number and the id of the epoch with this key, if it is held.
    pub(crate) fn held_id(&self, key: &[u8; 32]) -> Option<(u32, EpochId)> {
        let held = self.keys.by_tag.get(&crypto::room_tag(self.record.id, key));
        held.map(|(number, id, _)| (*number, *id))
    }

    fn id_of_key(&self, key: &[u8; 32]) -> EpochId {
        self.held_id(key).map_or_else(|| crypto::epoch_id(key), |(_, id)| id)
    }

    /// Decides which epoch is written in, after keys or rules changed.
    pub(crate) fn choose_epoch(&mut self) {
        let held: Vec<_> = self.keys.by_tag.values().map(|(n, id, _)| (*n, *id)).collect();
        self.keys.writing = match self.membership.epoch_to_write_in(&held) {
            Ok(ids) => match ids.as_slice() {
                [] => Writing::Nothing,
                [one] => Writing::One(*one),
                _ => Writing::Merged(ids),
            },
            Err(NoKey) => Writing::Nothing,
        };
    }

    /// The epoch used for writing and for finding each other; the newest there is, if there is none
    /// that may be written in.
    pub(crate) fn epoch(&self) -> (u32, [u8; 32]) {
        let chosen = match &self.keys.writing {
            Writing::One(id) => self.keys.by_tag.values().find(|(_, i, _)| i == id),
            _ => None,
        };
        let newest = || self.keys.by_tag.values().max_by_key(|(number, id, _)| (*number, *id));
        chosen.or_else(newest).map(|(number, _, key)| (*number, *key)).unwrap_or_default()
    }

    /// Whether there is a key nobody has who was removed.
    pub(crate) fn has_key(&self) -> bool {
        self.keys.writing != Writing::Nothing
    }

    /// The epochs to make one of before anything is written.
    pub(crate) fn epochs_to_merge(&self) -> Option<Vec<EpochId>> {
        match &self.keys.writing {
            Writing::Merged(parents) => Some(parents.clone()),
            _ => None,
        }
    }

    /// The epoch that says where members meet: dial keys, handshakes and the mailbox follow from its
    /// key. It is the one that is written in, or the one that was renewed by it, so that whoever
    /// was away for long finds the others where they were.
    pub(crate) fn meeting(&self) -> (u32, [u8; 32]) {
        let (number, key) = self.epoch();
        let meeting = self.membership.meeting(&self.id_of_key(&key));
        let found = self.key_of_id(&meeting);
        let is_known = found.is_some_and(|(number, _)| number == 0)
            || self.membership.number_of(&meeting).is_some();
        let told = self.keys.met_by.filter(|_| !is_known).and_then(|id| self.key_of_id(&id));
        told.or(found).unwrap_or((number, key))
    }

    /// A newcomer was told by which epoch members meet; it counts until their logs say so.
    pub(crate) fn meet_by(&mut self, key: Option<[u8; 32]>) {
        self.keys.met_by = key.map(|key| self.id_of_key(&key));
        self.mailbox = self.new_mailbox();
    }

    /// The same, from what is remembered of the mailbox.
    pub(crate) fn meet_as_before(&mut self, mailbox: u32) {
        let mut held = self.keys.by_tag.values();
        let before = held.find(|(number, id, _)| mailbox_number(*number, id) == mailbox);
        if let Some((.., key)) = before {
            self.meet_by(Some(*key));
        }
    }

    /// The mailbox of the epoch that says where members meet.
    pub(crate) fn new_mailbox(&self) -> Mailbox {
        let (number, key) = self.meeting();
        let number = mailbox_number(number, &self.id_of_key(&key));
        Mailbox::new(crypto::room_mailbox(self.record.id, &key), number)
    }

    /// The newest keys by which members meet, the one used first. By all of them members are
    /// answered: whoever was away while the key changed knows an older one only, and comes for the
    /// new one.
    pub(crate) fn meeting_keys(&self) -> Vec<[u8; 32]> {
        let (_, first) = self.meeting();
        self.newest_keys(first, |id| self.is_met_by(id))
    }

    /// Whether a key is one of those by which members meet.
    pub(crate) fn is_meeting_key(&self, key: &[u8; 32]) -> bool {
        self.is_met_by(&self.id_of_key(key))
    }

    fn is_met_by(&self, id: &EpochId) -> bool {
        let meeting = self.membership.meeting(id);
        meeting == *id || self.key_of_id(&meeting).is_none()
    }

    /// The newest epoch keys, the one used first.
    fn epoch_keys(&self) -> Vec<[u8; 32]> {
        let (_, first) = self.epoch();
        self.newest_keys(first, |_| true)
    }

    fn newest_keys(&self, first: [u8; 32], is_meant: impl Fn(&EpochId) -> bool) -> Vec<[u8; 32]> {
        let mut keys: Vec<_> = self.keys.by_tag.values().collect();
        keys.sort_unstable_by_key(|(number, id, _)| std::cmp::Reverse((*number, *id)));
        let rest = keys.into_iter().filter(|(_, id, key)| *key != first && is_meant(id));
        let rest = rest.map(|(_, _, key)| *key);
        std::iter::once(first).chain(rest).take(MAX_EPOCHS_TOLD).collect()
    }

    /// Whether anything was written here after that, by the clocks of who did.
    pub(crate) fn was_written_after(&self, time: Timestamp) -> bool {
        hlc::to_wall(self.last_hlc) > time
    }

    /// The epoch that is written in, if there is one.
    pub(crate) fn writing(&self) -> Option<EpochId> {
        match &self.keys.writing {
            Writing::One(id) => Some(*id),
            Writing::Nothing | Writing::Merged(_) => None,
        }
    }

    /// The epoch that operations with this number and tag belong to.
    pub(super) fn id_of(&self, number: u32, tag: &[u8; 8]) -> Option<EpochId> {
        let (held, id, _) = self.keys.by_tag.get(tag)?;
        (*held == number).then_some(*id)
    }

    /// The key of the epoch that operations with this number and tag belong to.
    pub(super) fn key_of(&self, number: u32, tag: &[u8; 8]) -> Option<[u8; 32]> {
        let (held, _, key) = self.keys.by_tag.get(tag)?;
        (*held == number).then_some(*key)
    }

    fn key_of_id(&self, id: &EpochId) -> Option<(u32, [u8; 32])> {
        let mut held = self.keys.by_tag.values();
        held.find(|(_, held, _)| held == id).map(|(number, _, key)| (*number, *key))
    }

    /// The ids of the epochs held that are newest, of those of which no more is to be asked for.
    pub(crate) fn held_epochs(&self) -> Vec<EpochId> {
        let (_, first) = self.epoch();
        let keys = self.newest_keys(first, |id| !self.lacks_texts(id));
        let ids = keys.into_iter().map(|key| self.id_of_key(&key));
        ids.filter(|id| !self.lacks_texts(id)).collect()
    }

    /// The keys of epochs held here and not among `known`.
    pub(crate) fn keys_without(&self, known: &[EpochId]) -> Vec<[u8; 32]> {
        let known: BTreeSet<_> = known.iter().collect();
        let held = self.keys.by_tag.values().filter(|(_, id, _)| !known.contains(id));
        held.map(|(_, _, key)| *key).collect()
    }

    /// Those of the keys not among `known` that are newer than the oldest of these, or the newest if
    /// none of these is held.
    pub(crate) fn newer_than(&self, known: &[EpochId]) -> Vec<[u8; 32]> {
        let held = self.keys.by_tag.values();
        let oldest = held.filter(|(_, id, _)| known.contains(id)).map(|(number, ..)| *number).min();
        let mut keys = match oldest {
            Some(oldest) => {
                let newer = self.keys.by_tag.values().filter(|(number, ..)| *number > oldest);
                newer.map(|(_, _, key)| *key).collect()
            }
            None => self.epoch_keys(),
        };
        keys.retain(|key| !known.contains(&self.id_of_key(key)));
        keys
    }

    /// Keys that have become known since this was last asked.
    pub(crate) fn take_fresh_keys(&mut self) -> Vec<[u8; 32]> {
        std::mem::take(&mut self.keys.fresh)
    }

    /// Somebody who has a key says what it is; true if it is one an operation spoke of.
    pub(crate) fn learn_key(&mut self, key: [u8; 32]) -> bool {
        let (open, closed) = (crypto::epoch_id(&key), crypto::closed_id(&key));
        for id in [open, closed] {
            if let Some(number) = self.membership.number_of(&id) {
                return self.hold_key(number, Drawn { id, key, first: None });
            }
        }
        if self.held_id(&key).is_none() {
            put_aside(&mut self.keys.offered, open, key);
            put_aside(&mut self.keys.offered_closed, closed, key);
        }
        false
    }

    /// Keeps a key that this device drew, or was sealed for it, until an operation speaks of it.
    pub(crate) fn keep_key(&mut self, drawn: Drawn) {
        if self.key_of_id(&drawn.id).is_some() {
            return self.note_closed(&drawn);
        }
        put_aside(&mut self.keys.sealed, drawn.id, drawn);
    }

    fn note_closed(&mut self, drawn: &Drawn) {
        if drawn.id == crypto::closed_id(&drawn.key) {
            self.texts.hold(drawn.id, drawn.first);
            self.settle_texts(&drawn.id);
        }
    }

    fn hold_key(&mut self, number: u32, drawn: Drawn) -> bool {
        let Drawn { id, key, .. } = drawn;
        self.keys.offered.remove(&id);
        self.keys.offered_closed.remove(&id);
        self.keys.sealed.remove(&id);
        if self.key_of_id(&id).is_some() {
            return false;
        }
        let tag = crypto::room_tag(self.record.id, &key);
        // Whoever let this device in gave it the key, and no operation that names it.
        let is_new = !self.keys.by_tag.contains_key(&tag);
        if is_new && self.record.epochs.len() >= MAX_EPOCHS {
            return false;
        }
        if is_new {
            self.record.epochs.push((number, key));
            self.keys.fresh.push(key);
        }
        self.keys.by_tag.insert(tag, (number, id, key));
        self.note_closed(&drawn);
        true
    }

    /// Takes the keys in that whoever lets this device in gives for texts.
    pub(crate) fn enter_closed(&mut self, texts: &[TextKey]) {
        for text in texts {
            let held = self.keys.by_tag.values().find(|(.., k)| crypto::closed_id(k) == text.epoch);
            if let Some((number, _, key)) = held.copied() {
                self.hold_key(number, Drawn { id: text.epoch, key, first: None });
            }
        }
        self.choose_epoch();
        // What tells whether they are true comes with the logs.
        _ = self.learn_texts(Duration::ZERO, self.me.id, texts);
    }

    /// An operation spoke of an epoch: its key may have come before.
    pub(super) fn hold_offered(&mut self, id: &EpochId, number: u32) -> bool {
        let offered = |offered: &BTreeMap<EpochId, [u8; 32]>| offered.get(id).copied();
        let named = |key| Drawn { id: *id, key, first: None };
        let keys = &self.keys;
        let key = keys.sealed.get(id).copied().or_else(|| {
            let key = offered(&keys.offered).or_else(|| offered(&keys.offered_closed));
            // Or it is held, and taken for that of an open epoch.
            let mistaken = || {
                let mut alike =
                    keys.by_tag.values().filter(|(n, held, _)| *n == number && held != id);
                alike.find(|(.., key)| crypto::closed_id(key) == *id).map(|(.., key)| *key)
            };
            key.or_else(mistaken).map(named)
        });
        key.is_some_and(|key| self.hold_key(number, key))
    }

    /// The number and the key of what `parents` make; `None` if one of them is not held.
    pub(super) fn merge(&self, parents: &[EpochId]) -> Option<(u32, [u8; 32])> {
        let parents: Option<Vec<_>> = parents.iter().map(|id| self.key_of_id(id)).collect();
        let (numbers, keys): (Vec<_>, Vec<_>) = parents?.into_iter().unzip();
        let number = numbers.into_iter().max()?.saturating_add(1);
        Some((number, crypto::merged_key(&keys)))
    }
}

/// What the store calls the mailbox of an epoch: of epochs with one number each has its own.
fn mailbox_number(number: u32, id: &EpochId) -> u32 {
    let [a, b, c, d, ..] = *id;
    if number == 0 { 0 } else { u32::from_le_bytes([a, b, c, d]) }
}

pub(super) fn put_aside<V>(keys: &mut BTreeMap<EpochId, V>, id: EpochId, value: V) {
    keys.insert(id, value);
    if keys.len() > MAX_OFFERED {
        let first = keys.keys().next().copied().filter(|first| *first != id);
        let last = || keys.keys().next_back().copied();
        if let Some(gone) = first.or_else(last) {
            keys.remove(&gone);
        }
    }
}
