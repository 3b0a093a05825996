//! What members tell each other: taken in, staged for the disk, passed on.

use crate::{
    Addr, Engine, Event, InviteId, JoinFailure, LinkId, PeerId, RoomId, RoomRecord, Store,
    StoreError, crypto,
    engine::{MAX_UNREAD, Now, Output, Target},
    op::{self, KIND_TEXT, Op, OpBody},
    room::{Added, Room, Unusable},
    session::{LinkState, MAX_FORGED, Session},
    wire::{Packet, Welcome},
};

/// The most epochs a welcome may bring: a room that bumps daily for a year and a half.
const MAX_EPOCHS: usize = 512;

impl<S: Store> Engine<S> {
    /// Takes a packet in; false if the peer broke the protocol.
    pub(crate) fn take(
        &mut self,
        now: Now,
        link: LinkId,
        packet: Packet,
    ) -> Result<bool, StoreError> {
        let Some(session) = self.session(link) else { return Ok(true) };
        let (id, peer) = (session.room, session.peer);
        if let Some(invite) = session.joining {
            return Ok(match packet {
                Packet::Welcome(welcome) => self.enter(now, link, invite, &welcome),
                _ => false,
            });
        }
        self.enliven(now, link);
        // Of two sessions this one may just have gone.
        if self.session(link).is_none() {
            return Ok(true);
        }
        match packet {
            Packet::Welcome(_) => return Ok(false),
            Packet::Hello { addrs } => self.learn_addrs(id, peer, peer, addrs),
            Packet::Whereabouts { member, addrs } => self.learn_addrs(id, peer, member, addrs),
            Packet::Digest(digest) => {
                let replies =
                    self.with_sync(link, |session, room| session.sync.take_digest(room, digest));
                self.transmit_all(link, &replies);
                self.unsent.insert(id);
            }
            Packet::Have { entries, more, again } => {
                let replies = self.with_sync(link, |session, room| {
                    session.sync.take_have(room, &entries, more, again)
                });
                self.transmit_all(link, &replies);
                self.learn_receipts(id, peer, &entries);
                self.unsent.insert(id);
            }
            Packet::Ops(ops) => return Ok(self.take_ops(now, link, &ops)),
            Packet::Received { by, up_to } => self.note_receipt(id, by, up_to),
        }
        Ok(true)
    }

    /// Enters the room an invite led to.
    fn enter(&mut self, now: Now, link: LinkId, invite: InviteId, welcome: &Welcome) -> bool {
        let Some(record) = self.record_from(invite, welcome) else { return false };
        let id = record.id;
        if self.rooms.contains_key(&id) {
            self.fail_join(invite, JoinFailure::AlreadyJoined);
            return true;
        }
        let Some(join) = self.joins.remove(&invite) else { return false };
        self.stop_dialing(Target::Invite(invite));
        let mut room = Room::new(record, Vec::new(), Vec::new(), 0);
        let Ok(genesis) = room.add(now.wall, &welcome.genesis) else {
            self.joins.insert(invite, join);
            return false;
        };
        let secret = join.invite.secret;
        let expires_at = join.invite.expires_at;
        // Known to us from the screen, before the owner's log confirms it.
        room.record.invites.push(crate::InviteRecord { secret, expires_at });
        let body = OpBody::Join {
            invite,
            noise_key: room.me.noise_key,
            name: self.name.clone().unwrap_or_default(),
            certificate: op::join_certificate(&secret, id, room.me.id, &room.me.noise_key),
        };
        self.rooms.insert(id, room);
        self.stage(id, genesis);
        self.write(now, id, &body);
        if let Some(LinkState::Open(session)) = self.links.get_mut(&link) {
            session.room = id;
            session.joining = None;
        }
        self.announce_room(id, Some(invite));
        self.enliven(now, link);
        self.greet(link);
        true
    }

    fn record_from(&self, invite: InviteId, welcome: &Welcome) -> Option<RoomRecord> {
        let join = self.joins.get(&invite)?;
        let op = Op::decode(&welcome.genesis)?;
        let key = welcome.epochs.iter().find(|(epoch, _)| *epoch == op.header.epoch);
        let OpBody::Genesis { nonce, room_name, .. } = op.open(&key?.1)? else { return None };
        let is_ascending = welcome.epochs.is_sorted_by(|a, b| a.0 < b.0);
        if !is_ascending || welcome.epochs.len() > MAX_EPOCHS {
            return None;
        }
        let owner = op.header.author;
        Some(RoomRecord {
            id: crypto::room_id(owner, &nonce),
            name: room_name,
            identity_seed: join.identity_seed,
            owner,
            nonce,
            epochs: welcome.epochs.clone(),
            invites: Vec::new(),
            read_up_to: None,
        })
    }

    /// Verifies, stages for the disk, and only then will pass on.
    fn take_ops(&mut self, now: Now, link: LinkId, ops: &[Vec<u8>]) -> bool {
        let Some(LinkState::Open(session)) = self.links.get_mut(&link) else { return true };
        let id = session.room;
        session.sync.take_ops();
        let mut forged = 0u32;
        for bytes in ops {
            let Some(room) = self.rooms.get_mut(&id) else { return true };
            match room.add(now.wall, bytes) {
                Ok(added) => {
                    let (author, seq) = (added.author, added.stored.position.seq);
                    self.stage(id, added);
                    self.with_session(link, |s| s.sync.note_theirs(author, seq));
                }
                Err(Unusable::Known | Unusable::Wrong) => {}
                Err(Unusable::Early) => self.with_session(link, |s| s.sync.ask_again()),
                Err(Unusable::Forged) => forged = forged.saturating_add(1),
            }
        }
        self.unsent.insert(id);
        self.show_peer(link);
        let mut is_honest = true;
        self.with_session(link, |session| {
            session.forged = session.forged.saturating_add(forged);
            is_honest = session.forged < MAX_FORGED;
        });
        is_honest
    }

