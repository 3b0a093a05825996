//! Which members are devices of one person: those who say so of each other.

use std::collections::{BTreeMap, BTreeSet};

use super::Membership;
use crate::{Bond, PeerId};

/// The most devices of one person: a phone, a tablet and two computers, twice.
pub(crate) const MAX_SELVES: usize = 8;

/// The most statements of one author that count: each device linked, and taken back, four times.
const MAX_CLAIMS: usize = 64;

/// What everybody says of themselves, and what follows.
#[derive(Debug, Default)]
pub(super) struct Selves {
    /// By author and whom they speak of: at which places in the log they say what.
    claims: BTreeMap<PeerId, BTreeMap<PeerId, Vec<(u64, bool)>>>,
    counts: BTreeMap<PeerId, usize>,
    /// Those who are linked, and the one who stands for them.
    persons: BTreeMap<PeerId, PeerId>,
}

impl Selves {
    /// Takes a statement in. They come in the order of their author's log.
    pub(super) fn insert(&mut self, by: PeerId, seq: u64, other: PeerId, is_so: bool) {
        let count = self.counts.entry(by).or_default();
        if *count < MAX_CLAIMS {
            *count = count.saturating_add(1);
            self.claims.entry(by).or_default().entry(other).or_default().push((seq, is_so));
        }
    }

    /// What `by` last says of `other`, where logs end as `end` says.
    pub(super) fn says(
        &self,
        by: PeerId,
        other: PeerId,
        end: &dyn Fn(PeerId) -> u64,
    ) -> Option<bool> {
        let said = self.claims.get(&by)?.get(&other)?;
        let counts = said.iter().rev().find(|(seq, _)| *seq <= end(by));
        counts.map(|(_, is_so)| *is_so)
    }

    /// Works out anew who is one person; gives those for whom something is different. Of those
    /// linked, the one that comes first in `order` stands for all.
    pub(super) fn review(
        &mut self,
        end: &dyn Fn(PeerId) -> u64,
        order: &dyn Fn(PeerId) -> (bool, u64, PeerId),
    ) -> BTreeSet<PeerId> {
        let is_said = |a, b| self.says(a, b, end) == Some(true);
        let mut groups: Vec<BTreeSet<PeerId>> = Vec::new();
        // In the order of keys, so that who comes when there are too many is no matter of arrival.
        for (a, others) in &self.claims {
            for b in others.keys().filter(|b| a < b && is_said(*a, **b) && is_said(**b, *a)) {
                let of = |peer| groups.iter().position(|group| group.contains(peer));
                let (of_a, of_b) = (of(a), of(b));
                let size =
                    |at: Option<usize>| at.and_then(|at| groups.get(at)).map_or(1, BTreeSet::len);
                if of_a == of_b && of_a.is_some()
                    || size(of_a).saturating_add(size(of_b)) > MAX_SELVES
                {
                    continue;
                }
                let mut joined = BTreeSet::from([*a, *b]);
                let mut parts = [of_a, of_b];
                parts.sort_unstable();
                for at in parts.into_iter().rev().flatten() {
                    joined.extend(groups.swap_remove(at));
                }
                groups.push(joined);
            }
        }
        let mut persons = BTreeMap::new();
        for group in groups {
            if let Some(first) = group.iter().copied().min_by_key(|peer| order(*peer)) {
                persons.extend(group.into_iter().map(|peer| (peer, first)));
            }
        }
        let before = std::mem::replace(&mut self.persons, persons);
        let all = before.keys().chain(self.persons.keys());
        all.filter(|peer| before.get(peer) != self.persons.get(peer)).copied().collect()
    }

    /// Who stands for all devices of a person; a device that is linked to none, for itself.
    pub(super) fn person(&self, peer: PeerId) -> PeerId {
        self.persons.get(&peer).copied().unwrap_or(peer)
    }

    /// All devices of a person, if there are several.
    pub(super) fn devices(&self, peer: PeerId) -> impl Iterator<Item = PeerId> {
        let person = self.persons.get(&peer).copied();
        self.persons.iter().filter(move |(_, p)| Some(**p) == person).map(|(peer, _)| *peer)
    }

    /// Whether anybody says anything of this kind.
    pub(super) fn is_empty(&self) -> bool {
        self.claims.is_empty()
    }
}

impl Membership {
    pub(super) fn review_selves(&mut self) -> BTreeSet<PeerId> {
        if self.selves.is_empty() {
            return BTreeSet::new();
        }
        let mut selves = std::mem::take(&mut self.selves);
        let end = |peer: PeerId| self.end_of_log(peer);
        let joined = |peer: &PeerId| self.joins.get(peer).map_or(u64::MAX, |(_, at)| *at);
        // The owner first, then whoever joined first.
        let order = |peer: PeerId| (peer != self.owner, joined(&peer), peer);
        let changed = selves.review(&end, &order);
        self.selves = selves;
        changed
    }

    /// Who stands for all devices of a person, this one among them.
    pub(crate) fn person(&self, peer: PeerId) -> PeerId {
        self.selves.person(peer)
    }

    /// All devices of a member's person.
    pub(crate) fn devices(&self, peer: PeerId) -> Vec<PeerId> {
        let linked: Vec<_> = self.selves.devices(peer).collect();
        if linked.is_empty() { vec![peer] } else { linked }
    }

    /// What somebody last says of another: whether it is a device of the same person.
    pub(crate) fn says_self(&self, by: PeerId, other: PeerId) -> Option<bool> {
        self.selves.says(by, other, &|peer| self.end_of_log(peer))
    }

    /// What `me` and another member say of each other.
    pub(crate) fn bond(&self, me: PeerId, other: PeerId) -> Bond {
        match (self.says_self(me, other), self.says_self(other, me)) {
            (Some(true), Some(true)) => Bond::Linked,
            (Some(true), _) => Bond::Asked,
            (Some(false), Some(true)) => Bond::Declined,
            (None, Some(true)) => Bond::Asks,
            _ => Bond::None,
        }
    }
}
