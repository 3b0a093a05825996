//! Who is dialed, and who is answered.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use crate::{
    Addr, Engine, Event, Invite, MemberRecord, PeerId, Role, RoomId, Store, crypto,
    engine::{Output, Target},
    room::Room,
};

/// The most members of one room this device dials at a time: enough for a message to reach
/// everyone in few hops, few enough for a phone's battery and radio.
const MAX_DIALED_PER_ROOM: usize = 6;

/// Of those dialed, how many stay the ones seen last, while others take turns.
const MAX_DIALED_STEADILY: usize = 3;

/// How long a member is dialed before it is another's turn: long enough for a few dials. Whoever
/// dials remembers how patient it was with each.
const TURN: Duration = Duration::from_secs(60);

/// Bytes of an invite that is shown, unless its first address alone takes more: what a QR code of
/// version 5 holds, which cameras read from across a table.
const MAX_SHOWN_LEN: usize = 90;

impl<S: Store> Engine<S> {
    /// Answers members of a room and those who hold one of its invites.
    pub(crate) fn admit(&mut self, room: RoomId) {
        let Some(room) = self.rooms.get(&room) else { return };
        let callee = room.me.host_id();
        for key in room.meeting_keys() {
            let key = crypto::room_dial_key(room.id(), &key);
            self.outputs.push_back(Output::Admit { key, callee });
        }
        for invite in room.invites_at(self.now.wall) {
            let key = crypto::invite_dial_key(&invite.secret);
            self.outputs.push_back(Output::Admit { key, callee });
        }
    }

    /// Answers those of [`admit`](Self::admit) no more.
    pub(crate) fn refuse(&mut self, room: &Room) {
        for key in room.meeting_keys() {
            self.outputs.push_back(Output::Refuse(crypto::room_dial_key(room.id(), &key)));
        }
        for invite in &room.record.invites {
            self.outputs.push_back(Output::Refuse(crypto::invite_dial_key(&invite.secret)));
        }
    }

    /// Dials as many members of a room as are wanted and not there.
    pub(crate) fn dial_members(&mut self, id: RoomId) {
        let present = self.peers_of(id);
        let Some(room) = self.rooms.get(&id) else { return };
        let (_, epoch_key) = room.meeting();
        let key = crypto::room_dial_key(id, &epoch_key);
        let (wanted, has_more) = wanted_members(room, &present);
        let is_stale = |target: &Target| {
            matches!(target, Target::Member(r, _) if *r == id) && !wanted.contains_key(target)
        };
        let stale: Vec<_> = self.dialed.keys().copied().filter(is_stale).collect();
        for target in stale {
            self.stop_dialing(target);
        }
        for (target, (addrs, callee)) in wanted {
            if self.dialed.get(&target) != Some(&addrs) {
                self.dialed.insert(target, addrs.clone());
                self.outputs.push_back(Output::Dial { target, addrs, key, callee });
            }
        }
        if has_more {
            self.turn_at.get_or_insert(self.now.since_start.saturating_add(TURN));
        }
    }

    /// Lets other members be dialed, if it is time.
    pub(crate) fn take_turns(&mut self) {
        if self.turn_at.is_none_or(|at| self.now.since_start < at) {
            return;
        }
        self.turn_at = None;
        for id in self.rooms.keys().copied().collect::<Vec<_>>() {
            if let Some(room) = self.rooms.get_mut(&id) {
                room.turn = room.turn.wrapping_add(1);
            }
            self.dial_members(id);
        }
    }

    pub(crate) fn dial_invite(&mut self, invite: &Invite) {
        let target = Target::Invite(invite.id());
        self.dialed.insert(target, invite.addrs.clone());
        let key = crypto::invite_dial_key(&invite.secret);
        let (addrs, callee) = (invite.addrs.clone(), invite.host);
        self.outputs.push_back(Output::Dial { target, addrs, key, callee });
    }

    pub(crate) fn stop_dialing(&mut self, target: Target) {
        if self.dialed.remove(&target).is_some() {
            self.outputs.push_back(Output::StopDialing(target));
        }
    }

    /// Tells the person the invite to a room, if it has one that works.
    pub(crate) fn show_invite(&mut self, id: RoomId) {
        let Some(room) = self.rooms.get(&id) else { return };
        let chosen = self.shown_invites.get(&id).copied().flatten();
        let shown = room.invite_to_show(chosen, self.now.wall).filter(|_| room.may_host());
        let Some(record) = shown else { return };
        let mut invite = Invite {
            secret: record.secret,
            host: room.me.host_id(),
            expires_at: record.expires_at,
            addrs: self.addrs.clone(),
        };
        while invite.encode().len() > MAX_SHOWN_LEN && invite.addrs.len() > 1 {
            invite.addrs.pop();
        }
        self.notify(Event::InviteReady { room: id, invite });
    }
}

/// Where a member may be dialed, and what it is called there.
type Whereabouts = (Vec<Addr>, [u8; 16]);

/// The absent members to dial, and who let this device in, in the roster or not: those seen last, and
/// others in turns. Also whether there are more.
fn wanted_members(
    room: &Room,
    present: &BTreeSet<PeerId>,
) -> (BTreeMap<Target, Whereabouts>, bool) {
    let is_out = room.membership.was_removed(room.me.id);
    let is_absent = |m: &&MemberRecord| {
        let is_meant = m.id != room.me.id && !m.addrs.is_empty() && !present.contains(&m.id);
        is_meant && !is_out && room.membership.role(m.id) > Role::Removed
    };
    let known = room.members.iter().chain(&room.record.host);
    let mut absent: Vec<_> = known.filter(is_absent).collect();
    absent.sort_by_key(|m| (std::cmp::Reverse(m.last_seen), m.id));
    let places = MAX_DIALED_PER_ROOM.saturating_sub(present.len());
    let has_more = places > 0 && absent.len() > places;
    let steady = places.min(MAX_DIALED_STEADILY).min(places.saturating_sub(1));
    let others = absent.split_off(steady.min(absent.len()));
    let start = room.turn.wrapping_mul(places.saturating_sub(steady));
    let start = start.checked_rem(others.len()).unwrap_or_default();
    let in_turn = others.iter().cycle().skip(start).take(others.len());
    absent.extend(in_turn);
    absent.truncate(places);
    let target = |m: &MemberRecord| {
        let callee = crypto::host_id(m.id, &m.noise_key);
        (Target::Member(room.id(), m.id), (m.addrs.clone(), callee))
    };
    (absent.into_iter().map(target).collect(), has_more)
}
