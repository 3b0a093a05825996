//! The invites of a room, and whether they still work.

use super::Membership;
use crate::{InviteId, PeerId, Role, Timestamp, hlc};

/// One invite, as a member may see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InviteState {
    /// Which.
    pub invite: InviteId,
    /// Who made it.
    pub by: PeerId,
    /// What those become who join by it.
    pub role: Role,
    /// When it ends, if ever.
    pub expires_at: Option<Timestamp>,
    /// How many may join by it, if not as many as like.
    pub max_uses: Option<u32>,
    /// Whether they get to read what is hidden from other newcomers.
    pub reads_before: bool,
    /// How many did.
    pub uses: u32,
    /// Whether it was taken back, or made by somebody who may not.
    pub is_revoked: bool,
}

impl InviteState {
    /// Whether somebody may join by it at `now`.
    pub fn is_open_at(&self, now: Timestamp) -> bool {
        !self.is_revoked
            && self.expires_at.is_none_or(|end| end > now)
            && self.max_uses.is_none_or(|most| self.uses < most)
    }
}

impl Membership {
    /// Whether somebody may join by an invite at `now`; one that no log has may be used.
    pub(crate) fn is_open(&self, invite: InviteId, now: Timestamp) -> bool {
        // Everybody near may know it: a word at the door is all that keeps them out.
        if self.is_for_nearby(invite) && self.options.nearby_invite() != Some(invite) {
            return false;
        }
        let Some(terms) = self.terms.get(&invite) else { return true };
        // How many have joined is only counted where it matters.
        match terms.max_uses {
            Some(_) => self.invite(invite).is_some_and(|state| state.is_open_at(now)),
            None => self.admits(invite, terms, hlc::from_wall(now)),
        }
    }

    /// Whether an invite stands in a log that is here, and is not only known from a screen.
    pub(crate) fn is_confirmed(&self, invite: InviteId) -> bool {
        self.terms.contains_key(&invite)
    }

    /// Whether anybody may use an invite who sees it.
    pub(crate) fn is_public(&self, invite: InviteId) -> bool {
        self.terms
            .get(&invite)
            .is_none_or(|terms| terms.max_uses.is_none() && terms.role == Role::Member)
            && !self.opens_past(invite)
            && !self.is_for_nearby(invite)
    }

    /// Whether an invite is one by which people nearby knock: never shown, and told to everybody
    /// near.
    pub(crate) fn is_for_nearby(&self, invite: InviteId) -> bool {
        self.switches.named_nearby(invite).iter().any(|(by, seq)| self.governs(*by, *seq))
    }

    /// Whether an invite lets those who come by it read what is hidden from other newcomers.
    pub(crate) fn opens_past(&self, invite: InviteId) -> bool {
        self.terms.get(&invite).is_some_and(|terms| terms.reads_before)
    }

    /// Whether somebody came by an invite that lets them read what is hidden from other newcomers.
    pub(crate) fn reads_before(&self, peer: PeerId) -> bool {
        let Some((invite, at)) = self.joins.get(&peer) else { return false };
        let terms = self.terms.get(invite).filter(|terms| terms.reads_before);
        terms.is_some_and(|terms| self.admits(*invite, terms, *at))
    }

    /// What is known of an invite; `None` if no member's log has it.
    pub(crate) fn invite(&self, invite: InviteId) -> Option<InviteState> {
        let terms = self.terms.get(&invite)?;
        let joins = self.joins_by_invite.get(&invite).into_iter().flatten();
        let uses = joins.filter(|(at, _)| self.admits(invite, terms, *at)).count();
        Some(InviteState {
            invite,
            by: terms.by,
            role: terms.role.min(Role::Member),
            expires_at: terms.expires_at,
            max_uses: terms.max_uses,
            reads_before: terms.reads_before,
            uses: u32::try_from(uses).unwrap_or(u32::MAX),
            is_revoked: self.revoked.contains_key(&invite) || !self.governs(terms.by, terms.seq),
        })
    }

    /// Every invite members' logs have.
    pub(crate) fn invites(&self) -> impl Iterator<Item = InviteState> {
        self.terms.keys().filter_map(|invite| self.invite(*invite))
    }
}
