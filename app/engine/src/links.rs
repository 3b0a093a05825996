//! Links: proved, used, and hung up.

use std::collections::BTreeSet;

use crate::{
    Engine, Event, Frame, InviteId, JoinFailure, LinkId, PeerId, RoomId, Store, StoreError, crypto,
    engine::{Now, Output, Target},
    handshake::{Cipherer, Handshake, Opening, Pattern, Proof, Step},
    session::{HANDSHAKE_TIMEOUT, LinkState, Opened, Purpose, Session, keeps_newer},
    wire::{Packet, Welcome},
};

impl<S: Store> Engine<S> {
    pub(crate) fn link_up(
        &mut self,
        now: Now,
        link: LinkId,
        target: Option<Target>,
        binding: Option<[u8; 32]>,
    ) {
        let opened = Opened { at: now.since_start, binding };
        let seed = self.chance();
        let begun = match target {
            None => {
                self.links.insert(link, LinkState::Awaiting(opened));
                return;
            }
            Some(Target::Invite(invite)) => self.begin_join(invite, binding, seed),
            Some(Target::Member(room, peer)) => self.begin_reconnect(room, peer, binding, seed),
        };
        let Some((purpose, handshake, frame)) = begun else {
            // Nobody is wanted there any more.
            self.outputs.push_back(Output::Hangup(link));
            return;
        };
        self.links.insert(link, LinkState::Handshaking(opened, purpose, Box::new(handshake)));
        self.outputs.push_back(Output::Transmit(link, frame));
    }

    fn begin_join(
        &mut self,
        invite: InviteId,
        binding: Option<[u8; 32]>,
        seed: [u8; 32],
    ) -> Option<(Purpose, Handshake, Frame)> {
        let join = self.joins.get(&invite)?;
        let psk = crypto::invite_psk(&join.invite.secret);
        let me = crate::identity::Identity::from_seed(&join.identity_seed);
        let (handshake, frame) = Handshake::dial_invite(&psk, &me, binding, seed);
        Some((Purpose::Join(invite), handshake, frame))
    }

    fn begin_reconnect(
        &mut self,
        id: RoomId,
        peer: PeerId,
        binding: Option<[u8; 32]>,
        seed: [u8; 32],
    ) -> Option<(Purpose, Handshake, Frame)> {
        let room = self.rooms.get(&id)?;
        let member = room.member(room.index_of(peer)?)?;
        let proof = Proof { author: peer, noise_key: member.noise_key };
        let (_, epoch_key) = room.epoch();
        let hello_key = crypto::room_hello_key(id, &epoch_key);
        let (handshake, frame) = Handshake::dial_member(&hello_key, proof, &room.me, binding, seed);
        Some((Purpose::Member(id), handshake, frame))
    }

    /// A frame arrived: whatever is wrong with it ends the link and nothing else.
    pub(crate) fn receive(
        &mut self,
        now: Now,
        link: LinkId,
        frame: Frame,
    ) -> Result<(), StoreError> {
        let is_fine = match self.links.remove(&link) {
            // Frames that were on their way when we hung up.
            None => true,
            Some(LinkState::Awaiting(opened)) => self.answer(now, link, opened, &frame),
            Some(LinkState::Handshaking(opened, purpose, handshake)) => {
                let step = handshake.read(&frame);
                // An answer to a member takes one frame, so whoever still waits has dialed.
                let is_dialer = !matches!(purpose, Purpose::Host(_));
                step.is_some_and(|step| self.advance(now, link, opened, (purpose, is_dialer), step))
            }
            Some(LinkState::Open(mut session)) => {
                let packet = session.open(frame);
                self.links.insert(link, LinkState::Open(session));
                match packet {
                    Some(packet) => self.take(now, link, packet)?,
                    None => false,
                }
            }
        };
        if !is_fine {
            self.hang_up(now, link);
        }
        Ok(())
    }

    /// Answers the first frame of a link the other end dialed.
    fn answer(&mut self, now: Now, link: LinkId, opened: Opened, frame: &[u8]) -> bool {
        let Some(opening) = Opening::decode(frame) else { return false };
        let seed = self.chance();
        let answered = match opening.pattern {
            Pattern::Invite => self.answer_invite(now, opened, &opening, seed),
            Pattern::Member(_) => self.answer_member(opened, &opening, seed),
        };
        let Some((purpose, step)) = answered else { return false };
        self.advance(now, link, opened, (purpose, false), step)
    }

    fn answer_invite(
        &self,
        now: Now,
        opened: Opened,
        opening: &Opening<'_>,
        seed: [u8; 32],
    ) -> Option<(Purpose, Step)> {
        let invites = self
            .rooms
            .values()
            .flat_map(|room| room.invites_at(now.wall).map(move |secret| (room, secret)));
        let mut psks = invites.map(|(room, secret)| (room, crypto::invite_psk(secret)));
        let (room, psk) = psks.find(|(_, psk)| opening.is_for(psk))?;
        let step = Handshake::answer_invite(opening, &psk, &room.me, opened.binding, seed)?;
        Some((Purpose::Host(room.id()), step))
    }

