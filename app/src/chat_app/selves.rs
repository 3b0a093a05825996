//! The devices of a person, gathered for the screens.

use engine::{Bond, Event, Member, PeerId, Role, RoomId};

use super::ChatApp;
use crate::{
    model::Room,
    ui::selves::{DeviceRow, SelvesView},
};

impl ChatApp {
    pub(super) fn selves_view(&self, room: &Room, member: &Member) -> SelvesView {
        let device = |device: &Member| {
            let (status, state) = self.device_state(room, device);
            DeviceRow {
                id: device.id,
                name: device.name.clone(),
                is_linked_here: device.bond == Bond::Linked,
                status,
                state,
            }
        };
        let devices = room.devices_of(member.id).into_iter().map(device).collect();
        SelvesView {
            room: room.id,
            id: member.id,
            name: room.name_of(member.id).to_owned(),
            bond: member.bond,
            may_ask: room.my_role() > Role::Removed && member.role > Role::Removed,
            is_me: room.is_me(member.id),
            devices,
        }
    }

    /// Those who say that they are this person, and were not answered.
    pub(super) fn asking(&self, room: &Room) -> Vec<SelvesView> {
        let asks = |member: &&Member| {
            let is_in = member.role > Role::Removed && room.my_role() > Role::Removed;
            is_in && member.bond == Bond::Asks && !room.is_me(member.id)
        };
        room.members.iter().filter(asks).map(|member| self.selves_view(room, member)).collect()
    }

    /// Says that another device says to be this person's, where it is not seen otherwise.
    pub(super) fn note_bond(&mut self, event: &Event) {
        let Event::MemberChanged { room, member } = event else { return };
        if member.bond == Bond::Asks && self.bond_before(*room, member.id) == Bond::None {
            self.toasts.push(format!(
                "{} says to be you, on another device. The members of the room ask you.",
                member.name
            ));
        }
    }

    fn bond_before(&self, room: RoomId, peer: PeerId) -> Bond {
        let room = self.model.rooms.get(&room);
        room.and_then(|room| room.member(peer)).map_or(Bond::None, |member| member.bond)
    }
}
