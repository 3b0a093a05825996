//! Who may do what in a room, worked out from its control operations: the same on every device,
//! in whatever order they arrived.
//!
//! The owner's log alone says who is an admin, and for which part of their log. What owner and
//! admins do to members applies in the order of ranks, and everyone's own place follows. So
//! nothing depends on a clock but the ends of invites.

mod epochs;
mod invites;
mod options;
mod selves;
mod standing;

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    Control, ControlRecord, InviteId, PeerId, Role, RoleChange, RoomOptions, Timestamp, hlc,
};
use epochs::Epochs;
pub(crate) use epochs::NoKey;
pub use invites::InviteState;
pub(crate) use options::Keeping;
use options::Switches;
pub(crate) use selves::MAX_SELVES;
use selves::Selves;
use standing::Standing;

/// The most controls of one author that count, besides joins: a public room whose admin makes a new
/// invite every hour for three months.
const MAX_CONTROLS_PER_AUTHOR: usize = 2_048;

/// What an invite allows, as its author wrote it.
#[derive(Debug, Clone, Copy)]
struct Terms {
    by: PeerId,
    seq: u64,
    role: Role,
    expires_at: Option<Timestamp>,
    max_uses: Option<u32>,
    reads_before: bool,
}

/// The place of a change in the order in which changes apply: rank, author, place in the log.
type Place = (u64, PeerId, u64);

/// The rules of one room.
#[derive(Debug)]
pub(crate) struct Membership {
    owner: PeerId,
    joins: BTreeMap<PeerId, (InviteId, u64)>,
    joins_by_invite: BTreeMap<InviteId, BTreeSet<(u64, PeerId)>>,
    terms: BTreeMap<InviteId, Terms>,
    revocations: Vec<(InviteId, PeerId, u64, u64)>,
    /// Changes of roles, by themselves or with a new epoch.
    changes: BTreeMap<Place, Vec<RoleChange>>,
    epochs: Epochs,
    switches: Switches,
    options: RoomOptions,
    keeping: Keeping,
    counts: BTreeMap<PeerId, usize>,
    /// For which parts of whose logs the owner made them admins: after, up to.
    offices: BTreeMap<PeerId, Vec<(u64, u64)>>,
    /// When invites were revoked, by the clock of who did it.
    revoked: BTreeMap<InviteId, u64>,
    standings: BTreeMap<PeerId, Standing>,
    /// From where on logs do not count because their authors wrote two of them.
    forks: BTreeMap<PeerId, u64>,
    /// Where their authors say that they leave,
    leaves: BTreeMap<PeerId, u64>,
    /// and those for whom that counts.
    gone: BTreeSet<PeerId>,
    /// Who says whom to be another device of the same person.
    selves: Selves,
    /// Where logs end that end somewhere: few among many.
    ends: BTreeMap<PeerId, u64>,
    highest_rank: u64,
    /// Where in each log the last operation stands that others may depend on.
    rules: BTreeMap<PeerId, u64>,
    /// When the owner first governed: with the room's first invite.
    began_at: u64,
}

impl Membership {
    pub(crate) fn new(owner: PeerId) -> Self {
        Self {
            owner,
            joins: BTreeMap::new(),
            joins_by_invite: BTreeMap::new(),
            terms: BTreeMap::new(),
            revocations: Vec::new(),
            changes: BTreeMap::new(),
            epochs: Epochs::default(),
            switches: Switches::default(),
            options: RoomOptions::default(),
            keeping: Keeping::default(),
            counts: BTreeMap::new(),
            offices: BTreeMap::new(),
            revoked: BTreeMap::new(),
            standings: BTreeMap::new(),
            forks: BTreeMap::new(),
            leaves: BTreeMap::new(),
            gone: BTreeSet::new(),
            selves: Selves::default(),
            ends: BTreeMap::new(),
            highest_rank: 0,
            rules: BTreeMap::new(),
            began_at: u64::MAX,
        }
    }

