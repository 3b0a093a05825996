//! Who is asked for what is lacking: where several peers hold it, one of them.

use std::collections::BTreeSet;

use crate::{
    Engine, LinkId, RoomId, Store,
    session::{LinkState, Session},
    wire::Packet,
};

impl<S: Store> Engine<S> {
    /// Tells the peers of a room whether there are several: then each offers what the others may
    /// send as well, and only one of them is asked for it.
    pub(crate) fn spare(&mut self, id: RoomId) {
        let now = self.now.since_start;
        let links = self.speaking(id);
        let peers: BTreeSet<_> =
            links.iter().filter_map(|link| Some(self.session(*link)?.peer)).collect();
        let is_spared = peers.len() > 1;
        for link in links {
            let Some(session) = self.session_mut(link) else { continue };
            if session.sync.spare(now, is_spared) {
                self.transmit(link, &Packet::Spare(is_spared));
            }
        }
    }

    /// Asks for what peers of a room hold and we lack, each log of one of them; of another one, if
    /// it does not come.
    pub(crate) fn ask_around(&mut self, id: RoomId) {
        self.spare(id);
        let now = self.now.since_start;
        let links = self.speaking(id);
        let Some(room) = self.rooms.get(&id) else { return };
        let (mut expected, mut refused) = (BTreeSet::new(), BTreeSet::new());
        let mut offering = Vec::new();
        for link in links {
            let Some(LinkState::Open(session)) = self.links.get_mut(&link) else { continue };
            let sync = &mut session.sync;
            sync.settle_asked(now, room);
            expected.extend(sync.asked.expected());
            refused.extend(sync.refusals.authors().filter_map(|author| room.index_of(author)));
            if sync.asked.has_offers() {
                offering.push((sync.asked.preference(), link));
            }
        }
        offering.sort_unstable();
        for (_, link) in offering {
            let Some(LinkState::Open(session)) = self.links.get_mut(&link) else { continue };
            let Some(room) = self.rooms.get(&id) else { return };
            let is_wanted = |index| !expected.contains(&index) && !refused.contains(&index);
            let packets = session.sync.ask(now, room, is_wanted);
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

    /// The links of a room on which our greeting was said.
    fn speaking(&self, id: RoomId) -> Vec<LinkId> {
        let mut links = self.links_of(id);
        links.retain(|link| self.session(*link).is_some_and(|session| session.joining.is_none()));
        links
    }
}
