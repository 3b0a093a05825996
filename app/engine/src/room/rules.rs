//! What may stand in a room's logs, and what follows from it.

use std::collections::BTreeMap;

use super::{Room, Unusable};
use crate::{
    Control, ControlRecord, InviteId, InviteRecord, PeerId, Role, Timestamp,
    body::OpBody,
    crypto,
    membership::Membership,
    op::{self, Op},
    wire::Welcome,
};

/// The most members of a room: five times the crowd it is designed for. Whoever has an invite can
/// make up names without end; the roster must not grow with them.
const MAX_MEMBERS: usize = 50_000;

/// The most invites of one room, over or not: whoever joined by one is let in by knowing it.
pub(super) const MAX_INVITES: usize = 512;

impl Room {
    /// The invites that work at `now`, oldest first.
    pub(crate) fn invites_at(&self, now: Timestamp) -> impl Iterator<Item = &InviteRecord> {
        let is_open = move |invite: &&InviteRecord| {
            self.membership.is_open(crypto::invite_id(&invite.secret), now)
                && invite.expires_at.is_none_or(|end| end > now)
        };
        self.record.invites.iter().filter(is_open)
    }

    /// What this device may do.
    pub(crate) fn my_role(&self) -> Role {
        self.membership.role(self.me.id)
    }

    /// The invite to show at `now`: `chosen`, or the newest that anybody may use who sees it, or the
    /// newest of all; none that opens the past unless it was chosen, and none for people nearby.
    pub(crate) fn invite_to_show(
        &self,
        chosen: Option<InviteId>,
        now: Timestamp,
    ) -> Option<&InviteRecord> {
        let id = |invite: &InviteRecord| crypto::invite_id(&invite.secret);
        let is_shown = |i: &&InviteRecord| !self.membership.is_for_nearby(id(i));
        let open: Vec<_> = self.invites_at(now).filter(is_shown).collect();
        let find = |is_meant: &dyn Fn(InviteId) -> bool| {
            open.iter().rev().copied().find(|invite| is_meant(id(invite)))
        };
        match chosen {
            Some(chosen) => find(&|invite| invite == chosen),
            None => find(&|invite| self.membership.is_public(invite))
                .or_else(|| find(&|invite| !self.membership.opens_past(invite))),
        }
    }

    /// What a newcomer needs: the epochs held, in the order of their numbers, and from when on they
    /// can read in those that are closed.
    pub(crate) fn welcome(&mut self, genesis: Vec<u8>) -> Welcome {
        let mut epochs = self.record.epochs.clone();
        epochs.sort_by_key(|(number, _)| *number);
        let (_, key) = self.meeting();
        let meeting = epochs.iter().position(|(_, held)| *held == key).unwrap_or_default();
        let keys: Vec<_> = epochs.iter().map(|(_, key)| *key).collect();
        let texts = self.text_keys(&keys, true);
        Welcome { genesis, epochs, meeting: u32::try_from(meeting).unwrap_or_default(), texts }
    }

    /// The rules as they are remembered.
    pub(crate) fn take_rules(&mut self, controls: &[ControlRecord]) {
        self.membership = Membership::restore(self.record.owner, controls);
        self.options_told = self.membership.options();
        self.restore_keys();
    }

    /// What an operation that is held adds to the rules.
    pub(crate) fn read_control(&self, op: &Op<'_>) -> Option<ControlRecord> {
        let body = op.open(&self.key_of(op.header.epoch, &op.header.room_tag)?)?;
        self.control_of(op, &body)
    }

