//! The epochs of a room: who made them, and whom they leave out.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use super::Membership;
use crate::{EpochId, EpochRecord, PeerId, Role, TextChain, Timestamp, hlc};

/// Merges of merges are followed no further: each needs somebody who changed the key at the same
/// time as others, again and again.
const MAX_DEPTH: u32 = 16;

/// Somebody was removed, and every key held is known to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NoKey;

/// Where an epoch comes from.
#[derive(Debug)]
enum Origin {
    /// An admin drew it.
    Made {
        by: PeerId,
        seq: u64,
        seen: BTreeMap<PeerId, u64>,
        /// When, by the clock of who did.
        at: u64,
        /// Which one it renews, if that is all it does.
        renews: Option<EpochId>,
        /// What its text keys are known by, if it is closed.
        chain: Option<TextChain>,
    },
    /// It follows from others.
    Merged(Vec<EpochId>),
}

/// All epochs members' logs speak of.
#[derive(Debug, Default)]
pub(super) struct Epochs {
    all: BTreeMap<EpochId, (u32, Origin)>,
}

impl Epochs {
    pub(super) fn insert_made(
        &mut self,
        (by, seq, at): (PeerId, u64, u64),
        epoch: &EpochRecord,
        renews: Option<EpochId>,
        chain: Option<TextChain>,
    ) {
        let seen = epoch.seen.iter().copied().collect();
        let origin = Origin::Made { by, seq, seen, at, renews, chain };
        // An id is a hash of a key: whoever names it second has it from the first.
        self.all.entry(epoch.id).or_insert((epoch.number, origin));
    }

    pub(super) fn insert_merged(&mut self, id: EpochId, number: u32, parents: &[EpochId]) {
        self.all.entry(id).or_insert_with(|| (number, Origin::Merged(parents.to_vec())));
    }

    pub(super) fn number_of(&self, id: &EpochId) -> Option<u32> {
        self.all.get(id).map(|(number, _)| *number)
    }

    /// The epoch whose key says where members meet: this one, or the one it renews.
    pub(super) fn meeting(&self, id: &EpochId) -> EpochId {
        let mut id = *id;
        while let Some((number, Origin::Made { renews: Some(before), .. })) = self.all.get(&id) {
            // Ever older ones: it comes to an end whatever an admin writes.
            if self.number_of(before).unwrap_or_default() >= *number {
                break;
            }
            id = *before;
        }
        id
    }

    /// What its text keys are known by.
    fn chain(&self, id: &EpochId) -> Option<TextChain> {
        match &self.all.get(id)?.1 {
            Origin::Made { chain, .. } => *chain,
            Origin::Merged(_) => None,
        }
    }

    /// When it was made, by the clock of who did; `None` for the first one of a room.
    pub(super) fn made_at(&self, id: &EpochId, depth: u32) -> Option<u64> {
        match &self.all.get(id)?.1 {
            Origin::Made { at, .. } => Some(*at),
            Origin::Merged(parents) => {
                let depth = depth.checked_sub(1)?;
                parents.iter().filter_map(|parent| self.made_at(parent, depth)).max()
            }
        }
    }

    pub(super) fn highest(&self) -> u32 {
        self.all.values().map(|(number, _)| *number).max().unwrap_or_default()
    }

    pub(super) fn is_valid(&self, id: &EpochId, governs: &dyn Fn(PeerId, u64) -> bool) -> bool {
        self.holds(id, MAX_DEPTH, &|origin| match origin {
            Origin::Made { by, seq, .. } => Some(governs(*by, *seq)),
            Origin::Merged(_) => None,
        })
    }

    /// Whether `made` holds for the epoch, or, if it was merged, for every parent.
    fn holds(&self, id: &EpochId, depth: u32, made: &dyn Fn(&Origin) -> Option<bool>) -> bool {
        let (Some((_, origin)), Some(depth)) = (self.all.get(id), depth.checked_sub(1)) else {
            // The first epoch of a room is in no operation.
            return true;
        };
        match (made(origin), origin) {
            (Some(holds), _) => holds,
            (None, Origin::Merged(parents)) => {
                parents.iter().all(|parent| self.holds(parent, depth, made))
            }
            (None, Origin::Made { .. }) => false,
        }
    }