    /// The rules that follow from what the store remembers.
    pub(crate) fn restore(owner: PeerId, records: &[ControlRecord]) -> Self {
        let mut membership = Self::new(owner);
        for record in records {
            membership.insert(record);
        }
        membership.review();
        membership
    }

    /// Takes one more operation in; gives those whose role it may have changed.
    pub(crate) fn add(&mut self, record: &ControlRecord) -> BTreeMap<PeerId, Role> {
        if let Control::Join { invite } = record.control
            && !self.standings.contains_key(&record.by)
            && self.terms.get(&invite).is_none_or(|terms| terms.max_uses.is_none())
        {
            // Somebody more changes nobody else's place: rooms with thousands stay fast.
            self.insert(record);
            let role = self.role_at_entry(record.by);
            self.set_standing(record.by, Standing::new(role));
            return BTreeMap::from([(record.by, role)]);
        }
        if record.control == Control::Leave {
            // Nor does somebody less.
            self.insert(record);
            self.note_leave(record.by, record.seq);
            return BTreeMap::from([(record.by, self.role(record.by))]);
        }
        if let Control::Same { other, .. } = record.control {
            self.insert(record);
            let mut others = self.review_selves();
            others.extend([record.by, other]);
            return others.into_iter().map(|peer| (peer, self.role(peer))).collect();
        }
        let before = self.roles();
        self.insert(record);
        let others = self.review();
        let after = self.roles();
        let is_other = |(peer, role): &(PeerId, Role)| before.get(peer) != Some(role);
        let mut changed: BTreeMap<_, _> = after.into_iter().filter(is_other).collect();
        changed.extend(others.into_iter().map(|peer| (peer, self.role(peer))));
        changed
    }

    fn set_standing(&mut self, peer: PeerId, standing: Standing) {
        if standing.end < u64::MAX {
            self.ends.insert(peer, standing.end);
        }
        self.standings.insert(peer, standing);
    }

    /// Ends a log where its author left, unless it ended before.
    fn note_leave(&mut self, peer: PeerId, seq: u64) {
        let end = self.ends.entry(peer).or_insert(u64::MAX);
        if seq <= *end {
            *end = seq;
            self.gone.insert(peer);
        }
    }

    fn roles(&self) -> BTreeMap<PeerId, Role> {
        self.joins.keys().map(|peer| (*peer, self.role(*peer))).collect()
    }

    fn insert(&mut self, record: &ControlRecord) {
        let (by, seq) = (record.by, record.seq);
        if by == self.owner {
            self.began_at = self.began_at.min(record.hlc);
        }
        if !matches!(record.control, Control::Join { .. } | Control::Leave | Control::Same { .. }) {
            let count = self.counts.entry(by).or_default();
            if *count >= MAX_CONTROLS_PER_AUTHOR && by != self.owner {
                return;
            }
            *count = count.saturating_add(1);
            if !matches!(record.control, Control::Fork { .. }) {
                let up_to = self.rules.entry(by).or_default();
                *up_to = seq.max(*up_to);
            }
        }
        match &record.control {
            Control::Join { invite } => {
                self.joins.insert(by, (*invite, record.hlc));
                self.joins_by_invite.entry(*invite).or_default().insert((record.hlc, by));
            }
            Control::Invite { invite, role, expires_at, max_uses, reads_before } => {
                let (role, expires_at, max_uses) = (*role, *expires_at, *max_uses);
                let reads_before = *reads_before;
                let terms = Terms { by, seq, role, expires_at, max_uses, reads_before };
                self.terms.entry(*invite).or_insert(terms);
            }
            Control::SetRole(change) => {
                self.changes.insert((change.rank, by, seq), vec![*change]);
                self.highest_rank = self.highest_rank.max(change.rank);
            }
            Control::Epoch(epoch, chain) => {
                let removed = epoch.removed.iter().map(|&(member, up_to)| {
                    let (from, to, rank) = (Role::Member, Role::Removed, epoch.rank);
                    RoleChange { member, from, to, up_to, rank }
                });
                self.changes.insert((epoch.rank, by, seq), removed.collect());
                self.highest_rank = self.highest_rank.max(epoch.rank);
                let revoked = epoch.revoked.iter().map(|invite| (*invite, by, seq, record.hlc));
                self.revocations.extend(revoked);
                self.epochs.insert_made((by, seq, record.hlc), epoch, None, *chain);
            }
            Control::Fork { author, seq } => {
                let first = self.forks.entry(*author).or_insert(*seq);
                *first = (*first).min(*seq);
            }
            Control::Same { other, is_so } => self.selves.insert(by, seq, *other, *is_so),
            Control::Leave => _ = self.leaves.entry(by).or_insert(seq),
            Control::Merge { id, number, parents } => {
                self.epochs.insert_merged(*id, *number, parents);
            }
            Control::Renewal { epoch, before, chain } => {
                let at = (by, seq, record.hlc);
                self.epochs.insert_made(at, epoch, Some(*before), *chain);
            }
            Control::Option(change) => {
                self.switches.insert((change.rank, by, seq), *change, record.hlc);
                self.highest_rank = self.highest_rank.max(change.rank);
            }
        }
    }

