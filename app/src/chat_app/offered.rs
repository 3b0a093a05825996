//! Networks that members who are near made for others.

use std::collections::BTreeMap;

use engine::{Event, PeerId, Role, RoomId};
use transport::wifi::Credentials;

use super::wifi::Wifi;
use crate::{
    model::Room,
    ui::wifi::{WifiHint, WifiWay},
};

/// What was handed over and holds, the newest last: one by each member who is linked.
#[derive(Debug, Default)]
pub(super) struct Offered(BTreeMap<RoomId, Vec<(PeerId, Credentials)>>);

impl Offered {
    /// Follows what the engine tells.
    pub(super) fn follow(&mut self, event: &Event) {
        match event {
            Event::NetworkOffered { room, peer, access } => {
                self.forget(*room, *peer);
                if let Some(credentials) = Credentials::decode(access) {
                    self.0.entry(*room).or_default().push((*peer, credentials));
                }
            }
            Event::PeerLost { room, peer } => self.forget(*room, *peer),
            Event::RoomLeft { room, .. } => _ = self.0.remove(room),
            _ => {}
        }
    }

    fn forget(&mut self, room: RoomId, peer: PeerId) {
        if let Some(offered) = self.0.get_mut(&room) {
            offered.retain(|(known, _)| *known != peer);
        }
    }

    /// What a conversation says of Wi-Fi.
    pub(super) fn hint<'a>(&'a self, room: &'a Room, wifi: &Wifi) -> Option<WifiHint<'a>> {
        let by = self.at_hand(room, wifi).map(|(who, _)| WifiHint::Offered(who));
        let can_make = wifi.way() == Some(WifiWay::CanMake) && room.my_role() >= Role::Member;
        by.or((can_make && !room.busy.is_empty()).then_some(WifiHint::Slow))
    }

    /// The newest that this device could join in a room, and what its maker is called there.
    pub(super) fn at_hand<'a>(
        &'a self,
        room: &'a Room,
        wifi: &Wifi,
    ) -> Option<(&'a str, &'a Credentials)> {
        let is_heard = |peer: PeerId| room.member(peer).is_some_and(|member| !member.is_blocked);
        let offered = self.0.get(&room.id).filter(|_| wifi.ssid().is_none())?;
        let (peer, credentials) = offered.iter().rev().find(|(peer, _)| is_heard(*peer))?;
        Some((room.name_of(room.person_of(*peer)), credentials))
    }
}
