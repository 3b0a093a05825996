//! What arrives, and from whom it may.

use std::collections::btree_map::Entry;

use super::{BY_CHANCE, Core, MAX_CONTACTS, MAX_STRANGERS, Moment, Output};
use crate::{
    LinkFailure,
    ble::{
        contact::{Channel, Gone, Link, Stage, Trust},
        packet::{Body, Packet, Proof},
        pipe::Pipe,
        radio::{Contact, Device, RadioCommand, Side},
        token::{Name, periods},
    },
};

/// What a device that asks for a link shows by its proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Proven {
    /// That it knows a key.
    Friend,
    /// That it meets whoever is near, and may be met now.
    Stranger,
    /// That it meets whoever is near, but not now.
    Unwelcome,
    Nothing,
}

impl Core {
    pub(super) fn receive(
        &mut self,
        now: Moment,
        contact: Contact,
        max_packet: usize,
        bytes: &[u8],
    ) {
        let Some(packet) = Packet::decode(bytes) else { return };
        let is_opening = matches!(packet.body, Body::Open(_));
        let known = self.contacts.get(&contact).map(|link| link.tag);
        if known != Some(packet.tag) {
            // What the server notifies reaches other centrals, too; and whoever connects anew
            // begins with a request.
            if contact.side == Side::Central || !is_opening {
                if contact.side == Side::Peripheral && packet.body != Body::Close {
                    let body = Body::Close;
                    self.say(contact, &Packet { body, ..packet });
                }
                return;
            }
            self.lose(now, contact, LinkFailure::PeerHungUp);
            let Body::Open(proof) = &packet.body else { return };
            if !self.has_place(now, self.judge(now, contact.device, proof)) {
                self.outputs.push_back(Output::Radio(RadioCommand::Disconnect(contact)));
                return;
            }
            self.contacts.insert(contact, Link::new(contact.side, packet.tag, now.at));
        }
        let Some(link) = self.contacts.get_mut(&contact) else { return };
        link.set_max_packet(max_packet);
        if !link.hear(now.at) {
            self.end(now, contact, LinkFailure::Broken);
            return;
        }
        self.act(now, contact, packet);
    }

    /// Whether a device may connect: strangers never take the places of friends.
    fn has_place(&mut self, now: Moment, proves: Proven) -> bool {
        let unproven = |link: &&Link| link.trust == Trust::Unproven;
        match proves {
            Proven::Friend => self.make_place(now),
            Proven::Stranger => self.has_place_for_strangers(),
            Proven::Unwelcome => false,
            Proven::Nothing => {
                self.contacts.len() < MAX_CONTACTS
                    && self.contacts.values().filter(unproven).count() < MAX_STRANGERS
            }
        }
    }

    fn act(&mut self, now: Moment, contact: Contact, packet: Packet) {
        let Packet { tag, channel, body } = packet;
        match body {
            Body::Open(proof) => self.asked(now, contact, (tag, channel), &proof),
            Body::Accept => self.accepted(now, contact, channel),
            Body::Close => {
                let closed = self
                    .contacts
                    .get_mut(&contact)
                    .and_then(|link| link.remove(now.at, channel, LinkFailure::PeerHungUp));
                self.outputs.extend(closed.map(Output::from));
            }
            Body::Ack { ack, gaps } => {
                if let Some(open) = self.open_channel(contact, tag, channel) {
                    open.pipe.acknowledged(now.at, ack, &gaps);
                }
            }
            Body::Data { ack, place, gaps, bytes } => {
                let Some(open) = self.open_channel(contact, tag, channel) else { return };
                open.pipe.acknowledged(now.at, ack, &gaps);
                let link = open.link;
                let received = open.pipe.receive(now.at, place, &bytes);
                let frames: Vec<_> = std::iter::from_fn(|| open.pipe.pop()).collect();
                let frames = frames.into_iter().map(|frame| Output::Frame { link, frame });
                self.outputs.extend(frames);
                self.carried_at = Some(now.at);
                if received.is_err() {
                    self.end(now, contact, LinkFailure::Broken);
                }
            }
        }
    }