    /// Works everything out anew; gives those who are of another person than before.
    fn review(&mut self) -> BTreeSet<PeerId> {
        let owners_end = self.forks.get(&self.owner).copied().unwrap_or(u64::MAX);
        self.offices = standing::offices(self.owner, owners_end, &self.changes);
        self.revoked.clear();
        for (invite, by, seq, at) in self.revocations.clone() {
            if self.governs(by, seq) {
                let first = self.revoked.entry(invite).or_insert(at);
                *first = at.min(*first);
            }
        }
        let mut standings = BTreeMap::new();
        for peer in self.joins.keys() {
            standings.insert(*peer, Standing::new(self.role_at_entry(*peer)));
        }
        for ((_, by, seq), changes) in &self.changes {
            if !self.governs(*by, *seq) {
                continue;
            }
            for change in changes {
                let is_above = *by == self.owner
                    || (change.to < Role::Admin && !self.is_in_office(change.member));
                if change.member != self.owner && change.member != *by && is_above {
                    let standing = standings
                        .entry(change.member)
                        .or_insert_with(|| Standing::new(Role::Member));
                    standing.apply(change, (*by, *seq));
                }
            }
        }
        (self.options, self.keeping) = self.switches.result(|by, seq| self.governs(by, seq));
        self.standings.clear();
        self.ends.clear();
        for (peer, standing) in standings {
            self.set_standing(peer, standing);
        }
        for (peer, seq) in &self.forks {
            let end = self.ends.entry(*peer).or_insert(u64::MAX);
            *end = seq.saturating_sub(1).min(*end);
        }
        self.gone.clear();
        for (peer, seq) in self.leaves.clone() {
            self.note_leave(peer, seq);
        }
        self.review_selves()
    }

    /// What a join makes of somebody.
    fn role_at_entry(&self, peer: PeerId) -> Role {
        let Some((invite, at)) = self.joins.get(&peer) else { return Role::Member };
        // Known from a screen only; whoever let this device in has more to tell.
        let Some(terms) = self.terms.get(invite) else { return Role::Member };
        if !self.admits(*invite, terms, *at) {
            return Role::Removed;
        }
        let has_place = terms.max_uses.is_none_or(|most| {
            let before = self.joins_by_invite.get(invite).into_iter().flatten();
            let before = before.take_while(|join| **join < (*at, peer));
            let before = before.filter(|(at, _)| self.admits(*invite, terms, *at));
            before.take(most as usize).count() < most as usize
        });
        if has_place { terms.role.min(Role::Member) } else { Role::Removed }
    }

    fn admits(&self, invite: InviteId, terms: &Terms, at: u64) -> bool {
        self.governs(terms.by, terms.seq)
            && terms.expires_at.is_none_or(|end| end > hlc::to_wall(at))
            && self.revoked.get(&invite).is_none_or(|end| *end > at)
    }

