//! Who is let into a room, and what its options are.

use engine::{Command, Event, RoomOption, RoomOptions};

use crate::{Name, World};

impl World {
    /// The person holding `name` switches an option of their room.
    pub fn set_option(&mut self, name: Name, option: RoomOption, on: bool) {
        let room = self.room(name);
        self.command(name, Command::SetOption { room, option, on });
    }

    /// The options of the room of `name`, as it was last told of them.
    pub fn options(&self, name: Name) -> RoomOptions {
        let told = self.events(name).iter().rev().find_map(|event| match event {
            Event::OptionsChanged { options, .. } => Some(*options),
            Event::RoomJoined { room, .. } => Some(room.options),
            Event::Started { rooms, .. } => rooms.first().map(|room| room.options),
            _ => None,
        });
        told.unwrap_or_default()
    }
}
