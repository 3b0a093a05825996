//! Who is let into a room, and what its options are.

use engine::{
    Addr, Command, DoorPictures, Event, Invite, Medium, NEAR_TAG, NearbyRoom, PeerId, RoomOption,
    RoomOptions, Store as _, Target,
};

use crate::{Name, World};

impl World {
    /// The person holding `name` switches an option of their room.
    pub fn set_option(&mut self, name: Name, option: RoomOption, on: bool) {
        let room = self.room(name);
        self.command(name, Command::SetOption { room, option, on });
    }

    /// Whether in the room of `name` there ever was a key under which newcomers do not read what was
    /// written before.
    pub fn has_hidden_history(&self, name: Name) -> bool {
        !self.memory(name).closed(self.room(name)).expect("readable").is_empty()
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

    /// Who waits to be let in by the person holding `name`: key, name, and what is to be compared.
    pub fn newcomers(&self, name: Name) -> Vec<(PeerId, String, DoorPictures)> {
        let mut waiting: Vec<(PeerId, String, DoorPictures)> = Vec::new();
        for event in self.events(name) {
            match event {
                Event::NewcomerWaiting { newcomer, name, pictures, .. } => {
                    waiting.retain(|(known, ..)| known != newcomer);
                    waiting.push((*newcomer, name.clone(), *pictures));
                }
                Event::NewcomerGone { newcomer, .. } => {
                    waiting.retain(|(known, ..)| known != newcomer);
                }
                _ => {}
            }
        }
        waiting
    }

    /// Who has to let `name` in, and what is to be compared, while it waits.
    pub fn waits(&self, name: Name) -> Option<(String, DoorPictures)> {
        self.events(name).iter().rev().find_map(|event| match event {
            Event::JoinWaiting { host, pictures, .. } => Some(Some((host.clone(), *pictures))),
            Event::JoinStarted { .. } | Event::JoinFailed { .. } | Event::RoomJoined { .. } => {
                Some(None)
            }
            _ => None,
        })?
    }

    /// The person holding `host` lets in whoever waits and is called `name`, or does not.
    pub fn answer_door(&mut self, host: Name, name: &str, lets_in: bool) {
        let room = self.room(host);
        let waiting = self.newcomers(host);
        let newcomer = waiting.iter().find(|(_, known, _)| known == name).map(|(id, ..)| *id);
        let newcomer = newcomer.expect("somebody of this name waits");
        self.command(
            host,
            if lets_in {
                Command::LetIn { room, newcomer }
            } else {
                Command::TurnAway { room, newcomer }
            },
        );
        self.settle();
    }

    /// `name` can be heard over Bluetooth as well.
    pub fn switch_bluetooth_on(&mut self, name: Name) {
        let number = self.device(name).number;
        self.move_to(name, vec![Self::addr(number), Addr { tag: NEAR_TAG, bytes: Vec::new() }]);
        self.settle();
    }

    /// The rooms open to people nearby that `name` knows of.
    pub fn nearby(&self, name: Name) -> Vec<NearbyRoom> {
        let told = self.events(name).iter().rev().find_map(|event| match event {
            Event::NearbyChanged { rooms } => Some(rooms.clone()),
            _ => None,
        });
        told.unwrap_or_default()
    }

    /// `guest` knocks at the door of `host` by what it heard of a room, over the air or from afar.
    pub fn knock(&mut self, guest: Name, host: Name, invite: &Invite, medium: Medium) {
        self.accept(guest, invite);
        let before = std::mem::replace(&mut self.medium, medium);
        self.open(guest, host, Target::Invite(invite.id()));
        self.settle();
        self.medium = before;
    }
}
