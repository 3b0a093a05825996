//! The codes of rooms: which invite each is to show, and what came of asking for it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use engine::{Invite, InviteId, RoomId};

use crate::ui::invite::Code;

/// The codes of all rooms.
#[derive(Debug, Default)]
pub(super) struct Codes {
    drawn: BTreeMap<RoomId, Code>,
    wanted: BTreeMap<RoomId, Option<InviteId>>,
    /// Rooms that were asked about and have not answered, oldest first: answers come in order, and
    /// "there is none" does not say of which room.
    asked: VecDeque<RoomId>,
    without: BTreeSet<RoomId>,
}

impl Codes {
    /// The code of a room, if it is there and the one wanted.
    pub(super) fn of(&self, room: RoomId) -> Option<&Code> {
        self.drawn.get(&room)
    }

    /// Whether it is known what the room has to show.
    pub(super) fn has(&self, room: RoomId) -> bool {
        self.drawn.contains_key(&room) || self.without.contains(&room)
    }

    /// Whether there is no invite to show.
    pub(super) fn has_none(&self, room: RoomId) -> bool {
        self.without.contains(&room)
    }

    /// This invite of the room is wanted, or the usual one; whoever calls asks for it.
    pub(super) fn want(&mut self, room: RoomId, invite: Option<InviteId>) {
        if self.wanted.insert(room, invite).flatten() != invite {
            self.drawn.remove(&room);
            self.without.remove(&room);
        }
        self.asked.push_back(room);
    }

    /// There is this invite to show. Returns whether it is the one wanted.
    pub(super) fn hear(&mut self, room: RoomId, invite: &Invite) -> bool {
        if let Some(at) = self.asked.iter().position(|asked| *asked == room) {
            self.asked.remove(at);
        }
        let wanted = self.wanted.get(&room).copied().flatten();
        wanted.is_none_or(|wanted| wanted == invite.id())
    }

    /// It was drawn.
    pub(super) fn put(&mut self, room: RoomId, code: Code) {
        self.without.remove(&room);
        self.drawn.insert(room, code);
    }

    /// There is none where one was asked for. Returns whether any was.
    pub(super) fn hear_none(&mut self) -> bool {
        let Some(room) = self.asked.pop_front() else { return false };
        self.drawn.remove(&room);
        self.without.insert(room);
        true
    }

    /// Lets go of the codes; those that are looked at are to be asked for again.
    pub(super) fn let_go(&mut self) {
        self.drawn.clear();
    }

    /// The room is not on this device any more.
    pub(super) fn forget(&mut self, room: RoomId) {
        self.drawn.remove(&room);
        self.wanted.remove(&room);
        self.without.remove(&room);
        self.asked.retain(|asked| *asked != room);
    }
}
