//! The screens about the members of a room.

use std::{collections::BTreeMap, time::Duration};

use egui::Ui;
use engine::{Member, PeerId, Role, RoomId};
use transport::LinkPath;

use super::{ChatApp, seen::seen_words};
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
        let (present, out): (Vec<&Member>, Vec<&Member>) =
            room.members.iter().partition(|member| member.role > Role::Removed);
        let mut rows: Vec<PeerRow> = people(room, &present)
            .into_iter()
            .map(|member| self.person_row(room, member))
            .collect();
        let out = out.into_iter().map(|member| self.peer_row(room, member));
        let (left, removed) = out.into_iter().partition(|row| row.has_left);
        rows.sort_by_key(|row| {
            (std::cmp::Reverse(row.status), !row.is_me, std::cmp::Reverse(row.role))
        });
        PeersView {
            room: room.id,
            name: &room.name,
            reports: self.report_rows(room),
            rows,
            removed,
            left,
            my_role: room.my_role(),
            uses_mailbox: room.uses_mailbox,
            asking: self.asking(room),
            needs_host: room.options.approve_joins || room.options.hide_history,
            leaving: self.leaving_view(room),
        }
    }

    fn link_to(&self, room: &Room, peer: PeerId) -> Option<&LinkInfo> {
        let id = room.online.get(&peer)?;
        self.links.iter().find(|link| link.id == *id)
    }

    /// A person's row: their name, the most that any of their devices may do, and the best way there is.
    fn person_row(&self, room: &Room, member: &Member) -> PeerRow {
        let row = self.peer_row(room, member);
        let devices = room.devices_of(member.id);
        if devices.len() < 2 {
            return row;
        }
        let count = devices.len();
        let role = devices.iter().map(|device| device.role).max().unwrap_or(row.role);
        let ways = devices.into_iter().map(|device| self.device_state(room, device));
        let best = ways.max_by_key(|(status, _)| *status);
        let (status, state) = best.unwrap_or((row.status, row.state));
        PeerRow { role, status, state: format!("{count} devices, {state}"), ..row }
    }

    /// How a device is reached, and the same in words.
    pub(super) fn device_state(&self, room: &Room, member: &Member) -> (Status, String) {
        if member.id == room.me {
            let status = if self.is_reachable() { Status::Nearby } else { Status::Offline };
            (status, "this device".to_owned())
        } else if let Some(link) = self.link_to(room, member.id) {
            let words = match link.path {
                LinkPath::Direct => "here now",
                LinkPath::Relayed => "here now, by a relay",
                LinkPath::Bluetooth => "here now, by Bluetooth",
            };
            (Status::Connected, words.to_owned())
        } else if room.online.contains_key(&member.id) {
            (Status::Connected, "here now".to_owned())
        } else {
            (Status::Offline, seen_words(room, member.last_seen, &self.clock))
        }
    }

    fn peer_row(&self, room: &Room, member: &Member) -> PeerRow {
        let is_me = room.is_me(member.id);
        let (status, state) = self.device_state(room, member);
        PeerRow {
            id: member.id,
            name: room.name_of(member.id).to_owned(),
            plain: member.name.clone(),
            tag: room.tag_of(member.id).to_owned(),
            role: member.role,
            has_left: member.has_left,
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
        let PeerRow { name, plain, tag, role, has_left, is_me, status, state, .. } =
            self.person_row(room, member);
        let link = self.link_to(room, peer);
        let view = MemberView {
            room: room.id,
            id: peer,
            name,
            plain,
            has_twin: !tag.is_empty(),
            is_me,
            role,
            has_left,
            my_role: room.my_role(),
            status,
            state,
            details: link.map(details).unwrap_or_default(),
            people: self.people_view(room, member),
            key: grouped(&peer.to_string()),
            selves: self.selves_view(room, member),
            is_removing: self.state.now.asked == Some(Grave::Remove(room.id, peer)),
        };
        member_ui(ui, &view, actions);
        ui.ctx().request_repaint_after(REFRESH);
    }
}

/// Of the devices of each person the one that stands for them: this one, for this device's own.
fn people<'a>(room: &Room, present: &[&'a Member]) -> Vec<&'a Member> {
    let mut people: BTreeMap<PeerId, &Member> = BTreeMap::new();
    for member in present {
        let person = room.person_of(member.id);
        let known = people.entry(person).or_insert(member);
        if member.id == room.me || member.id == person && known.id != room.me {
            *known = member;
        }
    }
    present
        .iter()
        .copied()
        .filter(|member| {
            people.get(&room.person_of(member.id)).is_some_and(|known| known.id == member.id)
        })
        .collect()
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
    lines.push(match link.path {
        LinkPath::Direct => format!("Connected directly over {}", kind(link.kind)),
        LinkPath::Relayed => format!("Connected through a TURN server over {}", kind(link.kind)),
        LinkPath::Bluetooth => "Connected by Bluetooth".to_owned(),
    });
    lines.push(format!("For {}, at {}", clock::span(link.age), link.remote));
    lines
}
