//! What members tell each other: taken in, staged for the disk, passed on.

use crate::{
    Engine, Event, LinkId, MemberIndex, MemberRecord, PeerId, RoomId, Store, StoreError,
    alias::Alias,
    body::{self, KIND_SAME, KIND_TEXT},
    brief,
    engine::MAX_UNREAD,
    frontier::Digest,
    intake::Intake,
    room::{Added, Room},
    session::{LinkState, MAX_FORGED, MAX_REFUSED},
    sync::{Grown, Heard, Sync},
    wire::Packet,
};

impl<S: Store> Engine<S> {
    /// Takes a packet in; false if the peer broke the protocol.
    pub(crate) fn take(&mut self, link: LinkId, packet: Packet) -> Result<bool, StoreError> {
        let Some(session) = self.session(link) else { return Ok(true) };
        let (id, peer) = (session.room, session.peer);
        if let Some(invite) = session.joining {
            return Ok(match packet {
                Packet::Welcome(welcome) => self.enter(link, invite, &welcome),
                Packet::Wait { host, promise } => self.knock(link, host, promise),
                Packet::Reveal { nonce } => self.take_reveal(link, invite, &nonce),
                Packet::Refuse => self.take_refusal(invite),
                _ => false,
            });
        }
        if session.door.is_some() {
            return Ok(match packet {
                Packet::Knock { name, nonce } => self.take_knock(link, name, nonce),
                _ => false,
            });
        }
        self.enliven(link);
        // Of two sessions this one may just have gone.
        if self.session(link).is_none() {
            return Ok(true);
        }
        match packet {
            Packet::Welcome(_)
            | Packet::Wait { .. }
            | Packet::Knock { .. }
            | Packet::Reveal { .. }
            | Packet::Refuse => return Ok(false),
            Packet::Hello { addrs } => self.take_addrs(link, peer, addrs),
            Packet::Whereabouts { member, addrs } => self.take_addrs(link, member, addrs),
            Packet::Digest { logs, authors } => {
                let digest = Digest { logs, authors };
                return Ok(self.compare(link, |sync, room| sync.take_digest(room, digest)));
            }
            Packet::Sketch { logs, authors } => {
                let take = |sync: &mut Sync, room: &Room| sync.take_sketch(room, &logs, &authors);
                return Ok(self.compare(link, take));
            }
            Packet::Heights { parts, more } => {
                let take = |sync: &mut Sync, room: &Room| sync.take_heights(room, &parts, more);
                return Ok(self.compare(link, take));
            }
            Packet::Differences { steps, more } => {
                let take = |sync: &mut Sync, room: &Room| sync.take_differences(room, &steps, more);
                return Ok(self.compare(link, take));
            }
            Packet::Have { entries, more, again, taken } => {
                let now = self.now.since_start;
                return Ok(self.compare(link, |sync, room| {
                    sync.take_have(now, room, &entries, (more, again, taken))
                }));
            }
            Packet::Ops(ops) => return self.take_ops(link, &ops),
            Packet::Received { by, up_to } => {
                let Some(by) = self.hear_name(link, by) else { return Ok(false) };
                self.note_receipt(id, by, up_to);
                let now = self.now.wall;
                let room = self.rooms.get_mut(&id);
                if by != peer && room.is_some_and(|room| room.note_told(by, peer, now)) {
                    self.tell_member(id, by);
                }
            }
            Packet::Epochs(ids) => self.take_epochs(link, &ids),
            Packet::Keys { keys, texts } => self.take_keys((id, peer), &keys, &texts),
            Packet::Newest(ops) => return Ok(self.take_newest(link, &ops)),
            Packet::Offer(entries) => {
                return Ok(self.compare(link, |sync, room| sync.take_offer(room, &entries)));
            }
            Packet::Ask(entries) => {
                return Ok(self.compare(link, |sync, room| sync.take_ask(room, &entries)));
            }
            Packet::Spare(is_spared) => {
                return Ok(self.compare(link, |sync, _| Some(sync.take_spare(is_spared))));
            }
            Packet::Typing => self.hear_typing(link),
            Packet::Network(access) => self.hear_network(link, access),
        }
        Ok(true)
    }

