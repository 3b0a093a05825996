//! What became of one member, and of admins.

use std::collections::BTreeMap;

use super::Place;
use crate::{PeerId, Role, RoleChange};

/// Everyone's first operation says who they are: it stays, whoever they turn out to be, so that all
/// devices know the same people.
const JOIN: u64 = 1;

/// One member's place in a room.
#[derive(Debug)]
pub(super) struct Standing {
    pub(super) role: Role,
    /// Up to where their log counts; beyond, nothing is even kept.
    pub(super) end: u64,
    /// Who removed them, where: of those who did at the same time, each.
    pub(super) removed_by: Vec<(PeerId, u64)>,
    /// Parts of the log written while removed, and while muted: after, up to.
    removed: Vec<(u64, u64)>,
    muted: Vec<(u64, u64)>,
}

impl Standing {
    /// As what somebody begins.
    pub(super) fn new(role: Role) -> Self {
        let mut standing = Self {
            role,
            end: u64::MAX,
            removed_by: Vec::new(),
            removed: Vec::new(),
            muted: Vec::new(),
        };
        match role {
            Role::Removed => {
                standing.end = JOIN;
                standing.removed.push((0, u64::MAX));
            }
            Role::Muted => standing.muted.push((0, u64::MAX)),
            _ => {}
        }
        standing
    }

    /// What owner or admin, at this place of their log, makes of somebody.
    pub(super) fn apply(&mut self, change: &RoleChange, by: (PeerId, u64)) {
        let to = change.to.min(Role::Member);
        match (self.role, to) {
            // Removed by two at the same time: what both had seen stands.
            (Role::Removed, Role::Removed) => {
                self.removed_by.push(by);
                self.end = self.end.min(change.up_to.max(JOIN));
                cut(&mut self.removed, self.end);
            }
            // Who did not know of the removal does not undo it. Who only came by an invite that was
            // over is vouched for by whoever gives them a role.
            (Role::Removed, _) if change.from != Role::Removed && !self.removed_by.is_empty() => {}
            (Role::Removed, _) => {
                self.removed_by.clear();
                close(&mut self.removed, change.up_to);
                self.end = u64::MAX;
                self.set(to, change.up_to);
            }
            (_, Role::Removed) => {
                self.removed_by = vec![by];
                self.end = change.up_to.max(JOIN);
                self.removed.push((change.up_to, u64::MAX));
                self.role = Role::Removed;
            }
            _ => self.set(to, change.up_to),
        }
    }

    fn set(&mut self, to: Role, up_to: u64) {
        close(&mut self.muted, up_to);
        if to == Role::Muted {
            self.muted.push((up_to, u64::MAX));
        }
        self.role = to;
    }

    pub(super) fn shows(&self, seq: u64, is_text: bool) -> bool {
        let is_in = |spans: &[(u64, u64)]| spans.iter().any(|(a, b)| seq > *a && seq <= *b);
        !(is_in(&self.removed) || is_text && is_in(&self.muted))
    }
}

/// Ends the span that is open, if one is.
fn close(spans: &mut [(u64, u64)], up_to: u64) {
    if let Some((after, end)) = spans.last_mut()
        && *end == u64::MAX
    {
        *end = up_to.max(*after);
    }
}

/// Has the span that is open begin no later than here.
fn cut(spans: &mut [(u64, u64)], after: u64) {
    if let Some((begin, _)) = spans.last_mut() {
        *begin = after.min(*begin);
    }
}

/// For which parts of their logs the owner made whom admins, before `owners_end`.
pub(super) fn offices(
    owner: PeerId,
    owners_end: u64,
    changes: &BTreeMap<Place, Vec<RoleChange>>,
) -> BTreeMap<PeerId, Vec<(u64, u64)>> {
    let of_owner = changes.iter().filter(|((_, by, seq), _)| *by == owner && *seq < owners_end);
    let mut of_owner: Vec<_> = of_owner.map(|((_, _, seq), changes)| (seq, changes)).collect();
    of_owner.sort_by_key(|(seq, _)| **seq);
    let mut offices: BTreeMap<PeerId, Vec<(u64, u64)>> = BTreeMap::new();
    for change in of_owner.into_iter().flat_map(|(_, changes)| changes) {
        if change.member == owner {
            continue;
        }
        let is_open = |spans: &Vec<(u64, u64)>| spans.last().is_some_and(|(_, to)| *to == u64::MAX);
        match offices.get_mut(&change.member) {
            Some(spans) if is_open(spans) => {
                if change.to < Role::Admin {
                    close(spans, change.up_to);
                }
            }
            _ if change.to < Role::Admin => {}
            Some(spans) => spans.push((change.up_to, u64::MAX)),
            None => {
                offices.insert(change.member, vec![(change.up_to, u64::MAX)]);
            }
        }
    }
    offices
}
