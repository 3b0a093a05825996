//! The screens about a room's options, and about who waits at its door.

use egui::Ui;
use engine::{Event, RoomId};

use super::{ChatApp, invites::admins};
use crate::ui::{
    action::Action,
    door::{DoorView, door_ui},
    options::{OptionsView, options_ui},
    route::Route,
};

impl ChatApp {
    pub(super) fn options(&self, ui: &mut Ui, room: RoomId, actions: &mut Vec<Action>) {
        let Some(room) = self.model.rooms.get(&room) else { return };
        let view = OptionsView {
            room: room.id,
            name: &room.name,
            options: room.options,
            admins: admins(room),
            asked: self.state.now.asked,
        };
        options_ui(ui, &view, actions);
    }

    pub(super) fn door(&self, ui: &mut Ui, room: RoomId, actions: &mut Vec<Action>) {
        let Some(room) = self.model.rooms.get(&room) else { return };
        let view = DoorView { room: room.id, name: &room.name, newcomers: &room.newcomers };
        door_ui(ui, &view, actions);
    }

    /// Goes to the door when somebody comes whose scan was waited for, and back when nobody waits.
    pub(super) fn follow_door(&mut self, event: &Event) {
        let top = self.state.stack.top();
        match event {
            Event::NewcomerWaiting { room, name, .. } => match top {
                Route::Invite(shown)
                | Route::OneInvite(shown, _)
                | Route::FullScreenInvite(shown)
                    if shown == *room =>
                {
                    self.state.stack.open(Route::Door(*room));
                }
                Route::Door(shown) | Route::Room(shown) if shown == *room => {}
                _ => {
                    let known = self.model.rooms.get(room);
                    let to = known.map_or_else(String::new, |room| format!(" {}", room.name));
                    self.toasts.push(format!("{name} wants to join{to}."));
                }
            },
            Event::NewcomerGone { room, .. } if top == Route::Door(*room) => {
                let is_empty =
                    self.model.rooms.get(room).is_none_or(|room| room.newcomers.is_empty());
                if is_empty {
                    self.state.stack.back();
                    self.come_back();
                }
            }
            _ => {}
        }
    }
}
