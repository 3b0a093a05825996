//! Who is asked for what is lacking: where several peers hold it, one of them.

use std::collections::BTreeSet;

use crate::{
    Engine, LinkId, RoomId, Store,
    session::{LinkState, Links, Session},
    wire::Packet,
};

impl<S: Store> Engine<S> {
    /// Tells the peers of a room whether there are several: then each offers what the others may
    /// send as well, and only one of them is asked for it.
    pub(crate) fn spare(&mut self, id: RoomId) {
        let now = self.now.since_start;
        let mut peers = self.speaking(id).map(|(_, session)| session.peer);
        let first = peers.next();
        let is_spared = peers.any(|peer| Some(peer) != first);
        drop(peers);
        let told = self
            .speaking(id)
            .filter_map(|(link, session)| session.sync.spare(now, is_spared).then_some(link));
        for link in told.collect::<Vec<_>>() {
            self.transmit(link, &Packet::Spare(is_spared));
        }
    }

    /// Asks for what peers of a room hold and we lack, each log of one of them; of another one, if
    /// it does not come.
    pub(crate) fn ask_around(&mut self, id: RoomId) {
        self.spare(id);
        let now = self.now.since_start;
        let Some(room) = self.rooms.get(&id) else { return };
        let mut expected = BTreeSet::new();
        let mut offering = Vec::new();
        for (link, session) in speaking(&mut self.links, id) {
            let sync = &mut session.sync;
            sync.settle_asked(now, room);
            expected.extend(sync.asked.expected());
            if sync.asked.has_offers() {
                offering.push((sync.asked.preference(), link));
            }
        }
        offering.sort_unstable();
        for (_, link) in offering {
            let Some(LinkState::Open(session)) = self.links.get_mut(&link) else { continue };
            let Some(room) = self.rooms.get(&id) else { return };
            let packets = session.sync.ask(now, room, |index| !expected.contains(&index));
            expected.extend(session.sync.asked.expected());
            self.transmit_all(link, &packets);
        }
    }

    /// Something a peer was asked for did not come in time: others may have it.
    pub(crate) fn mind_asked(&mut self) {
        let now = self.now.since_start;
        let is_late = |session: &Session| session.sync.asked.deadline().is_some_and(|at| at <= now);
        for state in self.links.values() {
            if let LinkState::Open(session) = state
                && is_late(session)
            {
                self.unsent.entry(session.room).or_default();
            }
        }
    }

    fn speaking(&mut self, id: RoomId) -> impl Iterator<Item = (LinkId, &mut Session)> {
        speaking(&mut self.links, id)
    }
}

/// The sessions of a room in which our greeting was said.
fn speaking(links: &mut Links, id: RoomId) -> impl Iterator<Item = (LinkId, &mut Session)> {
    links.iter_mut().filter_map(move |(link, state)| match state {
        LinkState::Open(session) if session.room == id && session.joining.is_none() => {
            Some((*link, &mut **session))
        }
        _ => None,
    })
}
