//! What each screen shows, gathered from what is known.

use std::collections::BTreeMap;

use engine::{InviteId, NearbyRoom, PeerId, RoomId};
use transport::LinkPath;

use super::ChatApp;
use crate::{
    backend::LinkInfo,
    host::{Permission, PermissionState},
    model::{Room, plain, preview, sentence},
    ui::{
        diagnostics::kind,
        joining::JoiningView,
        nearby::NearbyRow,
        reach::{self, Reach, Standing},
        rooms::{RoomRow, RoomsView},
    },
};

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
        let mut links = BTreeMap::new();
        for (peer, id) in room.online.iter().filter(|(peer, _)| !room.is_me(**peer)) {
            // Of several devices of one person, one that is linked directly.
            let known = links.entry(room.person_of(*peer)).or_insert_with(|| way(id));
            if !matches!(known, Some((LinkPath::Direct, _))) {
                *known = way(id).or(*known);
            }
        }
        Reach {
            online: links.into_values().collect(),
            others: room.people(),
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
        RoomsView {
            status,
            status_words: words,
            rows,
            nearby: self.nearby_rows(),
            chosen,
            asks_to_notify: self.permit(Permission::Notifications) == PermissionState::NotAsked
                && !self.state.is_left_alone,
        }
    }

    /// The rooms that are open to people nearby.
    pub(super) fn nearby_rows(&self) -> Vec<NearbyRow> {
        let row =
            |room: &NearbyRoom| NearbyRow { name: plain(&room.name), link: room.invite.to_text() };
        self.model.nearby.iter().map(row).filter(|row| !row.name.is_empty()).collect()
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

    pub(super) fn joining_view(&self, invite: InviteId) -> JoiningView {
        let join = self.model.joins.iter().find(|join| join.invite == invite);
        let failure = join.and_then(|join| join.failure).map(|why| sentence(&why.to_string()));
        let dialing = self.links.iter().filter(|link| link.closed.is_none() && link.peer.is_none());
        let dialing = dialing.filter(|link| !link.is_stranger);
        let attempts = dialing.map(attempt).collect();
        let waiting = join.and_then(|join| join.waiting.clone());
        let entry = self.wifi.entry(invite);
        JoiningView {
            invite,
            failure,
            attempts,
            is_reachable: self.is_reachable(),
            is_nearby: self.model.nearby.iter().any(|room| room.invite.id() == invite),
            waiting,
            entry,
        }
    }
}

fn attempt(link: &LinkInfo) -> String {
    let step = link.phases.last().map_or("knocking", |phase| phase.name);
    format!("{} at {}: {step}", kind(link.kind), link.remote)
}