    fn answer_member(
        &self,
        opened: Opened,
        opening: &Opening<'_>,
        seed: [u8; 32],
    ) -> Option<(Purpose, Step)> {
        let mut keys = self.rooms.values().map(|room| {
            let (_, epoch_key) = room.epoch();
            (room, crypto::room_hello_key(room.id(), &epoch_key))
        });
        let (room, key) = keys.find(|(_, key)| opening.is_for(key))?;
        let author = opening.member(&key)?;
        let member = room.member(room.index_of(author)?)?;
        let proof = Proof { author, noise_key: member.noise_key };
        let step = Handshake::answer_member(opening, proof, &room.me, opened.binding, seed)?;
        Some((Purpose::Member(room.id()), step))
    }

    /// Goes on with a handshake; false if it cannot.
    fn advance(
        &mut self,
        now: Now,
        link: LinkId,
        opened: Opened,
        (purpose, is_dialer): (Purpose, bool),
        step: Step,
    ) -> bool {
        match step {
            Step::Continue(handshake, reply) => {
                self.links.insert(link, LinkState::Handshaking(opened, purpose, handshake));
                self.outputs.extend(reply.map(|frame| Output::Transmit(link, frame)));
                true
            }
            Step::Done(reply, proof, cipherer) => {
                self.outputs.extend(reply.map(|frame| Output::Transmit(link, frame)));
                match purpose {
                    Purpose::Join(invite) => self.await_welcome(now, link, invite, proof, cipherer),
                    Purpose::Host(room) | Purpose::Member(room) => {
                        let session =
                            Session::new(room, proof.author, is_dialer, now.since_start, cipherer);
                        self.links.insert(link, LinkState::Open(Box::new(session)));
                        if matches!(purpose, Purpose::Host(_)) {
                            self.welcome(link, room)
                        } else {
                            self.greet(link);
                            true
                        }
                    }
                }
            }
        }
    }

    /// The host of an invite is proved: is it the one whose screen was scanned?
    fn await_welcome(
        &mut self,
        now: Now,
        link: LinkId,
        invite: InviteId,
        proof: Proof,
        cipherer: Cipherer,
    ) -> bool {
        let Some(join) = self.joins.get(&invite) else { return false };
        if crypto::host_id(proof.author, &proof.noise_key) != join.invite.host {
            self.fail_join(invite, JoinFailure::WrongHost);
            return false;
        }
        // The room's id comes with the welcome; until then the session belongs to none.
        let nowhere = RoomId::from_bytes([0; 16]);
        let mut session = Session::new(nowhere, proof.author, true, now.since_start, cipherer);
        session.joining = Some(invite);
        self.links.insert(link, LinkState::Open(Box::new(session)));
        true
    }

    /// Lets a newcomer in: the room's beginning and its keys.
    fn welcome(&mut self, link: LinkId, id: RoomId) -> bool {
        let Some(room) = self.rooms.get(&id) else { return false };
        let Some(owner) = room.index_of(room.record.owner) else { return false };
        let genesis = self.store.ops_after(id, owner, 0, 1, usize::MAX).unwrap_or_default().pop();
        let Some(genesis) = genesis else { return false };
        let welcome = Welcome { genesis, epochs: room.record.epochs.clone() };
        self.transmit(link, &Packet::Welcome(welcome));
        self.greet(link);
        true
    }

    /// Begins an open session: where we are, and what we hold.
    pub(crate) fn greet(&mut self, link: LinkId) {
        let Some(room) = self.session(link).and_then(|s| self.rooms.get(&s.room)) else { return };
        let digest = Packet::Digest(room.digest());
        let hello = Packet::Hello { addrs: self.addrs.clone() };
        self.transmit(link, &hello);
        self.transmit(link, &digest);
    }

    /// The first packet of a session came: it is no replay. Of two sessions with one peer, one
    /// stays.
    pub(crate) fn enliven(&mut self, now: Now, link: LinkId) {
        let Some(LinkState::Open(session)) = self.links.get_mut(&link) else { return };
        if session.is_live {
            return;
        }
        session.is_live = true;
        let (id, peer) = (session.room, session.peer);
        let rival = self.links.iter().find_map(|(other, state)| match state {
            LinkState::Open(s) if *other != link && s.is_live && (s.room, s.peer) == (id, peer) => {
                Some(*other)
            }
            _ => None,
        });
        if let Some(rival) = rival {
            let loser = match (self.session(rival), self.session(link), self.rooms.get(&id)) {
                (Some(older), Some(newer), Some(room))
                    if !keeps_newer(older, newer, room.me.id) =>
                {
                    link
                }
                _ => rival,
            };
            self.hang_up(now, loser);
        }
        self.show_peer(link);
    }

