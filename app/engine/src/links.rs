//! Links: proved, used, and hung up.

use std::{collections::BTreeSet, time::Duration};

use crate::{
    Engine, Event, Frame, InviteId, LinkId, Medium, PeerId, RoomId, Store, StoreError,
    engine::{Output, Target},
    handshake::MAX_HANDSHAKE_LEN,
    session::{LinkState, Opened, Purpose, Session, keeps_newer},
    wire::Packet,
};

/// The most links others dialed that have proved nothing yet. More mean a flood: the oldest goes,
/// since honest ones prove themselves within a few round trips.
const MAX_UNPROVED: usize = 128;

/// The most live sessions with one peer in one room: one, and one more while the ends agree which.
const MAX_SESSIONS_PER_PEER: usize = 2;

/// How long a peer that passed forged operations on is not spoken to.
const BAN: Duration = Duration::from_secs(600);

/// The most peers banned at a time; of more, those whose time is up first go free.
const MAX_BANNED: usize = 1_024;

impl<S: Store> Engine<S> {
    pub(crate) fn link_up(
        &mut self,
        link: LinkId,
        target: Option<Target>,
        binding: Option<[u8; 32]>,
        medium: Medium,
    ) {
        let (at, is_dialer) = (self.now.since_start, target.is_some());
        let opened = Opened { at, is_dialer, binding, medium, is_open: false };
        let begun = match target {
            None => {
                self.make_room_for_callers();
                self.links.insert(link, LinkState::Awaiting(opened));
                return;
            }
            Some(Target::Invite(invite)) => self.begin_join(invite, binding),
            Some(Target::Member(room, peer)) => self.begin_reconnect(room, peer, binding),
        };
        let Some((purpose, handshake, frame)) = begun else {
            // Nobody is wanted there any more.
            self.outputs.push_back(Output::Hangup(link));
            return;
        };
        self.links.insert(link, LinkState::Handshaking(opened, purpose, Box::new(handshake)));
        self.outputs.push_back(Output::Transmit(link, frame));
    }

    pub(crate) fn make_room_for_callers(&mut self) {
        let unproved = self.links.iter().filter_map(|(l, s)| Some((s.unproved_since()?, *l)));
        let unproved: Vec<_> = unproved.collect();
        if unproved.len() >= MAX_UNPROVED
            && let Some((_, oldest)) = unproved.into_iter().min()
        {
            self.hang_up(oldest);
        }
    }

    /// A frame arrived: whatever is wrong with it ends the link and nothing else.
    pub(crate) fn receive(&mut self, link: LinkId, frame: Frame) -> Result<(), StoreError> {
        self.note_load(link, frame.len());
        let is_fine = match self.links.get_mut(&link) {
            // Frames that were on their way when we hung up.
            None => true,
            Some(LinkState::Open(session)) => match session.open(frame) {
                Some(packet) => self.take(link, packet)?,
                None => false,
            },
            Some(LinkState::Errand(_)) => self.hear_stranger(link, frame)?,
            Some(_) => frame.len() <= MAX_HANDSHAKE_LEN && self.shake_hands(link, &frame)?,
        };
        if !is_fine {
            self.hang_up(link);
        }
        Ok(())
    }

    /// Begins an open session: where we are, and what we hold.
    pub(crate) fn greet(&mut self, link: LinkId) {
        let Some(LinkState::Open(session)) = self.links.get_mut(&link) else { return };
        let Some(room) = self.rooms.get(&session.room) else { return };
        let id = session.room;
        let digest = session.sync.greet(room);
        session.epochs_known = room.record.epochs.len();
        let hello = Packet::Hello { addrs: self.addrs.clone() };
        self.transmit(link, &hello);
        self.tell_epochs(link, false);
        self.spare(id);
        self.transmit(link, &digest);
    }

