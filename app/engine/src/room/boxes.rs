//! What is drawn for an epoch, sealed to everybody who is there: each member finds a box of theirs.

use super::Room;
use crate::{
    EpochId, PeerId, Role, TextChain,
    body::{MAX_STEP, Sealed, SealedKey},
    crypto,
};

/// What is drawn for an epoch, and sealed to everyone who is there.
#[derive(Clone, Copy)]
pub(crate) struct Drawn {
    pub(crate) id: EpochId,
    pub(super) key: [u8; 32],
    /// What texts are locked with at the first step, if it is closed.
    pub(super) first: Option<[u8; 32]>,
}

impl Drawn {
    /// What follows from a secret: the key of an open epoch itself, or of a closed one.
    pub(crate) fn new(secret: &[u8; 32], is_closed: bool) -> Self {
        if is_closed {
            let key = crypto::closed_key(secret);
            Self { id: crypto::closed_id(&key), key, first: Some(crypto::first_text_key(secret)) }
        } else {
            Self { id: crypto::epoch_id(secret), key: *secret, first: None }
        }
    }
}

impl Drawn {
    /// What whoever draws it signs of its text keys, if it is closed.
    pub(crate) fn chain(&self) -> Option<TextChain> {
        self.first.map(|first| chain_of((0, first)))
    }
}

/// What a text key of a step leads to, be it a true one or a false one.
pub(super) fn chain_of((step, key): (u32, [u8; 32])) -> TextChain {
    let last = (step..MAX_STEP).fold(key, |key, _| crypto::next_text_key(&key));
    crypto::text_chain(&last)
}

impl Room {
    /// Looks for this device's key among sealed ones.
    pub(super) fn open_sealed(&mut self, id: &EpochId, sealed: &Sealed) {
        let (tag, key) = crypto::box_keys(&self.me.noise_secret, &sealed.sender_key, id);
        for (_, text, check) in sealed.boxes.iter().filter(|(t, ..)| *t == tag) {
            let text = [text.as_slice(), check].concat();
            let opened = crypto::open(&key, &[0; 12], id, text);
            let Some(secret) = opened.and_then(|key| <[u8; 32]>::try_from(key).ok()) else {
                continue;
            };
            let drawn = [false, true].map(|is_closed| Drawn::new(&secret, is_closed));
            if let Some(drawn) = drawn.into_iter().find(|drawn| drawn.id == *id) {
                self.keep_key(drawn);
            }
        }
    }

    /// Seals what was drawn for an epoch to everyone in the room but this device and `without`.
    pub(crate) fn seal_key(
        &self,
        (id, drawn): (EpochId, &[u8; 32]),
        secret: &[u8; 32],
        without: &[PeerId],
    ) -> Vec<SealedKey> {
        let is_meant = |member: PeerId| {
            member != self.me.id
                && !without.contains(&member)
                && self.membership.role(member) > Role::Removed
        };
        let members = self.members.iter().filter(|member| is_meant(member.id));
        let seal = |noise_key| {
            let (tag, seal_key) = crypto::box_keys(secret, noise_key, &id);
            let mut text = drawn.to_vec();
            crypto::seal(&seal_key, &[0; 12], &id, &mut text);
            let (text, check) = text.split_first_chunk::<32>()?;
            Some((tag, *text, check.try_into().ok()?))
        };
        members.filter_map(|member| seal(&member.noise_key)).collect()
    }
}
