//! A welcome left for those who have seen an invite, for when nobody is there to give it.

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};

use super::{
    LIFETIME, RENEW_OWN, after, days,
    deposit::LOST_AFTER,
    pack::{self, Letter},
};
use crate::{
    Addr, Engine, Invite, InviteId, PeerId, RoomId, RoomOptions, Store, StoreError, Timestamp,
    addr, body, crypto, engine::Output, wire::Welcome,
};

/// For how long a welcome that lacks a key is tried to be left anew: less than [`RENEW_OWN`].
const STALE: Duration = days(1);

/// In an invite's mailbox: what its host would say if it were there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Greeting {
    /// Whose screen showed the invite: the keys it pins.
    pub(crate) host: PeerId,
    pub(crate) noise_key: [u8; 32],
    pub(crate) made_at: Timestamp,
    pub(crate) welcome: Welcome,
    /// The relays that have the room's mailbox.
    pub(crate) relays: Vec<Addr>,
}

impl Letter for Greeting {
    const DOMAIN: &'static [u8] = b"fst-greet1";

    fn signer(&self) -> PeerId {
        self.host
    }

    fn is_within_limits(&self) -> bool {
        body::are_relays(&self.relays) && self.welcome.is_within_limits()
    }
}

impl<S: Store> Engine<S> {
    /// An invite is on the screen: whoever scans it may come when nobody is there.
    pub(crate) fn mind_welcome(&mut self, id: RoomId) {
        if let Some(room) = self.rooms.get_mut(&id) {
            room.mailbox.deposits.is_welcoming = true;
            self.mind_mailbox(id);
        }
    }

    /// Leaves welcomes for the invite that is shown, and for those shown before.
    pub(super) fn leave_welcome(&mut self, id: RoomId) -> Result<(), StoreError> {
        let now = self.now;
        let Some(room) = self.rooms.get_mut(&id) else { return Ok(()) };
        let is_welcoming = std::mem::take(&mut room.mailbox.deposits.is_welcoming);
        let RoomOptions { approve_joins, hide_history, .. } = room.membership.options();
        if approve_joins || hide_history {
            // It would have the keys for whoever saw the invite.
            room.mailbox.record.welcomes.clear();
            return Ok(());
        }
        room.mailbox.record.welcomes.retain(|(_, end)| *end > now.wall);
        let left = &room.mailbox.record.welcomes;
        let fresh_until = after(now.wall, RENEW_OWN);
        let shown = room.invite_to_show(None, now.wall).map(|shown| shown.secret);
        let is_meant = |secret: &[u8; 16]| {
            let invite = crypto::invite_id(secret);
            match left.iter().find(|(left, _)| *left == invite) {
                Some((_, end)) => *end < fresh_until,
                None => is_welcoming && shown == Some(*secret),
            }
        };
        let meant: Vec<_> =
            room.invites_at(now.wall).filter(|invite| is_meant(&invite.secret)).cloned().collect();
        for invite in meant {
            let end = after(now.wall, LIFETIME);
            let end = invite.expires_at.map_or(end, |over| over.min(end));
            self.greet_absent(id, &invite.secret, end)?;
        }
        Ok(())
    }

    /// There are keys that welcomes left before do not have: they are left anew.
    pub(crate) fn renew_welcomes(&mut self, id: RoomId) {
        let now = self.now;
        let Some(room) = self.rooms.get_mut(&id) else { return };
        let mailbox = &mut room.mailbox;
        if mailbox.record.welcomes.is_empty() || mailbox.deposits.look_at.is_none() {
            return;
        }
        // Due, and forgotten if no relay takes them for so long.
        let soon = after(now.wall, STALE);
        mailbox.record.welcomes.iter_mut().for_each(|(_, end)| *end = soon.min(*end));
        mailbox.deposits.hurry(now.since_start);
        self.stage_mailbox(id);
    }