    /// The first packet of a session came: it is no replay. Of two sessions with one peer, one
    /// stays, and the end with the lower key says which: so both ends mean the same one.
    pub(crate) fn enliven(&mut self, link: LinkId) {
        let Some(LinkState::Open(session)) = self.links.get_mut(&link) else { return };
        if session.is_live {
            return;
        }
        session.is_live = true;
        let (id, peer) = (session.room, session.peer);
        let Some(room) = self.rooms.get_mut(&id) else { return };
        room.doubted.remove(&peer);
        let is_decider = room.me.id < peer;
        let mut rivals = self.rivals(link, id, peer);
        if !is_decider {
            // The other end will say; until then the youngest ones stay.
            rivals.truncate(rivals.len().saturating_sub(MAX_SESSIONS_PER_PEER.saturating_sub(1)));
        } else if rivals.iter().any(|rival| !self.keeps_newer(*rival, link)) {
            return self.hang_up(link);
        }
        self.show_peer(link);
        for rival in rivals {
            self.hang_up(rival);
        }
    }

    fn keeps_newer(&self, older: LinkId, newer: LinkId) -> bool {
        match (self.session(older), self.session(newer)) {
            (Some(older), Some(newer)) => keeps_newer(older, newer),
            _ => true,
        }
    }

    /// Other live sessions with the same peer, oldest first.
    fn rivals(&self, link: LinkId, id: RoomId, peer: PeerId) -> Vec<LinkId> {
        let live = self.links.iter().filter_map(|(other, state)| match state {
            LinkState::Open(s) if *other != link && s.is_live && (s.room, s.peer) == (id, peer) => {
                Some((s.opened_at, *other))
            }
            _ => None,
        });
        let mut live: Vec<_> = live.collect();
        live.sort_unstable();
        live.into_iter().map(|(_, link)| link).collect()
    }

    /// Tells the person of the peer at the other end, once it is a member.
    pub(crate) fn show_peer(&mut self, link: LinkId) {
        let Some(LinkState::Open(session)) = self.links.get_mut(&link) else { return };
        let (id, peer) = (session.room, session.peer);
        let Some(room) = self.rooms.get(&id) else { return };
        if session.is_shown || !session.is_live || room.index_of(peer).is_none() {
            return;
        }
        session.is_shown = true;
        let held = session.sync.held(room.my_index);
        let addrs = session.addrs.take();
        self.notify(Event::PeerSeen { room: id, peer, link });
        self.stop_dialing(Target::Member(id, peer));
        self.dial_members(id);
        self.mind_mailbox(id);
        self.note_receipt(id, peer, held);
        if let Some(addrs) = addrs {
            self.learn_addrs(id, peer, peer, addrs);
        }
        self.finish_joins(id);
        self.greet_with_network(link);
    }

    /// Closes a link from this end.
    pub(crate) fn hang_up(&mut self, link: LinkId) {
        self.outputs.push_back(Output::Hangup(link));
        self.link_down(link);
    }

    pub(crate) fn link_down(&mut self, link: LinkId) {
        let session = match self.links.remove(&link) {
            Some(LinkState::Open(session)) => session,
            Some(LinkState::Handshaking(_, purpose, _)) => return self.doubt(purpose),
            Some(LinkState::Awaiting(_) | LinkState::Errand(_)) | None => return,
        };
        let (id, peer) = (session.room, session.peer);
        self.keep_airtime(id, peer, &session.airtime);
        if session.door.is_some() {
            return self.leave_door(&session);
        }
        if self.rooms.contains_key(&id) {
            // What it was asked for, others may be.
            self.unsent.entry(id).or_default();
        }
        if !session.is_shown {
            // Perhaps who let this device in, of whom it has not heard more.
            return self.dial_members(id);
        }
        if let Some((index, member)) = self.rooms.get_mut(&id).and_then(|r| r.member_mut(peer)) {
            member.last_seen = Some(self.now.wall);
            self.unhurried.insert((id, index));
        }
        self.tell_member(id, peer);
        match self.shown_sessions().into_iter().find(|(_, r, p)| (*r, *p) == (id, peer)) {
            Some((link, ..)) => self.notify(Event::PeerSeen { room: id, peer, link }),
            None => self.notify(Event::PeerLost { room: id, peer }),
        }
        self.dial_members(id);
        self.mind_mailbox(id);
    }

