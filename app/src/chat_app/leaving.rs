//! What somebody sees who leaves a room.

use engine::Role;

use super::ChatApp;
use crate::{
    model::Room,
    ui::{
        action::Grave,
        leaving::{LeavingView, Witness},
    },
};

impl ChatApp {
    pub(super) fn leaving_view(&self, room: &Room) -> LeavingView {
        let my_role = room.my_role();
        let has_others = room.others().next().is_some();
        let has_mailbox = room.uses_mailbox && self.net.open_relays() > 0;
        let witness = if my_role == Role::Removed || !has_others {
            Witness::Unneeded
        } else if has_mailbox || !room.online.is_empty() {
            Witness::Somebody
        } else {
            Witness::Nobody
        };
        LeavingView {
            room: room.id,
            is_asked: self.state.now.asked == Some(Grave::Leave(room.id)),
            is_leaving: room.is_leaving,
            witness,
            is_owner: my_role == Role::Owner,
            has_admins: room.others().any(|member| member.role == Role::Admin),
        }
    }
}
