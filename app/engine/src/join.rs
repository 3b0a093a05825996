//! From a scanned invite to a room, on both sides of the screen.

use crate::{
    Engine, Event, Frame, Invite, InviteId, InviteRecord, JoinFailure, LinkId, MemberIndex,
    MemberRecord, PeerId, Refusal, RoomId, RoomRecord, Store, StoreError, addr,
    body::OpBody,
    crypto,
    engine::Target,
    handshake::{Handshake, Proof},
    identity::Identity,
    mailbox::Greeting,
    op::{self, Op},
    room::Room,
    session::{LinkState, Purpose},
    wire::{Packet, Welcome},
};

/// An invite whose host is being dialed.
pub(crate) struct Join {
    pub(crate) invite: Invite,
    pub(crate) identity_seed: [u8; 32],
    stage: Stage,
    /// Whether the host's welcome is looked for in the invite's mailbox as well,
    pub(crate) is_collecting: bool,
    /// whether a relay has shown all it has of it,
    pub(crate) has_read_mailbox: bool,
    /// and the newest that was found.
    pub(crate) greeting: Option<Greeting>,
}

/// Says nothing of the keys to be.
impl std::fmt::Debug for Join {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (invite, stage) = (&self.invite, &self.stage);
        f.debug_struct("Join").field("invite", invite).field("stage", stage).finish_non_exhaustive()
    }
}

impl Join {
    fn new(invite: Invite, identity_seed: [u8; 32], stage: Stage) -> Self {
        let (is_collecting, has_read_mailbox) = (false, false);
        Self { invite, identity_seed, stage, is_collecting, has_read_mailbox, greeting: None }
    }
}

/// How far a join has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The room is not here yet.
    Asking,
    /// The room is here, but nobody is known to have heard that we joined.
    Entered(RoomId),
    /// We were in the room already and only look for whoever showed the invite.
    Visiting(RoomId),
}

impl Stage {
    fn room(self) -> Option<RoomId> {
        match self {
            Self::Asking => None,
            Self::Entered(room) | Self::Visiting(room) => Some(room),
        }
    }
}

impl<S: Store> Engine<S> {
    pub(crate) fn accept_invite(&mut self, mut invite: Invite) -> Result<(), Refusal> {
        if self.name.is_none() {
            return Err(Refusal::Nameless);
        }
        // Perhaps into the room that is being left.
        self.stop_leaving();
        let id = invite.id();
        invite.addrs = addr::usable(invite.addrs);
        let is_ours = |room: &&Room| room.record.invites.iter().any(|i| i.secret == invite.secret);
        if let Some(room) = self.rooms.values().find(is_ours).map(Room::id) {
            self.notify(Event::JoinFailed { invite: id, why: JoinFailure::AlreadyJoined });
            self.visit(room, invite);
            return Ok(());
        }
        if invite.expires_at.is_some_and(|end| end <= self.now.wall) {
            self.notify(Event::JoinFailed { invite: id, why: JoinFailure::Expired });
            return Ok(());
        }
        // Scanned again, perhaps on another screen: what was begun on the first one is over.
        self.hang_up_join(id);
        let identity_seed = self.chance();
        let identity_seed = self.doors.seed_for(id).unwrap_or(identity_seed);
        self.dial_invite(&invite);
        self.joins.insert(id, Join::new(invite.clone(), identity_seed, Stage::Asking));
        self.collect_welcome(&invite);
        self.notify(Event::JoinStarted { invite: id });
        Ok(())
    }

    /// Looks for the member whose screen was scanned, unless it is there.
    fn visit(&mut self, id: RoomId, invite: Invite) {
        let Some(room) = self.rooms.get(&id) else { return };
        if invite.host == room.me.host_id() || self.is_host_here(id, &invite) {
            return;
        }
        let identity_seed = room.record.identity_seed;
        let join = Join::new(invite.clone(), identity_seed, Stage::Visiting(id));
        self.hang_up_join(invite.id());
        self.dial_invite(&invite);
        self.joins.insert(invite.id(), join);
    }

    fn is_host_here(&self, id: RoomId, invite: &Invite) -> bool {
        self.links.values().any(|state| match state {
            LinkState::Open(s) if s.room == id && s.is_shown => {
                crypto::host_id(s.peer, &s.noise_key) == invite.host
            }
            _ => false,
        })
    }

    pub(crate) fn fail_join(&mut self, invite: InviteId, why: JoinFailure) {
        self.stop_welcome(invite);
        let Some(join) = self.joins.remove(&invite) else { return };
        self.stop_dialing(Target::Invite(invite));
        self.hang_up_join(invite);
        if join.stage == Stage::Asking {
            self.notify(Event::JoinFailed { invite, why });
        }
    }

