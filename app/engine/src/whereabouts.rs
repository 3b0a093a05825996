//! Where members can be dialed: told, learned, passed on.

use std::cmp::Reverse;

use crate::{
    Addr, Engine, LinkId, MAX_ADDRS, PeerId, RoomId, Store, addr, session::LinkState, wire::Packet,
};

/// The most members whose addresses a greeting brings: ten times as many as are dialed.
const MAX_TOLD: usize = 64;

/// The most addresses taken from hearsay, so that some of those known before stay.
const MAX_HEARSAY: usize = 3;

impl<S: Store> Engine<S> {
    /// This device can be dialed elsewhere now.
    pub(crate) fn move_to(&mut self, addrs: Vec<Addr>) {
        let addrs = addr::usable(addrs);
        if addrs == self.addrs {
            return;
        }
        self.addrs = addrs;
        let hello = Packet::Hello { addrs: self.addrs.clone() };
        for link in self.greeted_links() {
            self.transmit(link, &hello);
        }
        self.untended.extend(self.rooms.keys());
        for room in self.shown_invites.keys().copied().collect::<Vec<_>>() {
            self.show_invite(room);
        }
    }

    /// A member says where it, or another member, can be dialed.
    pub(crate) fn take_addrs(&mut self, link: LinkId, about: PeerId, addrs: Vec<Addr>) {
        let now = self.now.since_start;
        let Some(LinkState::Open(session)) = self.links.get_mut(&link) else { return };
        if !session.whereabouts.has(now, 1) {
            return;
        }
        session.whereabouts.take(1);
        let (id, from) = (session.room, session.peer);
        if from == about && !session.is_shown {
            // Its join has yet to come.
            session.addrs = Some(addrs);
        } else {
            self.learn_addrs(id, from, about, addrs);
        }
    }

    pub(crate) fn learn_addrs(
        &mut self,
        id: RoomId,
        from: PeerId,
        about: PeerId,
        mut addrs: Vec<Addr>,
    ) {
        let is_hearsay = from != about;
        // The member's own word counts more, while it is there to give it.
        if is_hearsay && self.peers_of(id).contains(&about) {
            return;
        }
        let Some(room) = self.rooms.get_mut(&id) else { return };
        let me = room.me.id;
        let Some((index, member)) = room.member_mut(about) else { return };
        if about == me {
            return;
        }
        if is_hearsay {
            addrs.truncate(MAX_HEARSAY);
            for old in &member.addrs {
                if !addrs.contains(old) {
                    addrs.push(old.clone());
                }
            }
            addrs.truncate(MAX_ADDRS);
        }
        if member.addrs == addrs {
            return;
        }
        member.addrs.clone_from(&addrs);
        let member = member.clone();
        self.staged.members.insert((id, index), member);
        if !is_hearsay {
            let packet = Packet::Whereabouts { member: about, addrs };
            for (link, room, peer) in self.shown_sessions() {
                if room == id && peer != about {
                    self.transmit(link, &packet);
                }
            }
        }
        self.dial_members(id);
    }

    /// Tells a peer that holds all we hold where the members it may not have met can be dialed.
    pub(crate) fn tell_whereabouts(&mut self, link: LinkId) {
        let Some(LinkState::Open(session)) = self.links.get_mut(&link) else { return };
        if !session.sync.is_level() || std::mem::replace(&mut session.has_told_whereabouts, true) {
            return;
        }
        let (id, peer) = (session.room, session.peer);
        let present = self.peers_of(id);
        let Some(room) = self.rooms.get(&id) else { return };
        let is_told = |id: PeerId| id != peer && id != room.me.id;
        let known = room.members.iter().filter(|m| is_told(m.id) && !m.addrs.is_empty());
        let mut known: Vec<_> = known.collect();
        known.sort_by_key(|m| (!present.contains(&m.id), Reverse(m.last_seen), m.id));
        let packet =
            |m: &crate::MemberRecord| Packet::Whereabouts { member: m.id, addrs: m.addrs.clone() };
        let packets: Vec<_> = known.into_iter().take(MAX_TOLD).map(packet).collect();
        self.transmit_all(link, &packets);
    }

    /// Links on which our addresses were told.
    fn greeted_links(&self) -> Vec<LinkId> {
        let greeted = self.links.iter().filter_map(|(link, state)| match state {
            LinkState::Open(session) if session.joining.is_none() => Some(*link),
            _ => None,
        });
        greeted.collect()
    }
}