    /// Whether this place in a log is one where its author may govern.
    fn governs(&self, by: PeerId, seq: u64) -> bool {
        let is_in = |spans: &Vec<(u64, u64)>| spans.iter().any(|(a, b)| seq > *a && seq <= *b);
        let is_forked = self.forks.get(&by).is_some_and(|fork| seq >= *fork);
        !is_forked && (by == self.owner || self.offices.get(&by).is_some_and(is_in))
    }

    /// Where in a log the last operation stands that what others wrote may depend on: an invite, a
    /// role, a key.
    pub(crate) fn rules_up_to(&self, peer: PeerId) -> u64 {
        self.rules.get(&peer).copied().unwrap_or_default()
    }

    /// Whether the owner ever made this peer an admin, whatever became of it: what they write of
    /// epochs and invites is kept, so that everyone can read what was written in them.
    pub(crate) fn was_admin(&self, peer: PeerId) -> bool {
        peer == self.owner || self.offices.contains_key(&peer)
    }

    /// What a peer may do.
    pub(crate) fn role(&self, peer: PeerId) -> Role {
        if self.has_left(peer) {
            return Role::Removed;
        }
        if peer == self.owner {
            return Role::Owner;
        }
        let role = self.standings.get(&peer).map_or(Role::Member, |standing| standing.role);
        if role > Role::Removed && self.is_in_office(peer) { Role::Admin } else { role }
    }

    /// Whether somebody left by themselves: for good, whatever others make of them.
    pub(crate) fn has_left(&self, peer: PeerId) -> bool {
        self.gone.contains(&peer)
    }

    /// Whether somebody is an admin to this day.
    fn is_in_office(&self, peer: PeerId) -> bool {
        let spans = self.offices.get(&peer);
        spans.and_then(|spans| spans.last()).is_some_and(|(_, up_to)| *up_to == u64::MAX)
    }

    /// Whether somebody removed a peer; who only came by an invite that was over may not have been
    /// noticed, or be let in yet.
    pub(crate) fn was_removed(&self, peer: PeerId) -> bool {
        let standing = self.standings.get(&peer);
        standing.is_some_and(|s| s.role == Role::Removed && !s.removed_by.is_empty())
    }

    /// Up to where a log counts.
    pub(crate) fn end_of_log(&self, peer: PeerId) -> u64 {
        self.ends.get(&peer).copied().unwrap_or(u64::MAX)
    }

    /// Whether what stands at this place of a log is shown; `is_text` if it says something.
    pub(crate) fn is_shown(&self, peer: PeerId, seq: u64, is_text: bool) -> bool {
        self.forks.get(&peer).is_none_or(|fork| seq < *fork)
            && self.standings.get(&peer).is_none_or(|standing| standing.shows(seq, is_text))
    }

    /// From where on a log does not count because its author wrote two.
    pub(crate) fn fork_of(&self, peer: PeerId) -> Option<u64> {
        self.forks.get(&peer).copied()
    }

    /// The rank of the next change.
    pub(crate) fn next_rank(&self) -> u64 {
        self.highest_rank.saturating_add(1)
    }

    /// The options of the room.
    pub(crate) fn options(&self) -> RoomOptions {
        self.options
    }

    /// How long texts were kept so far.
    pub(crate) fn keeping(&self) -> &Keeping {
        &self.keeping
    }

    /// Everyone who may change who may do what, or once might.
    pub(crate) fn admins_ever(&self) -> impl Iterator<Item = PeerId> {
        std::iter::once(self.owner).chain(self.offices.keys().copied())
    }

    /// Members who joined by an invite that was over, and whom nobody has removed.
    pub(crate) fn uninvited(&self) -> impl Iterator<Item = PeerId> {
        let removed = self.standings.iter().filter(|(peer, standing)| {
            let is_out = standing.role == Role::Removed && standing.removed_by.is_empty();
            is_out && !self.is_in_office(**peer)
        });
        removed.map(|(peer, _)| *peer)
    }
}