    fn hear_name(&mut self, link: LinkId, name: Alias) -> Option<PeerId> {
        let Some(LinkState::Open(session)) = self.links.get_mut(&link) else { return None };
        session.sync.names.hear(self.rooms.get(&session.room)?, name)
    }

    /// Verifies, stages for the disk, and only then will pass on.
    fn take_ops(&mut self, link: LinkId, ops: &[Vec<u8>]) -> Result<bool, StoreError> {
        let Some(LinkState::Open(session)) = self.links.get_mut(&link) else { return Ok(true) };
        let (id, peer) = (session.room, session.peer);
        let Some(room) = self.rooms.get_mut(&id) else { return Ok(true) };
        session.sync.take_ops(self.now.since_start);
        let names = &mut session.sync.names;
        let Some(ops) = brief::expand(ops, names, room, &self.store)? else { return Ok(false) };
        let mut intake = Intake::new(self.now, session, room, &ops);
        let checks = intake.checks();
        self.verifier.verify_all(&checks, &mut |holds| intake.advance(Some(holds)));
        intake.advance(None);
        let (all_added, others, theirs) = (intake.added, intake.others, intake.theirs);
        let (is_forger, is_honest) = (session.forged >= MAX_FORGED, session.refused < MAX_REFUSED);
        let receipts = session.sync.note_theirs(self.now.since_start, room, &theirs);
        for added in all_added {
            self.stage(id, added);
        }
        self.show_forks(id, &others)?;
        self.learn_receipts(id, peer, &receipts);
        self.unsent.entry(id).or_default();
        self.show_peer(link);
        if is_forger {
            self.ban(peer);
        }
        Ok(is_honest && !is_forger)
    }

    /// Remembers an operation with the next commit, and tells the person then.
    pub(crate) fn stage(&mut self, id: RoomId, mut added: Added) {
        let Some(room) = self.rooms.get_mut(&id) else { return };
        let index = added.author;
        self.staged.heads.insert((id, index), room.head(index));
        let trail = room.trail(index);
        if trail.last == added.stored.position.seq {
            self.staged.trails.insert((id, index), trail);
            let run = room.runs.get(&(index, trail.last));
            self.staged.runs.extend(run.map(|run| ((id, index, trail.last), Some(*run))));
            if run.is_some() {
                self.retention.look_soon(self.now.since_start);
            }
        }
        self.mind_space();
        let Some(room) = self.rooms.get_mut(&id) else { return };
        if index == room.my_index {
            room.satchel.note_written(self.now.since_start);
        }
        let kind = added.stored.kind;
        let is_unread = kind == KIND_TEXT
            && !room.is_past(added.stored.position, kind)
            && room.member(index).is_none_or(|author| room.is_heard(author.id))
            && Some(added.stored.position) > room.record.read_up_to;
        if is_unread && room.unread < MAX_UNREAD {
            room.unread = room.unread.saturating_add(1);
            self.recounted.insert(id);
        }
        if added.has_changed_member {
            self.enlist_host(id, index);
        }
        let Some(room) = self.rooms.get(&id) else { return };
        if let (true, Some(member)) = (added.has_changed_member, room.member(index)) {
            self.staged.members.insert((id, index), member.clone());
            let member = room.describe(member);
            self.notify(Event::MemberChanged { room: id, member });
        }
        if added.has_moved_mailbox {
            self.stage_mailbox(id);
            self.tell_mailbox(id);
        }
        for ((by, seq), change) in std::mem::take(&mut added.reports) {
            self.staged.reports.insert((id, by, seq), change);
            self.wanted_reports.insert(id);
        }
        self.follow_rules(id, &added);
        if added.has_opened_ways {
            if let Some(room) = self.rooms.get(&id) {
                self.staged.rooms.insert(id, room.record.clone());
            }
            self.retry_refused(id);
        }
        if kind == KIND_SAME {
            // What one's own devices wrote is not unread.
            self.relisted.insert(id);
        }
        self.staged.ops.push(added.stored);
        if let Some(message) = added.message {
            self.notify(Event::MessageAdded { room: id, message });
        }
        let is_urgent = !body::is_words(kind);
        self.unsent.entry(id).or_default().add(index, is_urgent);
        self.mind_deposit(id, index);
    }

