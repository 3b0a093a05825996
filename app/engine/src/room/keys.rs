//! The keys of a room's epochs: which are held, and which one is written in.

use std::collections::{BTreeMap, BTreeSet};

use super::Room;
use crate::{
    EpochId, PeerId, Role, Timestamp,
    body::{Sealed, SealedKey},
    crypto, hlc,
    mailbox::Mailbox,
    membership::NoKey,
    wire::{MAX_EPOCHS, MAX_EPOCHS_TOLD},
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
    /// and as whoever governs the room sealed them: those no member can push out.
    sealed: BTreeMap<EpochId, [u8; 32]>,
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
                (tag, (*number, crypto::epoch_id(key), *key))
            })
            .collect();
        self.choose_epoch();
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
        let meeting = self.membership.meeting(&crypto::epoch_id(&key));
        let found = self.key_of_id(&meeting);
        let is_known = found.is_some_and(|(number, _)| number == 0)
            || self.membership.number_of(&meeting).is_some();
        let told = self.keys.met_by.filter(|_| !is_known).and_then(|id| self.key_of_id(&id));
        told.or(found).unwrap_or((number, key))
    }

    /// A newcomer was told by which epoch members meet; it counts until their logs say so.
    pub(crate) fn meet_by(&mut self, epoch: Option<EpochId>) {
        self.keys.met_by = epoch;
        self.mailbox = self.new_mailbox();
    }

    /// The same, from what is remembered of the mailbox.
    pub(crate) fn meet_as_before(&mut self, mailbox: u32) {
        let mut held = self.keys.by_tag.values();
        let before = held.find(|(number, id, _)| mailbox_number(*number, id) == mailbox);
        if let Some((_, id, _)) = before {
            self.meet_by(Some(*id));
        }
    }

    /// The mailbox of the epoch that says where members meet.
    pub(crate) fn new_mailbox(&self) -> Mailbox {
        let (number, key) = self.meeting();
        let number = mailbox_number(number, &crypto::epoch_id(&key));
        Mailbox::new(crypto::room_mailbox(self.record.id, &key), number)
    }

    /// The newest keys by which members meet, the one used first. By all of them members are
    /// answered: whoever was away while the key changed knows an older one only, and comes for the
    /// new one.
    pub(crate) fn meeting_keys(&self) -> Vec<[u8; 32]> {
        let (_, first) = self.meeting();
        self.newest_keys(first, |id| self.is_met_by(id))
    }

    /// Whether an epoch is one of those by whose keys members meet.
    pub(crate) fn is_met_by(&self, id: &EpochId) -> bool {
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

    /// The ids of the epochs held that are newest, and how many there are.
    pub(crate) fn held_epochs(&self) -> Vec<EpochId> {
        self.epoch_keys().iter().map(crypto::epoch_id).collect()
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
        keys.retain(|key| !known.contains(&crypto::epoch_id(key)));
        keys
    }

    /// Keys that have become known since this was last asked.
    pub(crate) fn take_fresh_keys(&mut self) -> Vec<[u8; 32]> {
        std::mem::take(&mut self.keys.fresh)
    }

    /// Somebody who has a key says what it is; true if it is one an operation spoke of.
    pub(crate) fn learn_key(&mut self, key: [u8; 32]) -> bool {
        let id = crypto::epoch_id(&key);
        match self.membership.number_of(&id) {
            Some(number) => self.hold_key(number, key),
            None => {
                if self.key_of_id(&id).is_none() {
                    put_aside(&mut self.keys.offered, id, key);
                }
                false
            }
        }
    }

    /// Keeps a key that this device drew, or was sealed for it, until an operation speaks of it.
    pub(crate) fn keep_key(&mut self, key: [u8; 32]) {
        put_aside(&mut self.keys.sealed, crypto::epoch_id(&key), key);
    }

    fn hold_key(&mut self, number: u32, key: [u8; 32]) -> bool {
        let id = crypto::epoch_id(&key);
        self.keys.offered.remove(&id);
        self.keys.sealed.remove(&id);
        if self.key_of_id(&id).is_some() || self.record.epochs.len() >= MAX_EPOCHS {
            return false;
        }
        self.record.epochs.push((number, key));
        self.keys.fresh.push(key);
        let tag = crypto::room_tag(self.record.id, &key);
        self.keys.by_tag.insert(tag, (number, id, key));
        true
    }

    /// An operation spoke of an epoch: its key may have come before.
    pub(super) fn hold_offered(&mut self, id: &EpochId, number: u32) -> bool {
        let key = self.keys.sealed.get(id).or_else(|| self.keys.offered.get(id)).copied();
        key.is_some_and(|key| self.hold_key(number, key))
    }

    /// The number and the key of what `parents` make; `None` if one of them is not held.
    pub(super) fn merge(&self, parents: &[EpochId]) -> Option<(u32, [u8; 32])> {
        let parents: Option<Vec<_>> = parents.iter().map(|id| self.key_of_id(id)).collect();
        let (numbers, keys): (Vec<_>, Vec<_>) = parents?.into_iter().unzip();
        let number = numbers.into_iter().max()?.saturating_add(1);
        Some((number, crypto::merged_key(&keys)))
    }

    /// Looks for this device's key among sealed ones.
    pub(super) fn open_sealed(&mut self, id: &EpochId, sealed: &Sealed) {
        let (tag, key) = crypto::box_keys(&self.me.noise_secret, &sealed.sender_key, id);
        for (_, text, check) in sealed.boxes.iter().filter(|(t, ..)| *t == tag) {
            let text = [text.as_slice(), check].concat();
            let opened = crypto::open(&key, &[0; 12], id, text);
            let opened = opened.and_then(|key| <[u8; 32]>::try_from(key).ok());
            if let Some(key) = opened.filter(|key| crypto::epoch_id(key) == *id) {
                self.keep_key(key);
            }
        }
    }

    /// Seals a key to everyone in the room but this device and `without`.
    pub(crate) fn seal_key(
        &self,
        key: &[u8; 32],
        secret: &[u8; 32],
        without: &[PeerId],
    ) -> Vec<SealedKey> {
        let id = crypto::epoch_id(key);
        let is_meant = |member: PeerId| {
            member != self.me.id
                && !without.contains(&member)
                && self.membership.role(member) > Role::Removed
        };
        let members = self.members.iter().filter(|member| is_meant(member.id));
        let seal = |noise_key| {
            let (tag, seal_key) = crypto::box_keys(secret, noise_key, &id);
            let mut text = key.to_vec();
            crypto::seal(&seal_key, &[0; 12], &id, &mut text);
            let (text, check) = text.split_first_chunk::<32>()?;
            Some((tag, *text, check.try_into().ok()?))
        };
        members.filter_map(|member| seal(&member.noise_key)).collect()
    }
}

/// What the store calls the mailbox of an epoch: of epochs with one number each has its own.
fn mailbox_number(number: u32, id: &EpochId) -> u32 {
    let [a, b, c, d, ..] = *id;
    if number == 0 { 0 } else { u32::from_le_bytes([a, b, c, d]) }
}

fn put_aside(keys: &mut BTreeMap<EpochId, [u8; 32]>, id: EpochId, key: [u8; 32]) {
    keys.insert(id, key);
    if keys.len() > MAX_OFFERED {
        let first = keys.keys().next().copied().filter(|first| *first != id);
        let last = || keys.keys().next_back().copied();
        if let Some(gone) = first.or_else(last) {
            keys.remove(&gone);
        }
    }
}
