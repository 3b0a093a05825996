//! The door of a room whose newcomers are let in one by one: who waits there gets nothing of the room
//! until somebody at the host's screen says so.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use crate::{
    Engine, Event, InviteId, JoinFailure, LinkId, PeerId, Refusal, Role, RoomId, Store, StoreError,
    crypto, emojis,
    room::Room,
    session::{LinkState, Session},
    wire::Packet,
};

/// The most newcomers who wait for one room on one device: more than stand around a phone. Of more
/// the one goes that has waited longest.
const MAX_WAITING: usize = 8;

/// How long a newcomer waits: time to find whoever holds the host's device. Then theirs dials again.
const WAIT: Duration = Duration::from_secs(600);

/// How much longer the newcomer's end holds on, since the host's decides.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long whoever was let in may come back without being asked again: links break.
const LET_IN_FOR: Duration = Duration::from_secs(3_600);

/// How often a device may be turned away before it is without asking anybody.
const MAX_REFUSALS: u32 = 3;

/// The most devices noted that were let in, that were turned away, and the most invites by which this
/// one was.
const MAX_NOTED: usize = 64;

/// The pictures a newcomer and who hosts them compare: 36 bits neither of them, nor anybody between
/// them, could choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DoorPictures([u8; 6]);

impl DoorPictures {
    fn of(session: &Session, host: &[u8; 16], newcomer: &[u8; 16]) -> Self {
        Self(crypto::door_pictures(&session.salt, host, newcomer))
    }

    /// Ones made up, for tests of screens: each number is taken modulo the number of pictures.
    pub const fn from_numbers(numbers: [u8; 6]) -> Self {
        Self(numbers)
    }

    /// Each picture with what it is called, in the order in which they are compared.
    pub fn pictures(&self) -> [(char, &'static str); 6] {
        self.0.map(emojis::picture)
    }
}

/// What a session at a door is waiting for.
#[derive(Debug)]
pub(crate) enum Door {
    /// This device's person lets the newcomer in, or does not.
    Held(Held),
    /// The host's does.
    Knocked(Knocked),
}

/// This device at somebody's door.
#[derive(Debug)]
pub(crate) struct Knocked {
    /// What whoever holds the host's device is called, until the pictures are shown,
    host: Option<String>,
    /// what the host is bound to tell,
    promise: [u8; 32],
    /// and what was told to it.
    nonce: [u8; 16],
    until: Duration,
}

/// A newcomer at a room's door.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) room: RoomId,
    invite: InviteId,
    nonce: [u8; 16],
    /// What they call themselves, and what they drew, once they have said so.
    knocked: Option<(String, [u8; 16])>,
    until: Duration,
}

impl Door {
    pub(crate) fn until(&self) -> Duration {
        match self {
            Self::Held(held) => held.until,
            Self::Knocked(knocked) => knocked.until,
        }
    }
}

/// What is remembered of doors, while the process lives.
#[derive(Debug, Default)]
pub(crate) struct Doors {
    /// Who was let in, and until when they may come back,
    let_in: BTreeMap<(RoomId, PeerId), Duration>,
    /// and who was turned away, how often.
    refused: BTreeMap<(RoomId, PeerId), u32>,
    /// As whom this device was turned away.
    turned_away: BTreeMap<InviteId, [u8; 32]>,
    /// Rooms whose options changed.
    pub(crate) changed: BTreeSet<RoomId>,
}

impl Doors {
    /// As whom to ask again by an invite by which this device was turned away: whoever asks often is
    /// known to be one.
    pub(crate) fn seed_for(&self, invite: InviteId) -> Option<[u8; 32]> {
        self.turned_away.get(&invite).copied()
    }
}

/// Notes something in a map that keeps its size.
fn note<K: Ord + Copy, V>(map: &mut BTreeMap<K, V>, key: K, value: V) {
    map.insert(key, value);
    if map.len() > MAX_NOTED
        && let Some(gone) = map.keys().find(|known| **known != key).copied()
    {
        map.remove(&gone);
    }
}

impl Room {
    /// Whether this device's person lets newcomers in: who may only read does not, where somebody
    /// has to say so.
    pub(crate) fn may_host(&self) -> bool {
        !self.membership.options().approve_joins || self.my_role() > Role::Muted
    }
}