    /// What was refused may be added now that more is known: of an invite, an admin or a key.
    pub(crate) fn retry_refused(&mut self, id: RoomId) {
        let now = self.now.since_start;
        for link in self.links_of(id) {
            if let Some(session) = self.session_mut(link) {
                session.sync.refusals.retry(now);
            }
        }
    }

    /// Sends every session of a room what it lacks; the store has it all. `grown` are the logs
    /// that have grown since the last call.
    pub(crate) fn flush(&mut self, id: RoomId, grown: &Grown) -> Result<(), StoreError> {
        for link in self.links_of(id) {
            self.send_waiting(link);
            let Some(LinkState::Open(session)) = self.links.get_mut(&link) else { continue };
            let Some(room) = self.rooms.get(&id) else { return Ok(()) };
            let mut space = session.airtime.space(self.now.since_start);
            let packets = session.sync.flush(room, &self.store, grown, &mut space)?;
            session.airtime.held = space.held;
            // There was air for the first of them; the last may use what comes.
            for packet in packets {
                self.put_out(link, &packet);
            }
            self.tell_whereabouts(link);
        }
        self.ask_around(id);
        Ok(())
    }

    /// Takes in what a peer said of what it holds, and acts on it; false if it broke the protocol.
    fn compare(
        &mut self,
        link: LinkId,
        take: impl FnOnce(&mut Sync, &Room) -> Option<Heard>,
    ) -> bool {
        let Some(LinkState::Open(session)) = self.links.get_mut(&link) else { return true };
        let (id, peer) = (session.room, session.peer);
        let Some(room) = self.rooms.get(&id) else { return true };
        let Some(heard) = take(&mut session.sync, room) else { return false };
        self.transmit_all(link, &heard.replies);
        self.learn_receipts(id, peer, &heard.receipts);
        self.unsent.entry(id).or_default();
        true
    }

    /// What a peer holds tells authors how far their words have come: us, and those who are here.
    fn learn_receipts(&mut self, id: RoomId, by: PeerId, receipts: &[(MemberIndex, u64)]) {
        let Some(room) = self.rooms.get(&id) else { return };
        let me = room.my_index;
        let mut told_all = Vec::new();
        for (link, other, author) in self.shown_sessions() {
            let author = room.index_of(author).filter(|_| other == id && author != by);
            let told = receipts.iter().find(|(index, _)| Some(*index) == author);
            told_all.extend(told.map(|(_, up_to)| (link, *up_to)));
        }
        for (link, up_to) in told_all {
            let Some(room) = self.rooms.get(&id) else { return };
            let Some(LinkState::Open(session)) = self.links.get_mut(&link) else { continue };
            let by = session.sync.names.say(room, by);
            self.transmit(link, &Packet::Received { by, up_to });
        }
        if let Some((_, up_to)) = receipts.iter().find(|(index, _)| *index == me) {
            self.note_receipt(id, by, *up_to);
        }
    }

    /// A member is said to hold our log up to some point. Only the first time, which says that it
    /// knows us, is worth a write of its own: the rest can be learned anew.
    pub(crate) fn note_receipt(&mut self, id: RoomId, by: PeerId, up_to: u64) {
        let Some(room) = self.rooms.get_mut(&id) else { return };
        let me = room.me.id;
        let up_to = up_to.min(room.head(room.my_index).height);
        let Some((index, member)) = room.member_mut(by) else { return };
        if by == me || member.holds >= up_to {
            return;
        }
        if member.holds == 0 {
            let known = MemberRecord { holds: up_to, ..member.clone() };
            self.staged.members.insert((id, index), known);
        } else {
            self.unhurried.insert((id, index));
        }
        member.holds = up_to;
        self.notify(Event::Received { room: id, by, up_to });
        self.finish_joins(id);
    }

    pub(crate) fn transmit_all(&mut self, link: LinkId, packets: &[Packet]) {
        for packet in packets {
            self.transmit(link, packet);
        }
    }
}