    /// Dials no more those whom joins to a room were about, once that has succeeded.
    pub(crate) fn finish_joins(&mut self, id: RoomId) {
        let is_done = |join: &Join| match join.stage {
            Stage::Entered(room) if room == id => self.is_known_to_others(id),
            Stage::Visiting(room) if room == id => self.is_host_here(id, &join.invite),
            _ => false,
        };
        let done: Vec<_> = self.joins.iter().filter(|(_, j)| is_done(j)).map(|(i, _)| *i).collect();
        self.end_joins(&done);
    }

    /// A member has got its line in the roster. If it is who let this device in, where to find it
    /// stands there from now on.
    pub(crate) fn enlist_host(&mut self, id: RoomId, index: MemberIndex) {
        let Some(room) = self.rooms.get_mut(&id) else { return };
        let Some(member) = room.members.get_mut(index.0 as usize) else { return };
        let Some(host) = room.record.host.take_if(|host| host.id == member.id) else { return };
        member.addrs = host.addrs;
        self.staged.rooms.insert(id, room.record.clone());
    }

    fn is_known_to_others(&self, id: RoomId) -> bool {
        self.rooms.get(&id).is_some_and(|room| room.members.iter().any(|m| m.holds > 0))
    }

    /// Dials nobody for a room that is being left.
    pub(crate) fn forget_joins(&mut self, id: RoomId) {
        let of_room = self.joins.iter().filter(|(_, join)| join.stage.room() == Some(id));
        let of_room: Vec<_> = of_room.map(|(invite, _)| *invite).collect();
        self.end_joins(&of_room);
        of_room.into_iter().for_each(|invite| self.hang_up_join(invite));
    }

    fn end_joins(&mut self, invites: &[InviteId]) {
        for invite in invites {
            self.stop_welcome(*invite);
            self.joins.remove(invite);
            self.stop_dialing(Target::Invite(*invite));
        }
    }

    /// Dials the host of an invite: gives the first frame.
    pub(crate) fn begin_join(
        &mut self,
        invite: InviteId,
        binding: Option<[u8; 32]>,
    ) -> Option<(Purpose, Handshake, Frame)> {
        let seed = self.chance();
        let join = self.joins.get(&invite)?;
        let psk = crypto::invite_psk(&join.invite.secret);
        let me = Identity::from_seed(&join.identity_seed);
        let (handshake, frame) = Handshake::dial_invite(&psk, &me, binding, seed);
        Some((Purpose::Join(invite), handshake, frame))
    }

    /// The host of an invite is proved: is it the one whose screen was scanned?
    pub(crate) fn await_welcome(&mut self, link: LinkId, invite: InviteId, proof: Proof) -> bool {
        let Some(join) = self.joins.get(&invite) else { return false };
        if let Some(LinkState::Open(session)) = self.links.get_mut(&link) {
            session.joining = Some(invite);
        }
        if crypto::host_id(proof.author, &proof.noise_key) != join.invite.host {
            self.fail_join(invite, JoinFailure::WrongHost);
        }
        true
    }

    /// Lets a newcomer in: the room's beginning and its keys.
    pub(crate) fn welcome(&mut self, link: LinkId, id: RoomId) -> Result<bool, StoreError> {
        let Some(room) = self.rooms.get_mut(&id) else { return Ok(false) };
        let Some(owner) = room.index_of(room.record.owner) else { return Ok(false) };
        let Some(genesis) = self.store.ops_after(id, owner, 0, 1, usize::MAX)?.pop() else {
            // The room is new here and not on disk yet; the newcomer will dial again.
            return Ok(false);
        };
        let welcome = room.welcome(genesis);
        if let Some(session) = self.session_mut(link) {
            session.is_newcomer = true;
        }
        self.transmit(link, &Packet::Welcome(welcome));
        self.begin_with_genesis(link, id);
        self.greet(link);
        Ok(true)
    }

    /// Enters the room an invite led to; false if the host broke the protocol.
    pub(crate) fn enter(&mut self, link: LinkId, invite: InviteId, welcome: &Welcome) -> bool {
        let Some(session) = self.session(link) else { return false };
        let (host, noise_key) = (session.peer, session.noise_key);
        let proof = Proof { author: host, noise_key };
        let Some(record) = self.record_from(invite, welcome, proof) else { return false };
        let Some(join) = self.joins.get(&invite) else { return false };
        let (id, now) = (record.id, self.now.since_start);
        match join.stage.room() {
            Some(room) if room == id => {}
            Some(_) => return false,
            None if self.rooms.contains_key(&id) => {
                self.enter_again((id, host), invite, welcome);
                return true;
            }
            None => {
                let told = self.outputs.len();
                match self.take_part(record, invite, welcome) {
                    Ok(()) => {
                        self.stop_welcome(invite);
                        self.announce_room(id, Some(invite), told);
                        self.begin_with_genesis(link, id);
                    }
                    Err(None) => return false,
                    Err(Some(why)) => {
                        self.fail_join(invite, why);
                        return true;
                    }
                }
            }
        }
        if let Some(LinkState::Open(session)) = self.links.get_mut(&link) {
            session.room = id;
            session.joining = None;
            if session.door.take().is_some() {
                // Until now was not its time.
                (session.opened_at, session.useful_at) = (now, now);
            }
        }
        self.enliven(link);
        self.greet(link);
        true
    }