    /// A channel both ends know of; whoever means another is told that there is none.
    fn open_channel(&mut self, contact: Contact, tag: u16, number: u8) -> Option<&mut Channel> {
        let is_open = self
            .contacts
            .get(&contact)
            .and_then(|link| link.channels.get(&number))
            .is_some_and(|channel| channel.stage == Stage::Open);
        if !is_open {
            self.say(contact, &Packet { tag, channel: number, body: Body::Close });
            return None;
        }
        self.contacts.get_mut(&contact)?.channels.get_mut(&number)
    }

    fn admits(&self, now: Moment, proof: &Proof) -> bool {
        self.admitted.iter().any(|(key, callee)| {
            let name = Name { key: *key, callee: *callee };
            periods(now.wall).into_iter().any(|period| name.proof(period) == *proof)
        })
    }

    /// What a device that asks for a link shows by that.
    fn judge(&self, now: Moment, device: Device, proof: &Proof) -> Proven {
        if self.admits(now, proof) {
            Proven::Friend
        } else if !self.strangers.is_meant(now, proof) {
            Proven::Nothing
        } else if self.may_be_met(now, device) {
            Proven::Stranger
        } else {
            Proven::Unwelcome
        }
    }

    /// The other end asks for a link.
    fn asked(&mut self, now: Moment, contact: Contact, at: (u16, u8), proof: &Proof) {
        let (tag, number) = at;
        let judged = self.judge(now, contact.device, proof);
        let Some(link) = self.contacts.get_mut(&contact) else { return };
        // A stranger that was let in asks again if the answer was lost.
        let is_again = link.channels.contains_key(&number);
        // Whoever knows no key is told nothing.
        if !link.is_theirs(number) || (judged == Proven::Nothing) {
            return;
        }
        if judged == Proven::Unwelcome && !is_again {
            self.say(contact, &Packet { tag, channel: number, body: Body::Close });
            return;
        }
        let by_chance = judged == Proven::Stranger;
        let trust = if judged == Proven::Friend { Trust::Friend } else { Trust::Stranger };
        link.trust = link.trust.max(trust);
        if let Entry::Vacant(place) = link.channels.entry(number) {
            let id = self.next_link;
            self.next_link = id.saturating_add(1);
            let (stage, pipe) = (Stage::Open, Pipe::new());
            let strange_since = by_chance.then_some(now.at);
            place.insert(Channel { link: id, stage, pipe, is_ending: false, strange_since });
            let device = contact.device;
            self.outputs.push_back(Output::Opened { link: id, dial: None, device, by_chance });
            if by_chance {
                self.strangers.note_met(now, device);
            }
        }
        self.say(contact, &Packet { tag, channel: number, body: Body::Accept });
    }

    /// The other end gives the link that was asked for.
    fn accepted(&mut self, now: Moment, contact: Contact, number: u8) {
        let Some(link) = self.contacts.get_mut(&contact) else { return };
        let Some(channel) = link.channels.get_mut(&number) else { return };
        let Stage::Asked { dial, .. } = channel.stage else { return };
        channel.stage = Stage::Open;
        let by_chance = dial == BY_CHANCE;
        link.trust = link.trust.max(if by_chance { Trust::Stranger } else { Trust::Friend });
        let (link, device) = (channel.link, contact.device);
        self.dials.remove(&dial);
        self.known_period = None;
        self.pauses.remove(&device);
        if by_chance {
            self.strangers.note_met(now, device);
        }
        self.outputs.push_back(Output::Opened { link, dial: Some(dial), device, by_chance });
    }

    pub(super) fn say(&mut self, contact: Contact, packet: &Packet) {
        let bytes = packet.encode();
        self.outputs.push_back(Output::Radio(RadioCommand::Send { contact, bytes }));
    }
}

impl From<Gone> for Output {
    fn from(gone: Gone) -> Self {
        match gone {
            Gone::Refused { dial } => Self::Refused { dial },
            Gone::Closed { link, why } => Self::Closed { link, why },
        }
    }
}