    fn greet_absent(
        &mut self,
        id: RoomId,
        secret: &[u8; 16],
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        let nonce = self.pack_nonce();
        let Some(room) = self.rooms.get(&id) else { return Ok(()) };
        let relays = self.mailbox_places(room);
        let Some(room) = self.rooms.get_mut(&id) else { return Ok(()) };
        let Some(owner) = room.index_of(room.record.owner) else { return Ok(()) };
        let Some(genesis) = self.store.ops_after(id, owner, 0, 1, usize::MAX)?.pop() else {
            return Ok(());
        };
        let greeting = Greeting {
            host: room.me.id,
            noise_key: room.me.noise_key,
            made_at: self.now.wall,
            welcome: room.welcome(genesis),
            relays: relays.clone(),
        };
        let mailbox = crypto::invite_mailbox(secret);
        let Some(pack) = pack::seal(&mailbox, &greeting, &room.me, nonce) else { return Ok(()) };
        let deposit = Output::Deposit { mailbox, number: 0, pack, expires_at, at: relays };
        self.outputs.push_back(deposit);
        let again_at = self.now.since_start.saturating_add(LOST_AFTER);
        if let Some(room) = self.rooms.get_mut(&id) {
            room.mailbox.deposits.welcome_at = Some(again_at);
        }
        Ok(())
    }

    /// A relay has taken a welcome in.
    pub(super) fn note_welcomed(&mut self, mailbox: &[u8; 32]) {
        let now = self.now.wall;
        let mut found = None;
        for room in self.rooms.values_mut() {
            let of_mailbox = room
                .invites_at(now)
                .find(|invite| crypto::invite_mailbox(&invite.secret) == *mailbox);
            let Some(invite) = of_mailbox else { continue };
            let (invite, over) = (crypto::invite_id(&invite.secret), invite.expires_at);
            let end = after(now, LIFETIME);
            let end = over.map_or(end, |over| over.min(end));
            let welcomes = &mut room.mailbox.record.welcomes;
            welcomes.retain(|(left, _)| *left != invite);
            welcomes.push((invite, end));
            room.mailbox.deposits.welcome_at = None;
            found = Some(room.id());
        }
        if let Some(id) = found {
            self.stage_mailbox(id);
        }
    }

    /// Looks for a welcome while the host of a scanned invite is being dialed.
    pub(crate) fn collect_welcome(&mut self, invite: &Invite) {
        let mut at = addr::relays(&invite.addrs);
        if at.is_empty() {
            at = addr::relays(&self.addrs);
        }
        if at.is_empty() {
            return;
        }
        let mailbox = crypto::invite_mailbox(&invite.secret);
        if let Some(join) = self.joins.get_mut(&invite.id()) {
            join.is_collecting = true;
        }
        self.outputs.push_back(Output::Collect {
            mailbox,
            at,
            since: BTreeMap::new(),
            pause: Duration::ZERO,
        });
    }

    /// Looks for it no more.
    pub(crate) fn stop_welcome(&mut self, invite: InviteId) {
        if let Some(join) = self.joins.get_mut(&invite)
            && std::mem::take(&mut join.is_collecting)
        {
            let mailbox = crypto::invite_mailbox(&join.invite.secret);
            self.outputs.push_back(Output::StopCollecting(mailbox));
        }
    }

    fn join_of_mailbox(&self, mailbox: &[u8; 32]) -> Option<InviteId> {
        let mut joins = self.joins.iter().filter(|(_, join)| join.is_collecting);
        let is_meant = |secret: &[u8; 16]| crypto::invite_mailbox(secret) == *mailbox;
        joins.find(|(_, join)| is_meant(&join.invite.secret)).map(|(invite, _)| *invite)
    }

    /// A relay has shown what may be a welcome: is it from whoever showed the invite?
    pub(super) fn take_welcome(&mut self, mailbox: &[u8; 32], pack: &[u8]) {
        let Some(invite) = self.join_of_mailbox(mailbox) else { return };
        let Some(greeting) = pack::open::<Greeting>(mailbox, pack) else { return };
        let Some(join) = self.joins.get_mut(&invite) else { return };
        if crypto::host_id(greeting.host, &greeting.noise_key) != join.invite.host {
            return;
        }
        // Of several, the last one: it knows the newest keys.
        if join.greeting.as_ref().is_none_or(|known| known.made_at < greeting.made_at) {
            join.greeting = Some(greeting);
        }
        if join.has_read_mailbox {
            self.use_welcome(invite);
        }
    }

    /// A relay has shown every welcome it has.
    pub(super) fn end_welcomes(&mut self, mailbox: &[u8; 32]) {
        let Some(invite) = self.join_of_mailbox(mailbox) else { return };
        if let Some(join) = self.joins.get_mut(&invite) {
            join.has_read_mailbox = true;
            self.use_welcome(invite);
        }
    }

    fn use_welcome(&mut self, invite: InviteId) {
        let Some(join) = self.joins.get_mut(&invite) else { return };
        if let Some(greeting) = join.greeting.take() {
            self.enter_absent(invite, greeting);
        }
    }
}