    /// Remembers an operation with the next commit, and tells the person then.
    pub(crate) fn stage(&mut self, id: RoomId, added: Added) {
        let Some(room) = self.rooms.get_mut(&id) else { return };
        let index = added.author;
        self.staged.heads.insert((id, index), room.head(index));
        let is_mine = index == room.my_index;
        if added.stored.kind == KIND_TEXT && !is_mine {
            room.unread = room.unread.saturating_add(1).min(MAX_UNREAD);
        }
        let unread = room.unread;
        if let (true, Some(member)) = (added.has_changed_member, room.member(index)) {
            self.staged.members.insert((id, index), member.clone());
            let member = member.into();
            self.notify(Event::MemberChanged { room: id, member });
        }
        if let Some(invite) = added.new_invite {
            self.staged.rooms.extend(self.rooms.get(&id).map(|room| (id, room.record.clone())));
            self.outputs.push_back(Output::Admit(crypto::invite_dial_key(&invite.secret)));
        }
        let is_counted = added.stored.kind == KIND_TEXT && !is_mine;
        self.staged.ops.push(added.stored);
        if let Some(message) = added.message {
            self.notify(Event::MessageAdded { room: id, message });
        }
        if is_counted {
            self.notify(Event::UnreadChanged { room: id, count: unread });
        }
        self.unsent.insert(id);
    }

    /// Sends every session of a room what it lacks; the store has it all.
    pub(crate) fn flush(&mut self, id: RoomId) -> Result<(), StoreError> {
        for link in self.links_of(id) {
            let Some(LinkState::Open(session)) = self.links.get_mut(&link) else { continue };
            let Some(room) = self.rooms.get(&id) else { return Ok(()) };
            let packets = session.sync.flush(room, &self.store)?;
            self.transmit_all(link, &packets);
        }
        Ok(())
    }

    /// A member says where it, or another member, can be dialed.
    fn learn_addrs(&mut self, id: RoomId, from: PeerId, about: PeerId, addrs: Vec<Addr>) {
        let Some(room) = self.rooms.get_mut(&id) else { return };
        let me = room.me.id;
        let Some((index, member)) = room.member_mut(about) else { return };
        // Its own word counts more than hearsay.
        let is_hearsay = from != about;
        if about == me || member.addrs == addrs || (is_hearsay && !member.addrs.is_empty()) {
            return;
        }
        member.addrs.clone_from(&addrs);
        let member = member.clone();
        self.staged.members.insert((id, index), member);
        if !is_hearsay {
            let packet = Packet::Whereabouts { member: about, addrs };
            for link in self.links_of(id) {
                if self.session(link).is_some_and(|s| s.is_shown && s.peer != about) {
                    self.transmit(link, &packet);
                }
            }
        }
        self.dial_members(id);
    }

    /// Tells every session where this device is now.
    pub(crate) fn send_hello_everywhere(&mut self) {
        let hello = Packet::Hello { addrs: self.addrs.clone() };
        for (link, ..) in self.shown_sessions() {
            self.transmit(link, &hello);
        }
    }

    /// What a peer holds tells authors how far their words have come: us, and those it cannot
    /// tell itself.
    fn learn_receipts(&mut self, id: RoomId, peer: PeerId, entries: &[(PeerId, u64)]) {
        let Some(room) = self.rooms.get(&id) else { return };
        let me = room.me.id;
        for (author, up_to) in entries {
            if *author == me {
                self.note_receipt(id, peer, *up_to);
            } else if *author != peer {
                let packet = Packet::Received { by: peer, up_to: *up_to };
                for link in self.links_of(id) {
                    if self.session(link).is_some_and(|s| s.is_shown && s.peer == *author) {
                        self.transmit(link, &packet);
                    }
                }
            }
        }
    }

    /// A member is said to hold our log up to some point. Remembered with the next commit that has
    /// to be made anyway: it can be learned anew.
    fn note_receipt(&mut self, id: RoomId, by: PeerId, up_to: u64) {
        let Some(room) = self.rooms.get_mut(&id) else { return };
        let me = room.me.id;
        let up_to = up_to.min(room.head(room.my_index).height);
        let Some((index, member)) = room.member_mut(by) else { return };
        if by == me || member.holds >= up_to {
            return;
        }
        member.holds = up_to;
        let member = member.clone();
        if !self.staged.is_empty() {
            self.staged.members.insert((id, index), member);
        }
        self.notify(Event::Received { room: id, by, up_to });
    }

    fn with_session(&mut self, link: LinkId, change: impl FnOnce(&mut Session)) {
        if let Some(LinkState::Open(session)) = self.links.get_mut(&link) {
            change(session);
        }
    }

    fn with_sync(
        &mut self,
        link: LinkId,
        answer: impl FnOnce(&mut Session, &Room) -> Vec<Packet>,
    ) -> Vec<Packet> {
        let Some(LinkState::Open(session)) = self.links.get_mut(&link) else { return Vec::new() };
        let Some(room) = self.rooms.get(&session.room) else { return Vec::new() };
        answer(session, room)
    }

    fn transmit_all(&mut self, link: LinkId, packets: &[Packet]) {
        for packet in packets {
            self.transmit(link, packet);
        }
    }
}
