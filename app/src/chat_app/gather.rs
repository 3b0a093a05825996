//! What each screen shows, gathered from what is known.

use engine::{InviteId, PeerId, RoomId};
use transport::LinkPath;

use super::ChatApp;
use crate::{
    backend::LinkInfo,
    model::{Room, preview, sentence},
    ui::{
        clock,
        diagnostics::kind,
        invite::InviteView,
        joining::JoiningView,
        peers::{PeerRow, PeersView},
        reach::{self, Reach, Standing},
        rooms::{RoomRow, RoomsView},
        widgets::status_dot::Status,
    },
};

/// Characters of a key that two people compare.
const KEY_CHARS: usize = 16;

impl ChatApp {
    /// Whether this device has an address at which others could dial it.
    pub(super) fn is_reachable(&self) -> bool {
        !self.whereabouts.addrs.is_empty()
    }

    fn is_dialing(&self) -> bool {
        self.links.iter().any(|link| link.closed.is_none() && link.peer.is_none())
    }

    /// How a room is connected.
    pub(super) fn room_standing(&self, room: &Room) -> Standing {
        let way = |id: &engine::LinkId| {
            let link = self.links.iter().find(|link| link.id == *id)?;
            Some((link.path, link.round_trip))
        };
        Reach {
            online: room.online.values().map(way).collect(),
            others: room.others().count(),
            is_dialing: self.is_dialing(),
            has_mailbox: room.uses_mailbox && self.net.open_relays() > 0,
            has_relay: self.net.open_relays() > 0,
        }
        .standing()
    }

    fn device_standing(&self) -> Standing {
        let mut peers: Vec<PeerId> =
            self.model.rooms.values().flat_map(|room| room.online.keys().copied()).collect();
        peers.sort_unstable();
        peers.dedup();
        let relays = self.net.open_relays();
        reach::of_device(peers.len(), self.is_dialing(), relays, self.is_reachable())
    }

    pub(super) fn rooms_view(&self, chosen: Option<RoomId>) -> RoomsView {
        let Standing { status, words, .. } = self.device_standing();
        let rows = self.model.recent().into_iter().map(|room| self.room_row(room)).collect();
        RoomsView { status, status_words: words, rows, chosen }
    }

    fn room_row(&self, room: &Room) -> RoomRow {
        let Standing { status, brief, .. } = self.room_standing(room);
        let last = room.last.as_ref();
        let draft = self.state.drafts.iter().find(|draft| draft.room == room.id);
        let words = match draft {
            Some(draft) if !draft.text.trim().is_empty() => format!("Draft: {}", draft.text.trim()),
            _ => last.map_or_else(
                || "Nobody has written yet".to_owned(),
                |message| preview(room, message),
            ),
        };
        RoomRow {
            id: room.id,
            name: room.name.clone(),
            preview: words,
            time: last.map_or_else(String::new, |message| self.clock.brief(message.sent_at)),
            unread: room.unread,
            status,
            status_words: brief,
        }
    }

    pub(super) fn invite_view<'a>(&'a self, room: &'a Room) -> InviteView<'a> {
        let names: Vec<&str> = room.others().map(|member| member.name.as_str()).collect();
        InviteView {
            room: room.id,
            name: &room.name,
            code: self.codes.get(&room.id),
            is_reachable: self.is_reachable(),
            members: names.join(", "),
            clock: &self.clock,
        }
    }

    pub(super) fn joining_view(&self, invite: InviteId) -> JoiningView {
        let join = self.model.joins.iter().find(|join| join.invite == invite);
        let failure = join.and_then(|join| join.failure).map(|why| sentence(&why.to_string()));
        let dialing = self.links.iter().filter(|link| link.closed.is_none() && link.peer.is_none());
        let attempts = dialing.map(attempt).collect();
        JoiningView { invite, failure, attempts, is_reachable: self.is_reachable() }
    }

    pub(super) fn peers_view<'a>(&self, room: &'a Room) -> PeersView<'a> {
        let mut rows: Vec<PeerRow> =
            room.members.iter().map(|member| self.peer_row(room, member)).collect();
        rows.sort_by_key(|row| (std::cmp::Reverse(row.status), !row.is_me));
        let is_leaving = self.state.now.leaving == Some(room.id);
        let uses_mailbox = room.uses_mailbox;
        PeersView { room: room.id, name: &room.name, rows, uses_mailbox, is_leaving }
    }

    fn peer_row(&self, room: &Room, member: &engine::Member) -> PeerRow {
        let is_me = member.id == room.me;
        let link = room
            .online
            .get(&member.id)
            .and_then(|id| self.links.iter().find(|link| link.id == *id));
        let (status, state) = if is_me {
            let status = if self.is_reachable() { Status::Nearby } else { Status::Offline };
            (status, "this device".to_owned())
        } else if let Some(link) = link {
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
        let key: String = member.id.to_string().chars().take(KEY_CHARS).collect();
        PeerRow {
            name: member.name.clone(),
            seed: member.id.as_bytes().to_vec(),
            is_me,
            status,
            state,
            details: link.map(details).unwrap_or_default(),
            key: key
                .as_bytes()
                .chunks(4)
                .map(|four| String::from_utf8_lossy(four).into_owned())
                .collect::<Vec<_>>()
                .join(" "),
        }
    }
}

fn attempt(link: &LinkInfo) -> String {
    let step = link.phases.last().map_or("knocking", |phase| phase.name);
    format!("{} at {}: {step}", kind(link.kind), link.remote)
}

fn details(link: &LinkInfo) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(trip) = link.round_trip {
        lines.push(format!("Round trip {}", clock::span(trip)));
    }
    lines.push(format!("For {}, at {}", clock::span(link.age), link.remote));
    lines
}