impl<S: Store> Engine<S> {
    /// Whether somebody here has to say a word before this newcomer gets anything.
    pub(crate) fn must_wait(&self, id: RoomId, newcomer: PeerId) -> bool {
        let Some(room) = self.rooms.get(&id) else { return false };
        let is_let_in = self
            .doors
            .let_in
            .get(&(id, newcomer))
            .is_some_and(|until| self.now.since_start < *until);
        room.membership.options().approve_joins && room.index_of(newcomer).is_none() && !is_let_in
    }

    /// Has a newcomer wait; false if they are not to.
    pub(crate) fn hold_at_door(
        &mut self,
        link: LinkId,
        mut session: Session,
        id: RoomId,
        invite: InviteId,
    ) -> bool {
        let peer = session.peer;
        let nonce = self.short_chance();
        let until = self.now.since_start.saturating_add(WAIT);
        session.door = Some(Door::Held(Held { room: id, invite, nonce, knocked: None, until }));
        self.links.insert(link, LinkState::Open(Box::new(session)));
        if self.doors.refused.get(&(id, peer)).is_some_and(|times| *times >= MAX_REFUSALS) {
            self.transmit(link, &Packet::Refuse);
            return false;
        }
        let mut waiting = self.waiting_for(id);
        waiting.retain(|(_, other, _)| *other != link);
        // One device waits once, by its newest link.
        for (_, older, _) in waiting.extract_if(.., |(_, _, other)| *other == peer) {
            self.hang_up(older);
        }
        if waiting.len() >= MAX_WAITING
            && let Some((_, oldest, _)) = waiting.into_iter().min()
        {
            self.hang_up(oldest);
        }
        let host = self.rooms.get(&id).and_then(|room| room.member(room.my_index));
        let host = host.map(|me| me.name.clone()).unwrap_or_default();
        self.transmit(link, &Packet::Wait { host, promise: crypto::door_promise(&nonce) });
        true
    }

    /// Who waits for a room: until when, over which link, who.
    fn waiting_for(&self, id: RoomId) -> Vec<(Duration, LinkId, PeerId)> {
        let held = self.links.iter().filter_map(|(link, state)| match state {
            LinkState::Open(session) => match &session.door {
                Some(Door::Held(held)) if held.room == id => {
                    Some((held.until, *link, session.peer))
                }
                _ => None,
            },
            _ => None,
        });
        held.collect()
    }

    /// A newcomer said what they are called; false if that was said before.
    pub(crate) fn take_knock(&mut self, link: LinkId, name: String, theirs: [u8; 16]) -> bool {
        let Some(session) = self.session_mut(link) else { return true };
        session.is_live = true;
        let nonce = match &mut session.door {
            Some(Door::Held(held)) if held.knocked.is_none() => {
                held.knocked = Some((name, theirs));
                held.nonce
            }
            _ => return false,
        };
        self.transmit(link, &Packet::Reveal { nonce });
        self.tell_newcomer(link);
        true
    }

    /// Tells the person who waits at the other end of a link.
    fn tell_newcomer(&mut self, link: LinkId) {
        let Some(session) = self.session(link) else { return };
        let Some(Door::Held(held)) = &session.door else { return };
        let Some((name, theirs)) = held.knocked.clone() else { return };
        let (room, newcomer) = (held.room, session.peer);
        let pictures = DoorPictures::of(session, &held.nonce, &theirs);
        self.notify(Event::NewcomerWaiting { room, newcomer, name, pictures });
    }

    /// Tells the person anew who waits.
    pub(crate) fn retell_doors(&mut self) {
        self.tell_nearby();
        for link in self.links.keys().copied().collect::<Vec<_>>() {
            self.tell_newcomer(link);
        }
    }

    /// Lets a newcomer in who waits; false if they do not.
    pub(crate) fn let_in(&mut self, id: RoomId, newcomer: PeerId) -> Result<bool, StoreError> {
        let waiting = self.waiting_for(id);
        let Some((_, link, _)) = waiting.into_iter().find(|(_, _, who)| *who == newcomer) else {
            return Ok(false);
        };
        self.open_door(link)?;
        Ok(true)
    }