    /// An invite that was not known here led to a room that is here: perhaps much has happened there
    /// since, and whoever showed it has the keys that lead on.
    fn enter_again(&mut self, (id, host): (RoomId, PeerId), invite: InviteId, welcome: &Welcome) {
        let Some(shown) = self.joins.get(&invite).map(|join| join.invite.clone()) else { return };
        self.fail_join(invite, JoinFailure::AlreadyJoined);
        let keys: Vec<_> = welcome.epochs.iter().map(|(_, key)| *key).collect();
        self.take_keys((id, host), &keys, &welcome.texts);
        self.visit(id, shown);
    }

    /// Enters the room an invite led to by the welcome its host left in a mailbox.
    pub(crate) fn enter_absent(&mut self, invite: InviteId, greeting: Greeting) {
        let Greeting { host: author, noise_key, welcome, relays, .. } = greeting;
        let host = Proof { author, noise_key };
        let Some(record) = self.record_from(invite, &welcome, host) else { return };
        if self.joins.get(&invite).is_none_or(|join| join.stage != Stage::Asking) {
            return;
        }
        let id = record.id;
        if self.rooms.contains_key(&id) {
            return self.fail_join(invite, JoinFailure::AlreadyJoined);
        }
        let told = self.outputs.len();
        match self.take_part(record, invite, &welcome) {
            Ok(()) => {
                if let Some(room) = self.rooms.get_mut(&id)
                    && !relays.is_empty()
                {
                    room.mailbox.record.at = relays;
                }
                self.stop_welcome(invite);
                self.announce_room(id, Some(invite), told);
            }
            // Its host is at fault; it may still come itself.
            Err(None) => {}
            Err(Some(why)) => self.fail_join(invite, why),
        }
    }

    fn begin_with_genesis(&mut self, link: LinkId, id: RoomId) {
        if let (Some(LinkState::Open(session)), Some(room)) =
            (self.links.get_mut(&link), self.rooms.get(&id))
        {
            session.sync.begin_with_genesis(room);
            self.unsent.entry(id).or_default();
        }
    }

    /// Remembers the room and writes that we joined; otherwise why not, if not by the host's fault.
    fn take_part(
        &mut self,
        record: RoomRecord,
        invite: InviteId,
        welcome: &Welcome,
    ) -> Result<(), Option<JoinFailure>> {
        let now = self.now;
        let Some(join) = self.joins.get_mut(&invite) else { return Err(None) };
        let id = record.id;
        let mut room = Room::new(record, Vec::new(), Vec::new(), &[], 0);
        let genesis = Op::decode(&welcome.genesis).and_then(|op| room.add(now, &op).ok());
        let genesis = genesis.ok_or(None)?;
        // Known to us from the screen, before the owner's log confirms it.
        let (secret, expires_at) = (join.invite.secret, join.invite.expires_at);
        room.record.invites.push(InviteRecord { secret, expires_at });
        room.enter_closed(&welcome.texts);
        room.meet_by(welcome.meeting_key());
        room.mailbox.record.at = addr::relays(&join.invite.addrs);
        let body = OpBody::Join {
            invite,
            noise_key: room.me.noise_key,
            name: self.name.clone().unwrap_or_default(),
            certificate: op::join_certificate(&secret, id, room.me.id, &room.me.noise_key),
        };
        let bytes = room.write(now.wall, &body);
        let op = Op::decode(&bytes).ok_or(None)?;
        // The room's time may be past the end of the invite.
        if expires_at.is_some_and(|end| end <= op.sent_at()) {
            return Err(Some(JoinFailure::Expired));
        }
        let joined = room.add(now, &op).map_err(|_unusable| None)?;
        join.stage = Stage::Entered(id);
        self.rooms.insert(id, room);
        self.stage(id, genesis);
        self.stage(id, joined);
        Ok(())
    }

    fn record_from(&self, invite: InviteId, welcome: &Welcome, host: Proof) -> Option<RoomRecord> {
        let join = self.joins.get(&invite)?;
        let op = Op::decode(&welcome.genesis)?;
        let key = welcome.epochs.iter().find(|(epoch, _)| *epoch == op.header.epoch);
        let OpBody::Genesis { nonce, room_name, .. } = op.open(&key?.1)? else { return None };
        let owner = op.header.author;
        Some(RoomRecord {
            id: crypto::room_id(owner, &nonce),
            name: room_name,
            identity_seed: join.identity_seed,
            owner,
            nonce,
            epochs: welcome.epochs.clone(),
            invites: Vec::new(),
            read_up_to: None,
            host: Some(MemberRecord {
                id: host.author,
                noise_key: host.noise_key,
                name: String::new(),
                addrs: join.invite.addrs.clone(),
                last_seen: None,
                holds: 0,
            }),
        })
    }
}
