//! The state machine: inputs in, outputs out.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::Duration,
};

use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore as _, SeedableRng as _};

use crate::{
    Addr, Batch, Command, Event, Frame, Invite, InviteId, LinkId, MAX_ADDR_LEN, MAX_ADDRS, PeerId,
    Profile, RoomId, RoomSummary, Store, StoreError, Timestamp, crypto, hlc,
    identity::Identity,
    op::KIND_TEXT,
    room::Room,
    session::{HANDSHAKE_TIMEOUT, LinkState, Links},
};

/// Unread messages are counted no further than this.
pub(crate) const MAX_UNREAD: usize = 1_000;

/// The most members of one room this device dials at a time: enough for a message to reach
/// everyone in few hops, few enough for a phone's battery and radio.
const MAX_DIALED_PER_ROOM: usize = 6;

/// What the engine is told of time.
#[derive(Debug, Clone, Copy)]
pub struct Now {
    /// Time since some fixed moment; never runs backwards. For timers.
    pub since_start: Duration,
    /// What the device's clock shows. For display and expiry.
    pub wall: Timestamp,
}

/// What happened outside.
#[derive(Debug)]
pub enum Input {
    /// The person did something.
    Command(Command),
    /// A link opened.
    LinkUp {
        /// The link.
        link: LinkId,
        /// Whom it was dialed to reach; `None` if the other end dialed.
        target: Option<Target>,
        /// For links that encrypt by themselves, what binds a handshake to them: 32 bytes both
        /// ends compute alike and no machine in the middle can make equal.
        binding: Option<[u8; 32]>,
    },
    /// A frame arrived whole.
    FrameReceived(LinkId, Frame),
    /// The link closed; nothing more will arrive on it.
    LinkDown(LinkId),
    /// This device can be dialed at these addresses now, best first.
    AddrsChanged(Vec<Addr>),
    /// The time of [`Engine::deadline`] has come.
    Timeout,
}

/// What to do about it.
#[derive(Debug, PartialEq, Eq)]
pub enum Output {
    /// Send this frame.
    Transmit(LinkId, Frame),
    /// Close this link.
    Hangup(LinkId),
    /// Keep dialing until a link to the target is up, and again whenever it is lost, until
    /// [`Output::StopDialing`]. A second one for the same target replaces the first.
    Dial {
        /// Whom to reach.
        target: Target,
        /// Where to try.
        addrs: Vec<Addr>,
        /// What makes the other end answer.
        key: [u8; 32],
    },
    /// Dial this target no more.
    StopDialing(Target),
    /// Answer dialers who know this key.
    Admit([u8; 32]),
    /// Answer them no more.
    Refuse([u8; 32]),
    /// Tell the person.
    Notify(Event),
}

/// Whom a dial is meant to reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// The device that showed an invite.
    Invite(InviteId),
    /// A member of a room.
    Member(RoomId, PeerId),
}

/// A join the person asked for and that has not succeeded yet.
#[derive(Debug)]
pub(crate) struct Join {
    pub(crate) invite: Invite,
    pub(crate) identity_seed: [u8; 32],
}

/// One device's part of the protocol.
///
/// Call [`handle`](Self::handle) with what happened, as often as there is something; then
/// [`commit`](Self::commit) once; then [`poll`](Self::poll) until it returns `None`. Nothing is
/// shown, sent or acknowledged before `commit` has put it on disk.
#[derive(Debug)]
pub struct Engine<S> {
    pub(crate) store: S,
    pub(crate) rng: ChaCha20Rng,
    pub(crate) name: Option<String>,
    pub(crate) rooms: BTreeMap<RoomId, Room>,
    pub(crate) joins: BTreeMap<InviteId, Join>,
    pub(crate) links: Links,
    pub(crate) addrs: Vec<Addr>,
    /// Rooms whose invite the person has asked to see.
    pub(crate) shown_invites: BTreeSet<RoomId>,
    pub(crate) staged: Batch,
    /// Rooms in which there is something to send once it is on disk.
    pub(crate) unsent: BTreeSet<RoomId>,
    dialed: BTreeSet<Target>,
    pub(crate) outputs: VecDeque<Output>,
    has_uncommitted: bool,
}

