//! Who is writing just now: said to members who are linked, and to nobody else.
//!
//! It is never stored or passed on, and it is dropped wherever it would have to wait.

use std::time::Duration;

use crate::{
    Engine, Event, LinkId, MemberIndex, PeerId, Role, RoomId, Store,
    room::Room,
    session::{LinkState, Session},
    wire::Packet,
};

/// Rooms with more members are not told: among so many somebody is always writing.
const MAX_MEMBERS: usize = 50;

/// How long until it is said again. It is shown for twice as long.
const PAUSE: Duration = Duration::from_secs(3);

/// What comes sooner after the last one is not heard. Shorter than [`PAUSE`], since links are slower
/// at times than at others.
const SPACING: Duration = Duration::from_secs(2);

impl<S: Store> Engine<S> {
    /// This device's person writes something in a room.
    pub(crate) fn tell_typing(&mut self, id: RoomId) {
        let now = self.now.since_start;
        let Some(room) = self.rooms.get_mut(&id) else { return };
        let may_write = room.membership.role(room.me.id) > Role::Muted;
        let is_due = room.typed_at.is_none_or(|at| now >= at.saturating_add(PAUSE));
        if !may_write || !is_due || !is_small(room) {
            return;
        }
        room.typed_at = Some(now);
        let is_meant = |session: &Session| {
            (session.room == id && session.is_shown)
                && session.airtime.medium().is_free()
                && session.airtime.is_open(now)
        };
        let links = self.links.iter().filter_map(|(link, state)| match state {
            LinkState::Open(session) if is_meant(session) => Some(*link),
            _ => None,
        });
        for link in links.collect::<Vec<_>>() {
            self.put_out(link, &Packet::Typing);
        }
    }

    /// A peer says that it writes something.
    pub(crate) fn hear_typing(&mut self, link: LinkId) {
        let now = self.now.since_start;
        let Some(LinkState::Open(session)) = self.links.get_mut(&link) else { return };
        let Some(room) = self.rooms.get(&session.room) else { return };
        let is_new = session.typed_at.is_none_or(|at| now >= at.saturating_add(SPACING));
        let is_heard =
            room.membership.role(session.peer) > Role::Muted && !room.mark(session.peer).is_blocked;
        if !session.is_shown || !is_new || !is_heard || !is_small(room) {
            return;
        }
        session.typed_at = Some(now);
        let (id, peer) = (session.room, session.peer);
        self.notify(Event::Typing { room: id, peer });
    }
}

fn is_small(room: &Room) -> bool {
    let is_in =
        |(_, peer, _): &(MemberIndex, PeerId, u64)| room.membership.role(*peer) > Role::Removed;
    room.frontier().filter(is_in).take(MAX_MEMBERS.saturating_add(1)).count() <= MAX_MEMBERS
}