    /// Tells the person of a member anew.
    pub(crate) fn tell_member(&mut self, id: RoomId, peer: PeerId) {
        let Some(room) = self.rooms.get(&id) else { return };
        let member = room.index_of(peer).and_then(|index| room.member(index));
        if let Some(member) = member.map(|member| room.describe(member)) {
            self.notify(Event::MemberChanged { room: id, member });
        }
    }

    /// Closes links on which nothing was proved in time.
    pub(crate) fn end_late_links(&mut self) {
        let now = self.now.since_start;
        let is_late = |state: &LinkState| state.deadline().is_some_and(|at| now >= at);
        let late = self.links.iter().filter(|(_, s)| is_late(s)).map(|(link, _)| *link);
        for link in late.collect::<Vec<_>>() {
            self.hang_up(link);
        }
    }

    /// Speaks to a peer no more for a while.
    pub(crate) fn ban(&mut self, peer: PeerId) {
        let until = self.now.since_start.saturating_add(BAN);
        self.banned.insert(peer, until);
        if self.banned.len() > MAX_BANNED
            && let Some(first) = self.banned.iter().min_by_key(|(_, at)| **at).map(|(p, _)| *p)
        {
            self.banned.remove(&first);
        }
    }

    pub(crate) fn is_banned(&self, peer: PeerId) -> bool {
        self.banned.get(&peer).is_some_and(|until| self.now.since_start < *until)
    }

    /// Closes every link of a room that is being left.
    pub(crate) fn hang_up_room(&mut self, id: RoomId) {
        self.hang_up_where(|state| match state {
            LinkState::Open(session) => session.room == id || session.waits_for(id),
            LinkState::Handshaking(_, purpose, _) => {
                matches!(purpose, Purpose::Host(r, _) | Purpose::Member(r, _) if *r == id)
            }
            LinkState::Awaiting(_) | LinkState::Errand(_) => false,
        });
    }

    /// Closes every link of a join that came to an end.
    pub(crate) fn hang_up_join(&mut self, invite: InviteId) {
        self.hang_up_where(|state| match state {
            LinkState::Open(session) => session.joining == Some(invite),
            LinkState::Handshaking(_, purpose, _) => *purpose == Purpose::Join(invite),
            LinkState::Awaiting(_) | LinkState::Errand(_) => false,
        });
    }

    pub(crate) fn hang_up_where(&mut self, is_meant: impl Fn(&LinkState) -> bool) {
        let meant: Vec<_> =
            self.links.iter().filter(|(_, s)| is_meant(s)).map(|(link, _)| *link).collect();
        for link in meant {
            self.links.remove(&link);
            self.outputs.push_back(Output::Hangup(link));
        }
    }

    pub(crate) fn session(&self, link: LinkId) -> Option<&Session> {
        match self.links.get(&link) {
            Some(LinkState::Open(session)) => Some(session),
            _ => None,
        }
    }

    pub(crate) fn session_mut(&mut self, link: LinkId) -> Option<&mut Session> {
        match self.links.get_mut(&link) {
            Some(LinkState::Open(session)) => Some(session),
            _ => None,
        }
    }

    /// The links with an open session in a room.
    pub(crate) fn links_of(&self, id: RoomId) -> Vec<LinkId> {
        let open = self.links.iter().filter_map(|(link, state)| match state {
            LinkState::Open(session) if session.room == id => Some(*link),
            _ => None,
        });
        open.collect()
    }

    /// The peers with a live session in a room.
    pub(crate) fn peers_of(&self, id: RoomId) -> BTreeSet<PeerId> {
        let open = self.links.values().filter_map(|state| match state {
            LinkState::Open(s) if s.room == id && s.is_live => Some(s.peer),
            _ => None,
        });
        open.collect()
    }

    pub(crate) fn shown_sessions(&self) -> Vec<(LinkId, RoomId, PeerId)> {
        let open = self.links.iter().filter_map(|(link, state)| match state {
            LinkState::Open(s) if s.is_shown => Some((*link, s.room, s.peer)),
            _ => None,
        });
        open.collect()
    }
}