    /// Whether the epoch was made without somebody who was removed by these.
    fn leaves_out(&self, id: &EpochId, removed_by: &[(PeerId, u64)], depth: u32) -> bool {
        let (Some((_, origin)), Some(depth)) = (self.all.get(id), depth.checked_sub(1)) else {
            return false;
        };
        match origin {
            Origin::Made { by, seq, seen, .. } => removed_by.iter().any(|(remover, at)| {
                let seen = seen.get(remover).is_some_and(|height| height >= at);
                seen || (remover == by && at <= seq)
            }),
            Origin::Merged(parents) => {
                parents.iter().any(|parent| self.leaves_out(parent, removed_by, depth))
            }
        }
    }

    /// Of `valid`, the newest that leaves all of `removals` out; else, together, those that do.
    pub(super) fn choose(
        &self,
        valid: &[(u32, EpochId)],
        removals: &[&[(PeerId, u64)]],
    ) -> Result<Vec<EpochId>, NoKey> {
        let mut newest: Vec<_> = valid.to_vec();
        // Of a renewal and another change at the same time the other one: it moves where members meet.
        newest
            .sort_unstable_by_key(|(number, id)| Reverse((*number, self.meeting(id) == *id, *id)));
        let leaves_out =
            |id: &EpochId, removal: &[(PeerId, u64)]| self.leaves_out(id, removal, MAX_DEPTH);
        let clean = newest.iter().find(|(_, id)| removals.iter().all(|r| leaves_out(id, r)));
        if let Some((_, id)) = clean {
            return Ok(vec![*id]);
        }
        let mut parents = BTreeSet::new();
        for removal in removals {
            let parent = newest.iter().find(|(_, id)| leaves_out(id, removal));
            parents.insert(parent.ok_or(NoKey)?.1);
        }
        Ok(parents.into_iter().collect())
    }
}

impl Membership {
    /// Whether an epoch was made by somebody who might, or of such epochs.
    fn is_valid(&self, id: &EpochId) -> bool {
        self.epochs.is_valid(id, &|by, seq| self.governs(by, seq))
    }

    /// The number of an epoch that an operation of a member speaks of, whether or not it may be
    /// written in.
    pub(crate) fn number_of(&self, id: &EpochId) -> Option<u32> {
        self.epochs.number_of(id)
    }

    /// The epoch whose key says where members meet: this one, or the one it renews.
    pub(crate) fn meeting(&self, id: &EpochId) -> EpochId {
        self.epochs.meeting(id)
    }

    /// What an epoch's text keys are known by, as whoever made it signed; nothing before an operation
    /// speaks of it.
    pub(crate) fn chain(&self, id: &EpochId) -> Option<TextChain> {
        self.epochs.chain(id)
    }

    /// When an epoch was made, by the clock of who did.
    pub(crate) fn made_at(&self, id: &EpochId) -> Timestamp {
        hlc::to_wall(self.epochs.made_at(id, MAX_DEPTH).unwrap_or(self.began_at))
    }

    /// The highest number of an epoch.
    pub(crate) fn highest_epoch(&self) -> u32 {
        self.epochs.highest()
    }

    /// Which of the epochs held is to be written in: the newest whose key nobody has who was
    /// removed; else several, of whose keys one is to be made.
    ///
    /// # Errors
    ///
    /// [`NoKey`] if somebody was removed whom every key held is known to.
    pub(crate) fn epoch_to_write_in(&self, held: &[(u32, EpochId)]) -> Result<Vec<EpochId>, NoKey> {
        let removals = self.standings.values().filter(|s| s.role == Role::Removed);
        let removals: Vec<_> =
            removals.map(|s| s.removed_by.as_slice()).filter(|by| !by.is_empty()).collect();
        let valid: Vec<_> =
            held.iter().filter(|(number, id)| *number == 0 || self.is_valid(id)).copied().collect();
        self.epochs.choose(&valid, &removals)
    }
}
