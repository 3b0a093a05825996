//! The screens about the members of a room.

use std::time::Duration;

use egui::Ui;
use engine::{PeerId, Role, RoomId};
use transport::LinkPath;

use super::ChatApp;
use crate::{
    backend::LinkInfo,
    model::Room,
    ui::{
        action::{Action, Grave},
        clock,
        diagnostics::kind,
        member::{MemberView, member_ui},
        peers::{PeerRow, PeersView, peers_ui},
        widgets::status_dot::Status,
    },
};

/// How often round trips and ages are refreshed while they are looked at.
const REFRESH: Duration = Duration::from_secs(1);
/// Characters of a key that two people compare: 128 bits, which nobody can try out.
const KEY_CHARS: usize = 32;

impl ChatApp {
    pub(super) fn peers(&self, ui: &mut Ui, room: RoomId, actions: &mut Vec<Action>) {
        let Some(room) = self.model.rooms.get(&room) else { return };
        peers_ui(ui, &self.peers_view(room), actions);
        ui.ctx().request_repaint_after(REFRESH);
    }

    fn peers_view<'a>(&self, room: &'a Room) -> PeersView<'a> {
        let rows: Vec<PeerRow> =
            room.members.iter().map(|member| self.peer_row(room, member)).collect();
        let (mut rows, removed): (Vec<_>, Vec<_>) =
            rows.into_iter().partition(|row| row.role > Role::Removed);
        rows.sort_by_key(|row| {
            (std::cmp::Reverse(row.status), !row.is_me, std::cmp::Reverse(row.role))
        });
        PeersView {
            room: room.id,
            name: &room.name,
            reports: self.report_rows(room),
            rows,
            removed,
            my_role: room.my_role(),
            uses_mailbox: room.uses_mailbox,
            is_leaving: self.is_leaving(room.id),
        }
    }

    /// Whether the person may be about to leave a room.
    pub(super) fn is_leaving(&self, room: RoomId) -> bool {
        self.state.now.asked == Some(Grave::Leave(room))
    }

    fn link_to(&self, room: &Room, peer: PeerId) -> Option<&LinkInfo> {
        let id = room.online.get(&peer)?;
        self.links.iter().find(|link| link.id == *id)
    }

    fn peer_row(&self, room: &Room, member: &engine::Member) -> PeerRow {
        let is_me = member.id == room.me;
        let (status, state) = if is_me {
            let status = if self.is_reachable() { Status::Nearby } else { Status::Offline };
            (status, "this device".to_owned())
        } else if let Some(link) = self.link_to(room, member.id) {
            let way = match link.path {
                LinkPath::Direct => "directly",
                LinkPath::Relayed => "through a relay",
            };
            (Status::Connected, format!("connected {way} over {}", kind(link.kind)))
        } else if room.online.contains_key(&member.id) {
            (Status::Connected, "connected".to_owned())
        } else {
            let seen = member.last_seen.map_or_else(
                || "not connected, not met yet".to_owned(),
                |at| format!("not connected, last seen {}", self.clock.ago(at)),
            );
            (Status::Offline, seen)
        };
        PeerRow {
            id: member.id,
            name: room.name_of(member.id).to_owned(),
            plain: member.name.clone(),
            tag: room.names.tag(member.id).to_owned(),
            role: member.role,
            is_verified: member.is_verified,
            is_blocked: member.is_blocked,
            is_me,
            status,
            state,
        }
    }

    pub(super) fn member(
        &self,
        ui: &mut Ui,
        room: RoomId,
        peer: PeerId,
        actions: &mut Vec<Action>,
    ) {
        let Some(room) = self.model.rooms.get(&room) else { return };
        // Whoever it was, they are not known any more.
        let Some(member) = room.member(peer) else {
            actions.push(Action::Back);
            return;
        };
        let PeerRow { name, plain, tag, role, is_me, status, state, .. } =
            self.peer_row(room, member);
        let link = self.link_to(room, peer);
        let view = MemberView {
            room: room.id,
            id: peer,
            name,
            plain,
            has_twin: !tag.is_empty(),
            is_me,
            role,
            my_role: room.my_role(),
            status,
            state,
            details: link.map(details).unwrap_or_default(),
            people: self.people_view(room, member),
            key: grouped(&peer.to_string()),
            is_removing: self.state.now.asked == Some(Grave::Remove(room.id, peer)),
        };
        member_ui(ui, &view, actions);
        ui.ctx().request_repaint_after(REFRESH);
    }
}

/// "0a1b 2c3d 4e5f ...", as people read keys to each other.
fn grouped(key: &str) -> String {
    let chars: Vec<char> = key.chars().take(KEY_CHARS).collect();
    chars.chunks(4).map(|four| four.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

fn details(link: &LinkInfo) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(trip) = link.round_trip {
        lines.push(format!("Round trip {}", clock::span(trip)));
    }
    lines.push(format!("For {}, at {}", clock::span(link.age), link.remote));
    lines
}