    fn control_of(&self, op: &Op<'_>, body: &OpBody) -> Option<ControlRecord> {
        let control = match body {
            OpBody::Merge { parents } => {
                let (number, key) = self.merge(parents)?;
                Control::Merge { id: crypto::epoch_id(&key), number, parents: parents.clone() }
            }
            OpBody::Renewal(epoch, _, chain) => {
                let before = self.id_of(op.header.epoch, &op.header.room_tag)?;
                Control::Renewal { epoch: epoch.clone(), before, chain: *chain }
            }
            body => body.control()?,
        };
        let (by, seq, hlc) = (op.header.author, op.header.seq, op.header.hlc);
        Some(ControlRecord { by, seq, hlc, control })
    }

    /// What an author may have in their log. What of it counts is another matter, and may change:
    /// see [`Membership`].
    pub(super) fn check(&self, op: &Op<'_>, body: &OpBody) -> Result<(), Unusable> {
        let author = op.header.author;
        let is_first = op.header.seq == 1;
        let is_owner = author == self.record.owner;
        let is_allowed = match body {
            OpBody::Genesis { nonce, .. } => {
                is_first && is_owner && crypto::room_id(author, nonce) == self.id()
            }
            OpBody::Join { invite, noise_key, certificate, .. } => {
                if self.members.len() >= MAX_MEMBERS {
                    return Err(Unusable::Wrong);
                }
                let secret = &self.invite(*invite).ok_or(Unusable::Early)?.secret;
                is_first
                    && !is_owner
                    && op::is_join_certified(secret, self.id(), author, noise_key, certificate)
            }
            OpBody::Relays { .. } => !is_first && is_owner,
            OpBody::Same { other, .. } => !is_first && *other != author,
            _ if is_first => false,
            // What made the author an admin may still come.
            body if body.is_governing() && !self.membership.was_admin(author) => {
                return Err(Unusable::Early);
            }
            OpBody::Fork(a, b) => {
                let (author, seq, id) = a.read().ok_or(Unusable::Wrong)?;
                let (other, other_seq, other_id) = b.read().ok_or(Unusable::Wrong)?;
                self.index_of(author).ok_or(Unusable::Early)?;
                let is_one_place = (author, seq) == (other, other_seq) && id != other_id;
                is_one_place && a.is_signed() && b.is_signed()
            }
            OpBody::Merge { parents } => {
                self.merge(parents).ok_or(Unusable::Early)?;
                parents.len() > 1
            }
            OpBody::Checkpoint { since, id } => self.is_true_checkpoint(op, *since, *id),
            _ => true,
        };
        if is_allowed { Ok(()) } else { Err(Unusable::Wrong) }
    }

    fn invite(&self, id: InviteId) -> Option<&InviteRecord> {
        self.record.invites.iter().find(|invite| crypto::invite_id(&invite.secret) == id)
    }

    /// Works out what follows from an operation for who may do what.
    pub(super) fn rule(
        &mut self,
        op: &Op<'_>,
        body: &OpBody,
    ) -> (Option<ControlRecord>, BTreeMap<PeerId, Role>) {
        let Some(record) = self.control_of(op, body) else { return (None, BTreeMap::new()) };
        let new_roles = self.membership.add(&record);
        match &record.control {
            Control::Epoch(epoch, _) | Control::Renewal { epoch, .. } => {
                _ = self.hold_offered(&epoch.id, epoch.number);
                self.settle_texts(&epoch.id);
            }
            Control::Merge { id, number, .. } => _ = self.hold_offered(id, *number),
            _ => {}
        }
        if !matches!(record.control, Control::Join { .. }) {
            self.choose_epoch();
        }
        (Some(record), new_roles)
    }

    /// Takes an admin's word on an invite; whether it was not known so.
    pub(super) fn confirm_invite(&mut self, record: InviteRecord) -> bool {
        let invites = &mut self.record.invites;
        let has_place = invites.len() < MAX_INVITES;
        match invites.iter_mut().find(|known| known.secret == record.secret) {
            Some(known) if *known == record => return false,
            // A newcomer knows its invite from a screen; its author's word counts more.
            Some(known) => *known = record,
            None if has_place => invites.push(record),
            None => return false,
        }
        true
    }
}