    /// Tells the person of the peer at the other end, once it is a member.
    pub(crate) fn show_peer(&mut self, link: LinkId) {
        let Some(LinkState::Open(session)) = self.links.get_mut(&link) else { return };
        let (id, peer) = (session.room, session.peer);
        let is_member = self.rooms.get(&id).is_some_and(|room| room.index_of(peer).is_some());
        if session.is_shown || !session.is_live || !is_member {
            return;
        }
        session.is_shown = true;
        self.notify(Event::PeerSeen { room: id, peer, link });
        self.stop_dialing(Target::Member(id, peer));
        self.dial_members(id);
    }

    /// Closes a link from this end.
    pub(crate) fn hang_up(&mut self, now: Now, link: LinkId) {
        self.outputs.push_back(Output::Hangup(link));
        self.link_down(now, link);
    }

    pub(crate) fn link_down(&mut self, now: Now, link: LinkId) {
        let Some(LinkState::Open(session)) = self.links.remove(&link) else { return };
        let (id, peer) = (session.room, session.peer);
        let is_still_there = self.peers_of(id).contains(&peer);
        let Some(room) = self.rooms.get_mut(&id) else { return };
        if let Some((index, member)) = room.member_mut(peer) {
            member.last_seen = Some(now.wall);
            let member = member.clone();
            self.staged.members.insert((id, index), member);
        }
        if session.is_shown && !is_still_there {
            self.notify(Event::PeerLost { room: id, peer });
        }
        self.dial_members(id);
    }

    pub(crate) fn end_slow_handshakes(&mut self, now: Now) {
        let is_late = |state: &LinkState| match state {
            LinkState::Awaiting(opened) | LinkState::Handshaking(opened, ..) => {
                now.since_start >= opened.at.saturating_add(HANDSHAKE_TIMEOUT)
            }
            LinkState::Open(_) => false,
        };
        let late: Vec<_> =
            self.links.iter().filter(|(_, s)| is_late(s)).map(|(link, _)| *link).collect();
        for link in late {
            self.hang_up(now, link);
        }
    }

    /// Closes every link of a room that is being left.
    pub(crate) fn hang_up_room(&mut self, id: RoomId) {
        self.hang_up_where(|state| match state {
            LinkState::Open(session) => session.room == id,
            LinkState::Handshaking(_, purpose, _) => {
                matches!(purpose, Purpose::Host(r) | Purpose::Member(r) if *r == id)
            }
            LinkState::Awaiting(_) => false,
        });
    }

    /// Closes every link of a join that came to an end.
    pub(crate) fn hang_up_join(&mut self, invite: InviteId) {
        self.hang_up_where(|state| match state {
            LinkState::Open(session) => session.joining == Some(invite),
            LinkState::Handshaking(_, purpose, _) => *purpose == Purpose::Join(invite),
            LinkState::Awaiting(_) => false,
        });
    }

    fn hang_up_where(&mut self, is_meant: impl Fn(&LinkState) -> bool) {
        let meant: Vec<_> =
            self.links.iter().filter(|(_, s)| is_meant(s)).map(|(link, _)| *link).collect();
        for link in meant {
            self.links.remove(&link);
            self.outputs.push_back(Output::Hangup(link));
        }
    }

    pub(crate) fn session(&self, link: LinkId) -> Option<&Session> {
        match self.links.get(&link) {
            Some(LinkState::Open(session)) => Some(session),
            _ => None,
        }
    }

    /// The links with an open session in a room.
    pub(crate) fn links_of(&self, id: RoomId) -> Vec<LinkId> {
        let open = self.links.iter().filter_map(|(link, state)| match state {
            LinkState::Open(session) if session.room == id => Some(*link),
            _ => None,
        });
        open.collect()
    }

    /// The peers with a live session in a room.
    pub(crate) fn peers_of(&self, id: RoomId) -> BTreeSet<PeerId> {
        let open = self.links.values().filter_map(|state| match state {
            LinkState::Open(s) if s.room == id && s.is_live => Some(s.peer),
            _ => None,
        });
        open.collect()
    }

    pub(crate) fn shown_sessions(&self) -> Vec<(LinkId, RoomId, PeerId)> {
        let open = self.links.iter().filter_map(|(link, state)| match state {
            LinkState::Open(s) if s.is_shown => Some((*link, s.room, s.peer)),
            _ => None,
        });
        open.collect()
    }

    pub(crate) fn transmit(&mut self, link: LinkId, packet: &Packet) {
        let Some(LinkState::Open(session)) = self.links.get_mut(&link) else { return };
        match session.seal(packet) {
            Some(frame) => self.outputs.push_back(Output::Transmit(link, frame)),
            // The cipher has run out of nonces: a new link gets new ones.
            None => self.outputs.push_back(Output::Hangup(link)),
        }
    }
}
