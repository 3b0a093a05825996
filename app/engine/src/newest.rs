//! The newest messages of a room, shown while what comes before them is still on its way.

use crate::{Engine, Event, LinkId, Store, op::Op, room::Foreseen, session::MAX_FORGED};

/// How often a session may bring newest messages: once, and once that they are over.
const MAX_NEWEST: u32 = 2;

impl<S: Store> Engine<S> {
    /// Shows what the packet brings, and keeps none of it: it is no part of any log yet. False if
    /// the peer did not check it, or sends it too often.
    pub(crate) fn take_newest(&mut self, link: LinkId, ops: &[Vec<u8>]) -> bool {
        let now = self.now;
        let Some(session) = self.session_mut(link) else { return true };
        let (id, peer) = (session.room, session.peer);
        session.newest_taken = session.newest_taken.saturating_add(1);
        if session.newest_taken > MAX_NEWEST {
            return false;
        }
        let mut forged = session.forged;
        let Some(room) = self.rooms.get(&id) else { return true };
        let (mut names, mut messages) = (Vec::new(), Vec::new());
        for bytes in ops {
            let Some(op) = Op::decode(bytes).filter(Op::is_signed) else {
                forged = forged.saturating_add(1);
                continue;
            };
            match room.foresee(now, &op) {
                Some(Foreseen::Name(name)) => names.push((op.header.author, name)),
                Some(Foreseen::Text(message)) => messages.push(message),
                None => {}
            }
        }
        if let Some(session) = self.session_mut(link) {
            session.forged = forged;
        }
        if forged >= MAX_FORGED {
            self.ban(peer);
            return false;
        }
        messages.sort_by_key(|message| message.position);
        self.notify(Event::NewestShown { room: id, names, messages });
        true
    }
}
