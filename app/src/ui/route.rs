//! Where the person is, and where "back" leads.

use engine::{InviteId, PeerId, RoomId};
use serde::{Deserialize, Serialize};

/// A screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Route {
    /// The list of rooms; below all others.
    Rooms,
    /// Choosing a name for a new room.
    NewRoom,
    /// A conversation.
    Room(RoomId),
    /// The QR of a room.
    Invite(RoomId),
    /// The same and nothing else.
    FullScreenInvite(RoomId),
    /// The QR of one invite of several.
    OneInvite(RoomId, InviteId),
    /// All invites to a room.
    Invites(RoomId),
    /// Choosing what another invite allows.
    NewInvite(RoomId),
    /// The network this device makes where there is none, with the code of the room it was in.
    Wifi,
    /// Looking for a QR.
    Scan,
    /// Following an invite.
    Joining(InviteId),
    /// Who is in a room, and how they are reached.
    Peers(RoomId),
    /// One of them.
    Member(RoomId, PeerId),
    /// What holds for everybody in a room.
    Options(RoomId),
    /// Who waits to be let into it.
    Door(RoomId),
    /// Making sure who one of them is.
    Verify(RoomId, PeerId),
    /// Looking for the QR on the screen of one of them.
    ScanPerson(RoomId, PeerId),
    /// Telling the admins about one of them.
    Report(RoomId, PeerId),
    /// What can be changed.
    Settings,
    /// What goes on inside.
    Diagnostics,
    /// Which servers help.
    Servers,
    /// One of them, being written.
    EditServer,
    /// What this network allows.
    SelfTest,
    /// How well connecting has gone.
    Statistics,
}

impl Route {
    /// The room it shows something of.
    pub fn room(self) -> Option<RoomId> {
        match self {
            Self::Room(room)
            | Self::Invite(room)
            | Self::FullScreenInvite(room)
            | Self::OneInvite(room, _)
            | Self::Invites(room)
            | Self::NewInvite(room)
            | Self::Peers(room)
            | Self::Options(room)
            | Self::Door(room)
            | Self::Member(room, _)
            | Self::Verify(room, _)
            | Self::ScanPerson(room, _)
            | Self::Report(room, _) => Some(room),
            _ => None,
        }
    }
}

/// The screens one came through. The first is always [`Route::Rooms`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Stack(Vec<Route>);

impl Default for Stack {
    fn default() -> Self {
        Self(vec![Route::Rooms])
    }
}

impl Stack {
    /// The screen one is on.
    pub fn top(&self) -> Route {
        self.0.last().copied().unwrap_or(Route::Rooms)
    }

    /// How many screens deep one is; 1 at the list of rooms.
    pub fn depth(&self) -> usize {
        self.0.len()
    }

    /// The room one is in, however deep in its screens.
    pub fn room(&self) -> Option<RoomId> {
        self.iter().find_map(Route::room)
    }

    /// The screens one came through, the one one is on first.
    pub fn iter(&self) -> impl Iterator<Item = Route> {
        self.0.iter().rev().copied()
    }

    /// Goes on to a screen, or back to it if one came through it.
    pub fn open(&mut self, route: Route) {
        match self.0.iter().position(|known| *known == route) {
            Some(index) => self.0.truncate(index + 1),
            None => self.0.push(route),
        }
    }

    /// Goes to a screen right above the list of rooms.
    pub fn switch(&mut self, route: Route) {
        self.0.truncate(1);
        self.open(route);
    }

    /// Goes back, unless there is nowhere to go back to.
    pub fn back(&mut self) {
        if self.0.len() > 1 {
            self.0.pop();
        }
    }

    /// Leaves all screens that do not satisfy `keeps`.
    pub fn retain(&mut self, keeps: impl Fn(Route) -> bool) {
        self.0.retain(|route| *route == Route::Rooms || keeps(*route));
    }
}

#[cfg(test)]
mod tests {
    use engine::RoomId;

    use super::{Route, Stack};

    const ROOM: RoomId = RoomId::from_bytes([1; 16]);

    #[test]
    fn back_leads_through_the_screens_to_the_rooms_and_no_further() {
        let mut stack = Stack::default();
        stack.open(Route::Room(ROOM));
        stack.open(Route::Invite(ROOM));

        stack.back();
        assert_eq!(stack.top(), Route::Room(ROOM));
        stack.back();
        stack.back();
        assert_eq!(stack.top(), Route::Rooms);
    }

    #[test]
    fn opening_a_screen_below_goes_back_to_it() {
        let mut stack = Stack::default();
        for route in [Route::Room(ROOM), Route::Peers(ROOM), Route::Room(ROOM)] {
            stack.open(route);
        }
        assert_eq!((stack.top(), stack.depth()), (Route::Room(ROOM), 2));
    }

    #[test]
    fn room_that_is_gone_takes_its_screens_along() {
        let mut stack = Stack::default();
        stack.open(Route::Room(ROOM));
        stack.open(Route::Invite(ROOM));
        stack.open(Route::Settings);

        stack.retain(|route| route.room() != Some(ROOM));

        assert_eq!((stack.top(), stack.depth()), (Route::Settings, 2));
    }
}
