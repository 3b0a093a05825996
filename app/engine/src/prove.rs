//! Who is at the other end of a link: proofs begun, answered and gone on with.

use crate::{
    Engine, Frame, LinkId, Medium, PeerId, Role, RoomId, Store, StoreError, crypto,
    engine::Output,
    handshake::{Handshake, Opening, Pattern, Proof, Step, nameless::Nameless},
    session::{LinkState, Opened, Purpose, Session},
};

impl<S: Store> Engine<S> {
    /// Dials a member: gives the first frame.
    pub(crate) fn begin_reconnect(
        &mut self,
        id: RoomId,
        peer: PeerId,
        binding: Option<[u8; 32]>,
    ) -> Option<(Purpose, Handshake, Frame)> {
        let seed = self.chance();
        if self.is_banned(peer) {
            return None;
        }
        let room = self.rooms.get(&id)?;
        let member = room.acquaintance(peer)?;
        let proof = Proof { author: peer, noise_key: member.noise_key };
        // Whoever holds something of ours knows our keys, and the room's, unless attempts say
        // otherwise: then first the one is doubted, then the other, then both.
        let doubts = room.doubted.get(&peer).copied().unwrap_or_default();
        let keys = room.meeting_keys();
        let older = (doubts / 2).checked_rem(keys.len()).unwrap_or_default();
        let epoch_key = *keys.get(older)?;
        let (handshake, frame) = if member.holds > 0 && doubts.is_multiple_of(2) {
            let hello_key = crypto::room_hello_key(id, &epoch_key);
            Handshake::dial_member(&hello_key, proof, &room.me, binding, seed)
        } else {
            let psk = crypto::room_psk(id, &epoch_key);
            Handshake::dial_stranger(&psk, proof, &room.me, binding, seed)
        };
        Some((Purpose::Member(id, Some(peer)), handshake, frame))
    }

    /// Goes on with the proof; false if it fails.
    pub(crate) fn shake_hands(&mut self, link: LinkId, frame: &[u8]) -> Result<bool, StoreError> {
        let advanced = match self.links.get(&link) {
            Some(LinkState::Awaiting(opened)) if Nameless::is_opening(frame) => {
                let opened = *opened;
                return self.answer_nameless(link, opened, frame);
            }
            Some(LinkState::Awaiting(opened)) => {
                let opened = *opened;
                self.answer(opened, frame).map(|(purpose, step)| (opened, purpose, step))
            }
            Some(LinkState::Handshaking(..)) => match self.links.remove(&link) {
                Some(LinkState::Handshaking(opened, purpose, handshake)) => {
                    let step = handshake.read(frame);
                    if step.is_none() {
                        self.doubt(purpose);
                    }
                    step.map(|step| (opened, purpose, step))
                }
                _ => None,
            },
            _ => None,
        };
        match advanced {
            Some((opened, purpose, step)) => self.advance(link, opened, purpose, step),
            None => Ok(false),
        }
    }

    /// Answers the first frame of a link the other end dialed.
    fn answer(&mut self, opened: Opened, frame: &[u8]) -> Option<(Purpose, Step)> {
        let opening = Opening::decode(frame)?;
        let seed = self.chance();
        match opening.pattern {
            Pattern::Invite => self.answer_invite(opened, &opening, seed),
            Pattern::Member(_) => self.answer_member(opened, &opening, seed),
            Pattern::Stranger => self.answer_stranger(opened, &opening, seed),
        }
    }

    fn answer_invite(
        &self,
        opened: Opened,
        opening: &Opening<'_>,
        seed: [u8; 32],
    ) -> Option<(Purpose, Step)> {
        let rooms = self.rooms.values().filter(|room| room.may_host());
        let invites =
            rooms.flat_map(|room| room.invites_at(self.now.wall).map(move |invite| (room, invite)));
        let is_near = opened.medium == Medium::Air;
        let invites = invites.filter(|(room, invite)| {
            let id = crypto::invite_id(&invite.secret);
            // Who joined by it a moment ago may not know yet who has to be asked: that stands before it
            // in the log which has it. And who knocks from afar only heard of those for people nearby.
            room.membership.is_confirmed(id) && (is_near || !room.membership.is_for_nearby(id))
        });
        let mut psks = invites.map(|(room, i)| (room, i, crypto::invite_psk(&i.secret)));
        let (room, invite, psk) = psks.find(|(_, _, psk)| opening.is_for(psk))?;
        let step = Handshake::answer_introduction(opening, &psk, &room.me, opened.binding, seed)?;
        Some((Purpose::Host(room.id(), crypto::invite_id(&invite.secret)), step))
    }

