//! Rooms that are open to people nearby: their members' devices tell strangers of them, who
//! remember it for some minutes.
//!
//! What is told proves nothing and opens nothing. Everybody near can hear it, and anybody can make
//! it up; whoever knocks is let in by a word, after both have compared pictures.

use std::{collections::BTreeMap, time::Duration};

use rand_core::RngCore as _;

use super::{
    Talk,
    talk::{Door, MAX_TOLD},
};
use crate::{Engine, Event, Invite, InviteId, LinkId, Role, Store, addr, crypto};

/// The most rooms remembered that strangers told of, more than a person reads through. With one
/// more, the one goes that was heard of longest ago.
const MAX_HEARD: usize = 16;

/// How long one is remembered: two who stay near each other meet again within that time.
const MEMORY: Duration = Duration::from_secs(600);

/// A room that is open to people nearby.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NearbyRoom {
    /// What it is called, as far as a stranger is to be believed.
    pub name: String,
    /// How to knock, by [`Command::AcceptInvite`](crate::Command::AcceptInvite): at the device heard of last.
    pub invite: Invite,
}

/// What strangers told of rooms.
#[derive(Debug, Default)]
pub(super) struct Nearby {
    /// Each room, and until when it is remembered.
    heard: BTreeMap<InviteId, (NearbyRoom, Duration)>,
    /// What the person was told.
    told: Vec<NearbyRoom>,
}

impl Nearby {
    fn hear(&mut self, door: Door, now: Duration) {
        let Door { host, secret, name } = door;
        let invite = Invite { secret, host, expires_at: None, addrs: vec![addr::near()] };
        let end = now.saturating_add(MEMORY);
        self.heard.insert(invite.id(), (NearbyRoom { name, invite }, end));
        if self.heard.len() > MAX_HEARD
            && let Some(oldest) = self.heard.iter().min_by_key(|(_, (_, end))| *end)
        {
            let oldest = *oldest.0;
            self.heard.remove(&oldest);
        }
    }

    pub(super) fn forget(&mut self) {
        self.heard.clear();
    }

    /// When one is forgotten next.
    pub(super) fn ends_next(&self) -> Option<Duration> {
        self.heard.values().map(|(_, end)| *end).min()
    }

    fn list(&self) -> Vec<NearbyRoom> {
        let mut rooms: Vec<_> = self.heard.values().map(|(room, _)| room.clone()).collect();
        rooms.sort_by(|a, b| a.name.cmp(&b.name));
        rooms
    }
}

impl<S: Store> Engine<S> {
    /// Tells a stranger of the rooms that this device's person may let them into.
    pub(super) fn tell_doors(&mut self, link: LinkId) {
        if !self.addrs.contains(&addr::near()) {
            return;
        }
        let now = self.now.wall;
        let doors = self.rooms.values().filter_map(|room| {
            let nearby = room.membership.options().nearby_invite()?;
            let may_host = room.my_role() > Role::Muted && room.leaves_at.is_none();
            let mut open = room.invites_at(now).filter(|_| may_host);
            let invite = open.find(|invite| crypto::invite_id(&invite.secret) == nearby)?;
            let (host, name) = (room.me.host_id(), room.record.name.clone());
            Some(Door { host, secret: invite.secret, name })
        });
        let mut doors: Vec<_> = doors.collect();
        let rng = &mut self.rng;
        doors.sort_by_cached_key(|_| rng.next_u64());
        doors.truncate(MAX_TOLD);
        if !doors.is_empty() {
            self.say(link, &Talk::Doors(doors));
        }
    }

    /// A stranger told of rooms.
    pub(super) fn hear_doors(&mut self, doors: Vec<Door>) {
        for door in doors {
            self.courier.nearby.hear(door, self.now.since_start);
        }
    }

    /// Forgets rooms nobody told of for long, and those that are here, and tells the person if it is
    /// others now.
    pub(crate) fn mind_nearby(&mut self) {
        let (now, rooms) = (self.now.since_start, &self.rooms);
        let is_here = |invite: &Invite| {
            let mut known = rooms.values().flat_map(|room| &room.record.invites);
            known.any(|known| known.secret == invite.secret)
        };
        let nearby = &mut self.courier.nearby;
        nearby.heard.retain(|_, (room, end)| *end > now && !is_here(&room.invite));
        if nearby.list() != nearby.told {
            nearby.told = nearby.list();
            self.tell_nearby();
        }
    }

    /// Tells the person which rooms are open to people nearby.
    pub(crate) fn tell_nearby(&mut self) {
        let rooms = self.courier.nearby.told.clone();
        self.notify(Event::NearbyChanged { rooms });
    }
}