impl<S: Store> Engine<S> {
    /// Wakes the device with what it remembers. `seed` is fresh chance, never used before.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the memory cannot be read.
    pub fn new(store: S, seed: [u8; 32]) -> Result<Self, StoreError> {
        let mut engine = Self {
            rng: ChaCha20Rng::from_seed(seed),
            name: store.profile()?.map(|profile| profile.name),
            rooms: BTreeMap::new(),
            joins: BTreeMap::new(),
            links: Links::new(),
            addrs: Vec::new(),
            shown_invites: BTreeSet::new(),
            staged: Batch::default(),
            unsent: BTreeSet::new(),
            dialed: BTreeSet::new(),
            outputs: VecDeque::new(),
            has_uncommitted: false,
            store,
        };
        engine.load()?;
        Ok(engine)
    }

    fn load(&mut self) -> Result<(), StoreError> {
        let mut summaries = Vec::new();
        for record in self.store.rooms()? {
            let id = record.id;
            let newest = self.store.page_before(id, None, 1)?;
            let last_hlc = newest.first().map_or(0, |op| hlc::of_order(op.position.hlc));
            let members = self.store.members(id)?;
            let heads = self.store.heads(id)?;
            let mut room = Room::new(record, members, heads, last_hlc);
            let read = room.record.read_up_to;
            room.unread = self.store.count_after(id, read, KIND_TEXT, room.my_index, MAX_UNREAD)?;
            summaries.push(self.summary(&room)?);
            self.rooms.insert(id, room);
        }
        summaries.sort_by_key(|s| std::cmp::Reverse(s.last.as_ref().map(|m| m.position)));
        self.notify(Event::Started { name: self.name.clone(), rooms: summaries });
        for room in self.rooms.keys().copied().collect::<Vec<_>>() {
            self.admit(room);
            self.dial_members(room);
        }
        Ok(())
    }

    /// Takes one input in. Outputs wait for [`commit`](Self::commit).
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the memory cannot be read; the engine must then be dropped and woken
    /// anew.
    pub fn handle(&mut self, now: Now, input: Input) -> Result<(), StoreError> {
        self.has_uncommitted = true;
        match input {
            Input::Command(command) => self.obey(now, command),
            Input::LinkUp { link, target, binding } => {
                self.link_up(now, link, target, binding);
                Ok(())
            }
            Input::FrameReceived(link, frame) => self.receive(now, link, frame),
            Input::LinkDown(link) => {
                self.link_down(now, link);
                Ok(())
            }
            Input::AddrsChanged(addrs) => {
                self.move_to(addrs);
                Ok(())
            }
            Input::Timeout => {
                self.end_slow_handshakes(now);
                Ok(())
            }
        }
    }

    /// Puts what the inputs since the last call changed on disk, all at once, and lets their
    /// outputs go. The longer the caller collects inputs, the fewer writes are needed.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the disk failed or is full; nothing since the last call is then
    /// remembered, no output speaks of it, and the engine must be dropped and woken anew.
    pub fn commit(&mut self) -> Result<(), StoreError> {
        if !self.staged.is_empty() {
            self.store.commit(std::mem::take(&mut self.staged))?;
        }
        for room in std::mem::take(&mut self.unsent) {
            self.flush(room)?;
        }
        self.has_uncommitted = false;
        Ok(())
    }

    /// The next thing to do, if any; nothing while something waits for [`commit`](Self::commit).
    pub fn poll(&mut self) -> Option<Output> {
        if self.has_uncommitted {
            return None;
        }
        self.outputs.pop_front()
    }

    /// When [`Input::Timeout`] is due, in [`Now::since_start`].
    pub fn deadline(&self) -> Option<Duration> {
        let opened = self.links.values().filter_map(|state| match state {
            LinkState::Awaiting(opened) | LinkState::Handshaking(opened, ..) => Some(opened.at),
            LinkState::Open(_) => None,
        });
        opened.min().map(|at| at.saturating_add(HANDSHAKE_TIMEOUT))
    }

    /// The memory, to look at.
    pub fn store(&self) -> &S {
        &self.store
    }

    /// Everything the person may see, as in [`Event::Started`]: for screens that lost track.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the memory cannot be read.
    pub fn retell(&mut self) -> Result<(), StoreError> {
        let rooms: Result<Vec<_>, _> = self.rooms.values().map(|r| self.summary(r)).collect();
        let mut rooms = rooms?;
        rooms.sort_by_key(|s| std::cmp::Reverse(s.last.as_ref().map(|m| m.position)));
        self.notify(Event::Started { name: self.name.clone(), rooms });
        for (link, room, peer) in self.shown_sessions() {
            self.notify(Event::PeerSeen { room, peer, link });
        }
        Ok(())
    }

