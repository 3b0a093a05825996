//! The state machine: inputs in, outputs out.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::Duration,
};

use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore as _, SeedableRng as _};

pub use crate::turn::{Input, Now, Output, Target};
use crate::{
    Addr, Batch, Event, InTurn, InviteId, MemberIndex, PeerId, Position, Profile, RoomId,
    RoomSummary, Store, StoreError, Timestamp, Verifier,
    body::KIND_TEXT,
    courier::Courier,
    door::Doors,
    hlc,
    identity::Identity,
    join::Join,
    mailbox::Mailbox,
    network::MadeNetwork,
    retain::Retention,
    room::{Reports, Room},
    session::{LinkState, Links},
    sync::Grown,
};

/// Unread messages are counted no further than this.
pub(crate) const MAX_UNREAD: usize = 1_000;

/// So many of the newest operations say at a start who was heard of when: a few screens of them.
const NEWEST: usize = 200;

/// A page of history the person asked for.
#[derive(Debug)]
pub(crate) struct Wanted {
    pub(crate) room: RoomId,
    pub(crate) before: Option<Position>,
    pub(crate) limit: usize,
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
    /// What the last input said of time.
    pub(crate) now: Now,
    pub(crate) name: Option<String>,
    pub(crate) rooms: BTreeMap<RoomId, Room>,
    pub(crate) joins: BTreeMap<InviteId, Join>,
    pub(crate) links: Links,
    pub(crate) addrs: Vec<Addr>,
    /// Rooms of which the person has asked to see an invite, and which.
    pub(crate) shown_invites: BTreeMap<RoomId, Option<InviteId>>,
    pub(crate) staged: Batch,
    /// Members that changed in a way worth a write only together with others.
    pub(crate) unhurried: BTreeSet<(RoomId, MemberIndex)>,
    /// Rooms in which there may be something to send once it is on disk, and the logs that grew.
    pub(crate) unsent: BTreeMap<RoomId, Grown>,
    /// Rooms of which something changed that may matter to their mailbox.
    pub(crate) untended: BTreeSet<RoomId>,
    /// Rooms in which somebody may have been removed who is still linked,
    pub(crate) unparted: BTreeSet<RoomId>,
    /// and those in which somebody is who should not have been let in.
    pub(crate) uninvited: BTreeSet<RoomId>,
    /// Mailboxes of epochs that are over, in which is to be left what leads on.
    pub(crate) left_mailboxes: Vec<(RoomId, Mailbox)>,
    /// Rooms whose number of unread messages changed.
    pub(crate) recounted: BTreeSet<RoomId>,
    /// Rooms of which more or less is shown than before,
    pub(crate) relisted: BTreeSet<RoomId>,
    /// and those whose reports are to be told.
    pub(crate) wanted_reports: BTreeSet<RoomId>,
    pub(crate) wanted_pages: Vec<Wanted>,
    pub(crate) dialed: BTreeMap<Target, Vec<Addr>>,
    /// When it is the turn of other members to be dialed.
    pub(crate) turn_at: Option<Duration>,
    /// Members who passed forged operations on, and until when they are not spoken to.
    pub(crate) banned: BTreeMap<PeerId, Duration>,
    /// When the buckets of peers whose link ended are full again.
    pub(crate) spent: BTreeMap<(RoomId, PeerId), Duration>,
    pub(crate) doors: Doors,
    pub(crate) outputs: VecDeque<Output>,
    pub(crate) verifier: Box<dyn Verifier>,
    pub(crate) courier: Courier,
    pub(crate) network: Option<MadeNetwork>,
    pub(crate) retention: Retention,
    has_uncommitted: bool,
    has_failed: bool,
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
            now: Now { since_start: Duration::ZERO, wall: Timestamp(0) },
            name: store.profile()?.map(|profile| profile.name),
            rooms: BTreeMap::new(),
            joins: BTreeMap::new(),
            links: Links::new(),
            addrs: Vec::new(),
            shown_invites: BTreeMap::new(),
            staged: Batch::default(),
            unhurried: BTreeSet::new(),
            unsent: BTreeMap::new(),
            untended: BTreeSet::new(),
            unparted: BTreeSet::new(),
            uninvited: BTreeSet::new(),
            left_mailboxes: Vec::new(),
            recounted: BTreeSet::new(),
            relisted: BTreeSet::new(),
            wanted_reports: BTreeSet::new(),
            wanted_pages: Vec::new(),
            dialed: BTreeMap::new(),
            turn_at: None,
            banned: BTreeMap::new(),
            spent: BTreeMap::new(),
            doors: Doors::default(),
            outputs: VecDeque::new(),
            verifier: Box::new(InTurn),
            courier: Courier::default(),
            network: None,
            retention: Retention::default(),
            has_uncommitted: false,
            has_failed: false,
            store,
        };
        engine.load()?;
        Ok(engine)
    }

    /// Has signatures that come in numbers checked by `verifier`.
    #[must_use]
    pub fn with_verifier(mut self, verifier: Box<dyn Verifier>) -> Self {
        self.verifier = verifier;
        self
    }

    fn load(&mut self) -> Result<(), StoreError> {
        self.load_bound()?;
        let mut summaries = Vec::new();
        for record in self.store.rooms()? {
            let id = record.id;
            let newest = self.store.page_before(id, None, NEWEST)?;
            let last_hlc = newest.first().map_or(0, |op| hlc::of_order(op.position.hlc));
            let members = self.store.members(id)?;
            let heads = self.store.heads(id)?;
            let controls = self.store.controls(id)?;
            let mut room = Room::new(record, members, heads, &controls, last_hlc);
            room.restore_texts(self.store.closed(id)?);
            if controls.is_empty() {
                let controls = self.read_rules(&room)?;
                for record in &controls {
                    self.staged.controls.insert((id, record.by, record.seq), record.clone());
                }
                room.take_rules(&controls);
            }
            self.load_trails(&mut room)?;
            room.note_newest(&newest);
            if let Some(mailbox) = self.store.mailbox(id)? {
                room.meet_as_before(mailbox.epoch);
                room.mailbox.restore(mailbox, self.store.kept(id)?);
            }
            room.marks = self.store.marks(id)?.into_iter().collect();
            room.reports = Reports::restore(self.store.reports(id)?);
            let (read, unheard) = (room.record.read_up_to, room.unheard());
            room.unread = self.store.count_after(id, read, KIND_TEXT, &unheard, MAX_UNREAD)?;
            summaries.push(self.summary(&room)?);
            self.rooms.insert(id, room);
        }
        summaries.sort_by_key(|s| std::cmp::Reverse(s.last.as_ref().map(|m| m.position)));
        self.notify(Event::Started { name: self.name.clone(), rooms: summaries });
        self.tell_deposited();
        self.list_all_reports()?;
        for room in self.rooms.keys().copied().collect::<Vec<_>>() {
            self.admit(room);
            self.dial_members(room);
            self.mind_mailbox(room);
            self.go_on_leaving(room);
        }
        self.load_courier()
    }

    /// Takes one input in. Outputs wait for [`commit`](Self::commit).
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the memory cannot be read, or failed before; the engine must then be
    /// dropped and woken anew.
    pub fn handle(&mut self, now: Now, input: Input) -> Result<(), StoreError> {
        self.check_memory()?;
        self.has_uncommitted = true;
        self.now = now;
        self.note_time();
        let outcome = match input {
            Input::Command(command) => self.obey(command),
            Input::LinkUp { link, target, binding, medium } => {
                self.link_up(link, target, binding, medium);
                Ok(())
            }
            Input::StrangerMet { link, is_dialer, binding } => {
                self.meet_stranger(link, is_dialer, binding);
                Ok(())
            }
            Input::PowerChanged { is_low } => {
                self.note_power(is_low);
                Ok(())
            }
            Input::FrameReceived(link, frame) => self.receive(link, frame),
            Input::LinkDown(link) => {
                self.link_down(link);
                Ok(())
            }
            Input::AddrsChanged(addrs) => {
                self.move_to(addrs);
                Ok(())
            }
            Input::Called(key) => {
                self.note_call(&key);
                Ok(())
            }
            Input::PackCollected { mailbox, relay, pack } => {
                self.take_pack(&mailbox, &relay, &pack);
                Ok(())
            }
            Input::MailboxRead { mailbox, relay } => {
                self.end_reading(&mailbox, &relay);
                Ok(())
            }
            Input::PackDeposited { mailbox, number, relay, result } => {
                self.note_deposited(&mailbox, number, &relay, result)
            }
            Input::Timeout => {
                self.end_late_links();
                self.take_turns();
                self.clear_shelf();
                self.renew_keys();
                self.mind_asked();
                self.retain()?;
                self.mind_airtime();
                self.mind_loads();
                self.serve_mailboxes()
            }
        };
        self.has_failed |= outcome.is_err();
        outcome
    }

    /// Puts what the inputs since the last call changed on disk, all at once, and lets their
    /// outputs go. The longer the caller collects inputs, the fewer writes are needed.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the disk failed or is full; nothing since the last call is then
    /// remembered, no output speaks of it, and the engine must be dropped and woken anew.
    pub fn commit(&mut self) -> Result<(), StoreError> {
        self.check_memory()?;
        let outcome = self.write_and_release();
        self.has_failed |= outcome.is_err();
        outcome
    }

    fn write_and_release(&mut self) -> Result<(), StoreError> {
        self.finish_leaving();
        self.remove_uninvited();
        self.mind_doors()?;
        self.tend_mailboxes();
        self.mind_texts();
        if !self.staged.is_empty() {
            self.stage_unhurried();
            self.store.commit(std::mem::take(&mut self.staged))?;
        }
        for (room, grown) in std::mem::take(&mut self.unsent) {
            self.flush(room, &grown)?;
        }
        self.leave_old_mailboxes()?;
        self.part_with_removed();
        self.tell_people()?;
        for id in std::mem::take(&mut self.recounted) {
            if let Some(room) = self.rooms.get(&id) {
                let count = room.unread;
                self.notify(Event::UnreadChanged { room: id, count });
            }
        }
        for wanted in std::mem::take(&mut self.wanted_pages) {
            self.load_page(&wanted)?;
        }
        self.has_uncommitted = false;
        self.compact()
    }

    /// Once the memory has failed, what we think is not what it holds.
    fn check_memory(&self) -> Result<(), StoreError> {
        if self.has_failed {
            return Err(StoreError::Unavailable("it failed before; wake the engine anew".into()));
        }
        Ok(())
    }

    fn stage_unhurried(&mut self) {
        for (room, index) in std::mem::take(&mut self.unhurried) {
            let member = self.rooms.get(&room).and_then(|room| room.member(index));
            if let Some(member) = member {
                self.staged.members.insert((room, index), member.clone());
            }
        }
    }

    /// The next thing to do, if any; nothing while something waits for [`commit`](Self::commit).
    pub fn poll(&mut self) -> Option<Output> {
        if self.has_uncommitted || self.has_failed {
            return None;
        }
        self.outputs.pop_front()
    }

    /// When [`Input::Timeout`] is due, in [`Now::since_start`].
    pub fn deadline(&self) -> Option<Duration> {
        let links = self.links.values().filter_map(LinkState::deadline);
        let mailboxes = self.rooms.values().filter_map(|room| room.mailbox.deadline());
        let leaving = self.rooms.values().filter_map(|room| room.leaves_at);
        let renewals = self.rooms.values().filter_map(|room| room.renewal_due(self.now));
        let asked = self.links.values().filter_map(LinkState::due);
        let of_rooms = mailboxes.chain(leaving).chain(renewals);
        let of_all = self.turn_at.into_iter().chain(self.retention.deadline());
        links.chain(asked).chain(of_all).chain(of_rooms).chain(self.courier_deadline()).min()
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
        self.tell_leaving();
        self.tell_carrying();
        self.tell_deposited();
        for (link, room, peer) in self.shown_sessions() {
            self.notify(Event::PeerSeen { room, peer, link });
        }
        self.retell_loads();
        self.retell_doors();
        self.list_all_reports()
    }

    fn summary(&self, room: &Room) -> Result<RoomSummary, StoreError> {
        let (newest, _) = self.messages_before(room, None, 1)?;
        Ok(RoomSummary {
            id: room.id(),
            name: room.record.name.clone(),
            me: room.me.id,
            members: room.roster(),
            last: newest.into_iter().next(),
            unread: room.unread,
            uses_mailbox: room.mailbox.record.on,
            options: room.membership.options(),
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

    /// 16 bytes of it.
    pub(crate) fn short_chance(&mut self) -> [u8; 16] {
        *self.chance().first_chunk().expect("16 of 32 bytes")
    }

    pub(crate) fn set_profile(&mut self, name: String) {
        self.staged.profile = Some(Profile { name: name.clone() });
        self.name = Some(name);
    }

    /// A fresh identity's seed and the identity.
    pub(crate) fn new_identity(&mut self) -> ([u8; 32], Identity) {
        let seed = self.chance();
        (seed, Identity::from_seed(&seed))
    }
}
