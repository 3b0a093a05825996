//! A network that this device made for those near it: handed to members who are linked over the air, so that what
//! is too much for that goes another way.
//!
//! What lets into it is never stored or passed on: it holds as long as its maker is there, and is of no use elsewhere.

use std::time::Duration;

use crate::{
    Engine, Event, LinkId, MAX_NETWORK_LEN, Medium, Refusal, Role, RoomId, Store,
    session::{LinkState, Session},
    wire::Packet,
};

/// What comes sooner after the last one is not heard.
const SPACING: Duration = Duration::from_secs(1);

/// What this device hands out.
#[derive(Debug)]
pub(crate) struct MadeNetwork {
    room: RoomId,
    access: Vec<u8>,
}

impl<S: Store> Engine<S> {
    /// Hands a network to the members of a room who are near, and to those who come.
    pub(crate) fn offer_network(&mut self, id: RoomId, access: Vec<u8>) -> Result<(), Refusal> {
        self.may_write(id)?;
        if access.is_empty() || access.len() > MAX_NETWORK_LEN {
            return Err(Refusal::BadNetwork);
        }
        self.withdraw_network();
        self.network = Some(MadeNetwork { room: id, access: access.clone() });
        self.tell_network(id, &access);
        Ok(())
    }

    /// The network is gone: whoever was told of it is told that.
    pub(crate) fn withdraw_network(&mut self) {
        if let Some(made) = self.network.take() {
            self.tell_network(made.room, &[]);
        }
    }

    fn tell_network(&mut self, id: RoomId, access: &[u8]) {
        let links = self.links.iter().filter_map(|(link, state)| match state {
            LinkState::Open(session) if session.room == id && is_near(session) => Some(*link),
            _ => None,
        });
        for link in links.collect::<Vec<_>>() {
            self.put_out(link, &Packet::Network(access.to_vec()));
        }
    }

    /// Somebody is linked now who may not know of the network yet.
    pub(crate) fn greet_with_network(&mut self, link: LinkId) {
        let Some(LinkState::Open(session)) = self.links.get(&link) else { return };
        let Some(made) = self.network.as_ref().filter(|made| made.room == session.room) else {
            return;
        };
        if is_near(session) {
            let packet = Packet::Network(made.access.clone());
            self.put_out(link, &packet);
        }
    }

    /// A peer hands over what lets into a network of its own, or says that it is gone.
    pub(crate) fn hear_network(&mut self, link: LinkId, access: Vec<u8>) {
        let now = self.now.since_start;
        let Some(LinkState::Open(session)) = self.links.get_mut(&link) else { return };
        let Some(room) = self.rooms.get(&session.room) else { return };
        let is_new = session.network_at.is_none_or(|at| now >= at.saturating_add(SPACING));
        let is_heard =
            room.membership.role(session.peer) > Role::Muted && !room.mark(session.peer).is_blocked;
        // That it is gone is heard at any time.
        if !is_near(session) || !is_heard || !(is_new || access.is_empty()) {
            return;
        }
        if !access.is_empty() {
            session.network_at = Some(now);
        }
        let (id, peer) = (session.room, session.peer);
        self.notify(Event::NetworkOffered { room: id, peer, access });
    }
}

/// Whether the member at the other end is near, as far as that can be told.
fn is_near(session: &Session) -> bool {
    session.is_shown && session.airtime.medium() == Medium::Air
}