    fn answer_stranger(
        &self,
        opened: Opened,
        opening: &Opening<'_>,
        seed: [u8; 32],
    ) -> Option<(Purpose, Step)> {
        let mut psks = self.rooms.values().flat_map(|room| {
            let keys = room.meeting_keys().into_iter();
            keys.map(move |key| (room, crypto::room_psk(room.id(), &key)))
        });
        let (room, psk) = psks.find(|(_, psk)| opening.is_for(psk))?;
        let step = Handshake::answer_introduction(opening, &psk, &room.me, opened.binding, seed)?;
        Some((Purpose::Member(room.id(), None), step))
    }

    fn answer_member(
        &self,
        opened: Opened,
        opening: &Opening<'_>,
        seed: [u8; 32],
    ) -> Option<(Purpose, Step)> {
        let mut keys = self.rooms.values().flat_map(|room| {
            let keys = room.meeting_keys().into_iter();
            keys.map(move |key| (room, crypto::room_hello_key(room.id(), &key)))
        });
        let (room, key) = keys.find(|(_, key)| opening.is_for(key))?;
        let author = opening.member(&key)?;
        let member = room.member(room.index_of(author)?)?;
        if self.is_banned(author) || room.membership.role(author) == Role::Removed {
            return None;
        }
        let proof = Proof { author, noise_key: member.noise_key };
        let step = Handshake::answer_member(opening, proof, &room.me, opened.binding, seed)?;
        Some((Purpose::Member(room.id(), None), step))
    }

    /// Goes on with a handshake; false if it cannot.
    fn advance(
        &mut self,
        link: LinkId,
        opened: Opened,
        purpose: Purpose,
        step: Step,
    ) -> Result<bool, StoreError> {
        let (reply, proof, cipherer, salt) = match step {
            Step::Continue(handshake, reply) => {
                self.links.insert(link, LinkState::Handshaking(opened, purpose, handshake));
                self.outputs.extend(reply.map(|frame| Output::Transmit(link, frame)));
                return Ok(true);
            }
            Step::Done(reply, proof, cipherer, salt) => (reply, proof, cipherer, salt),
        };
        // The room's id comes with a welcome; until then a newcomer's session belongs to none.
        let nowhere = RoomId::from_bytes([0; 16]);
        let room = match purpose {
            Purpose::Join(_) => nowhere,
            Purpose::Host(room, _) | Purpose::Member(room, _) => room,
        };
        if self.is_banned(proof.author) || !self.may_speak(room, proof) {
            return Ok(false);
        }
        let has_read_last = reply.is_none();
        self.outputs.extend(reply.map(|frame| Output::Transmit(link, frame)));
        let at = self.now.since_start;
        let peer = (proof, opened.is_dialer);
        let airtime = self.airtime(room, proof.author, opened.medium);
        let mut session = Session::new(room, peer, at, cipherer, (salt, has_read_last), airtime);
        if let Purpose::Host(room, invite) = purpose
            && self.must_wait(room, proof.author)
        {
            session.room = nowhere;
            return Ok(self.hold_at_door(link, session, room, invite));
        }
        self.links.insert(link, LinkState::Open(Box::new(session)));
        match purpose {
            Purpose::Join(invite) => return Ok(self.await_welcome(link, invite, proof)),
            Purpose::Host(room, _) => return self.welcome(link, room),
            Purpose::Member(..) => self.greet(link),
        }
        Ok(true)
    }

    /// Whether a proved peer may have a session in a room: not ourselves, nobody who was removed, and
    /// no member with another member's name.
    fn may_speak(&self, room: RoomId, proof: Proof) -> bool {
        let Some(room) = self.rooms.get(&room) else { return true };
        let member = room.index_of(proof.author).and_then(|index| room.member(index));
        proof.author != room.me.id
            && room.membership.role(proof.author) > Role::Removed
            && member.is_none_or(|m| m.noise_key == proof.noise_key)
    }

    /// A member we dialed did not go through with it: it may not know us.
    pub(crate) fn doubt(&mut self, purpose: Purpose) {
        let Purpose::Member(id, Some(peer)) = purpose else { return };
        if let Some(room) = self.rooms.get_mut(&id) {
            let doubts = room.doubted.entry(peer).or_default();
            *doubts = doubts.wrapping_add(1);
        }
    }
}