    fn open_door(&mut self, link: LinkId) -> Result<(), StoreError> {
        let now = self.now;
        let Some(LinkState::Open(session)) = self.links.get_mut(&link) else { return Ok(()) };
        let Some(Door::Held(held)) = &session.door else { return Ok(()) };
        let (id, newcomer, invite) = (held.room, session.peer, held.invite);
        let has_knocked = held.knocked.is_some();
        let is_open = self.rooms.get(&id).is_some_and(|room| {
            let mut open = room.invites_at(now.wall);
            room.may_host() && open.any(|known| crypto::invite_id(&known.secret) == invite)
        });
        if !is_open {
            // The invite they came by is over, or this device's person is not to host any more.
            self.transmit(link, &Packet::Refuse);
            self.hang_up(link);
            return Ok(());
        }
        session.door = None;
        session.room = id;
        // From here on it is a session like any newcomer's.
        (session.is_live, session.opened_at) = (false, now.since_start);
        session.useful_at = now.since_start;
        let until = now.since_start.saturating_add(LET_IN_FOR);
        note(&mut self.doors.let_in, (id, newcomer), until);
        if has_knocked {
            self.notify(Event::NewcomerGone { room: id, newcomer });
        }
        if !self.welcome(link, id)? {
            self.hang_up(link);
        }
        Ok(())
    }

    /// Does not let a newcomer in who waits.
    pub(crate) fn turn_away(&mut self, id: RoomId, newcomer: PeerId) -> Result<(), Refusal> {
        let waiting = self.waiting_for(id);
        let found = waiting.into_iter().find(|(_, _, who)| *who == newcomer);
        let (_, link, _) = found.ok_or(Refusal::NobodyWaits)?;
        let times = self.doors.refused.get(&(id, newcomer)).copied().unwrap_or_default();
        note(&mut self.doors.refused, (id, newcomer), times.saturating_add(1));
        self.transmit(link, &Packet::Refuse);
        self.hang_up(link);
        Ok(())
    }

    /// The options of rooms changed: where nobody has to be asked any more, nobody waits.
    pub(crate) fn mind_doors(&mut self) -> Result<(), StoreError> {
        self.mind_nearby();
        for id in std::mem::take(&mut self.doors.changed) {
            let asks = self.rooms.get(&id).is_none_or(|r| r.membership.options().approve_joins);
            if !asks {
                for (_, link, _) in self.waiting_for(id) {
                    self.open_door(link)?;
                }
            }
            // Who may show an invite is another question now, and so is where a welcome is left.
            self.mind_mailbox(id);
        }
        Ok(())
    }

    /// The host has somebody let newcomers in; false if it said so before.
    pub(crate) fn knock(&mut self, link: LinkId, host: String, promise: [u8; 32]) -> bool {
        let until = self.now.since_start.saturating_add(WAIT).saturating_add(PATIENCE);
        let nonce = self.short_chance();
        let Some(name) = self.name.clone() else { return false };
        let Some(session) = self.session_mut(link) else { return true };
        if session.door.is_some() {
            return false;
        }
        session.door = Some(Door::Knocked(Knocked { host: Some(host), promise, nonce, until }));
        self.transmit(link, &Packet::Knock { name, nonce });
        true
    }

    /// The host tells what it drew before it knew what this device did; false if it did not.
    pub(crate) fn take_reveal(
        &mut self,
        link: LinkId,
        invite: InviteId,
        theirs: &[u8; 16],
    ) -> bool {
        let Some(session) = self.session_mut(link) else { return true };
        let Some(Door::Knocked(knocked)) = &mut session.door else { return false };
        if crypto::door_promise(theirs) != knocked.promise {
            return false;
        }
        let (Some(host), nonce) = (knocked.host.take(), knocked.nonce) else { return false };
        let pictures = DoorPictures::of(session, theirs, &nonce);
        self.notify(Event::JoinWaiting { invite, host, pictures });
        true
    }

    /// The host's person said no.
    pub(crate) fn take_refusal(&mut self, invite: InviteId) -> bool {
        if let Some(join) = self.joins.get(&invite) {
            let seed = join.identity_seed;
            note(&mut self.doors.turned_away, invite, seed);
        }
        self.fail_join(invite, JoinFailure::NotLetIn);
        true
    }

    /// A link to or from a door is gone.
    pub(crate) fn leave_door(&mut self, session: &Session) {
        let gone = match (&session.door, session.joining) {
            (Some(Door::Held(held)), _) if held.knocked.is_some() => {
                Event::NewcomerGone { room: held.room, newcomer: session.peer }
            }
            // It is dialed again.
            (Some(Door::Knocked(_)), Some(invite)) if self.joins.contains_key(&invite) => {
                Event::JoinStarted { invite }
            }
            _ => return,
        };
        self.notify(gone);
    }
}