    pub(crate) fn summary(&self, room: &Room) -> Result<RoomSummary, StoreError> {
        /// Operations that show nothing are few; among this many there is one that does.
        const ENOUGH: usize = 8;
        let newest = self.store.page_before(room.id(), None, ENOUGH)?;
        Ok(RoomSummary {
            id: room.id(),
            name: room.record.name.clone(),
            me: room.me.id,
            members: room.roster(),
            last: newest.iter().find_map(|stored| room.show(stored)),
            unread: room.unread,
        })
    }

    pub(crate) fn notify(&mut self, event: Event) {
        self.outputs.push_back(Output::Notify(event));
    }

    /// 32 bytes of fresh chance.
    pub(crate) fn chance(&mut self) -> [u8; 32] {
        let mut bytes = [0; 32];
        self.rng.fill_bytes(&mut bytes);
        bytes
    }

    pub(crate) fn set_profile(&mut self, name: String) {
        self.staged.profile = Some(Profile { name: name.clone() });
        self.name = Some(name);
    }

    /// Answers members of a room and those who hold one of its invites.
    pub(crate) fn admit(&mut self, room: RoomId) {
        let Some(room) = self.rooms.get(&room) else { return };
        let (_, key) = room.epoch();
        self.outputs.push_back(Output::Admit(crypto::room_dial_key(room.id(), &key)));
        for invite in &room.record.invites {
            self.outputs.push_back(Output::Admit(crypto::invite_dial_key(&invite.secret)));
        }
    }

    /// Dials as many members of a room as are wanted and not there, most lately seen first.
    pub(crate) fn dial_members(&mut self, id: RoomId) {
        let Some(room) = self.rooms.get(&id) else { return };
        let present = self.peers_of(id);
        let mut absent: Vec<_> = room
            .members
            .iter()
            .filter(|m| m.id != room.me.id && !m.addrs.is_empty() && !present.contains(&m.id))
            .collect();
        absent.sort_by_key(|m| (std::cmp::Reverse(m.last_seen), m.id));
        absent.truncate(MAX_DIALED_PER_ROOM.saturating_sub(present.len()));
        let (_, epoch_key) = room.epoch();
        let key = crypto::room_dial_key(id, &epoch_key);
        let wanted: BTreeMap<Target, Vec<Addr>> =
            absent.iter().map(|m| (Target::Member(id, m.id), m.addrs.clone())).collect();
        let is_stale = |target: &Target| {
            matches!(target, Target::Member(r, _) if *r == id) && !wanted.contains_key(target)
        };
        let stale: Vec<_> = self.dialed.iter().copied().filter(is_stale).collect();
        for target in stale {
            self.stop_dialing(target);
        }
        for (target, addrs) in wanted {
            if self.dialed.insert(target) {
                self.outputs.push_back(Output::Dial { target, addrs, key });
            }
        }
    }

    pub(crate) fn dial_invite(&mut self, invite: &Invite) {
        let target = Target::Invite(invite.id());
        self.dialed.insert(target);
        let key = crypto::invite_dial_key(&invite.secret);
        self.outputs.push_back(Output::Dial { target, addrs: invite.addrs.clone(), key });
    }

    pub(crate) fn stop_dialing(&mut self, target: Target) {
        if self.dialed.remove(&target) {
            self.outputs.push_back(Output::StopDialing(target));
        }
    }

    /// This device can be dialed elsewhere now.
    fn move_to(&mut self, mut addrs: Vec<Addr>) {
        addrs.truncate(MAX_ADDRS);
        addrs.retain(|addr| addr.bytes.len() <= MAX_ADDR_LEN);
        if addrs == self.addrs {
            return;
        }
        self.addrs = addrs;
        self.send_hello_everywhere();
        for room in self.shown_invites.clone() {
            self.show_invite(room);
        }
    }

    /// Tells the person the invite to a room, if it has one.
    pub(crate) fn show_invite(&mut self, id: RoomId) {
        let Some(room) = self.rooms.get(&id) else { return };
        let Some(record) = room.record.invites.last() else { return };
        let invite = Invite {
            secret: record.secret,
            host: room.me.host_id(),
            expires_at: record.expires_at,
            addrs: self.addrs.clone(),
        };
        self.notify(Event::InviteReady { room: id, invite });
    }

    /// A fresh identity's seed and the identity.
    pub(crate) fn new_identity(&mut self) -> ([u8; 32], Identity) {
        let seed = self.chance();
        (seed, Identity::from_seed(&seed))
    }
}
