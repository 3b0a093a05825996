//! What the person asks for, carried out.

use crate::{
    Command, Engine, Event, Invite, InviteId, JoinFailure, MAX_PAGE_LEN, Position, Refusal, RoomId,
    RoomRecord, Store, StoreError, crypto,
    engine::{Join, MAX_UNREAD, Now, Output, Target},
    op::{self, KIND_TEXT, OpBody},
    room::Room,
};

impl<S: Store> Engine<S> {
    pub(crate) fn obey(&mut self, now: Now, command: Command) -> Result<(), StoreError> {
        let outcome = match command {
            Command::SetName { name } => self.set_name(now, name.trim()),
            Command::CreateRoom { name } => self.create_room(now, name.trim()),
            Command::AcceptInvite { invite } => self.accept_invite(now, invite),
            Command::CancelJoin { invite } => {
                self.fail_join(invite, JoinFailure::Canceled);
                Ok(())
            }
            Command::ShowInvite { room } => self.ask_invite(room),
            Command::SendText { room, text } => self.send_text(now, room, text),
            Command::LeaveRoom { room } => self.leave_room(room),
            Command::LoadPage { room, before, limit } => {
                return self.load_page(room, before, limit);
            }
            Command::MarkRead { room, up_to } => return self.mark_read(room, up_to),
        };
        if let Err(why) = outcome {
            self.notify(Event::CommandRefused { why });
        }
        Ok(())
    }

    fn set_name(&mut self, now: Now, name: &str) -> Result<(), Refusal> {
        if !op::is_name(name) {
            return Err(Refusal::BadName);
        }
        if self.name.as_deref() == Some(name) {
            return Ok(());
        }
        self.set_profile(name.to_owned());
        self.notify(Event::NameChanged { name: name.to_owned() });
        for room in self.rooms.keys().copied().collect::<Vec<_>>() {
            self.write(now, room, &OpBody::Profile { name: name.to_owned() });
        }
        Ok(())
    }

    fn create_room(&mut self, now: Now, name: &str) -> Result<(), Refusal> {
        let my_name = self.name.clone().ok_or(Refusal::Nameless)?;
        if !op::is_name(name) {
            return Err(Refusal::BadName);
        }
        let (identity_seed, me) = self.new_identity();
        let nonce = first16(self.chance());
        let id = crypto::room_id(me.id, &nonce);
        let record = RoomRecord {
            id,
            name: name.to_owned(),
            identity_seed,
            owner: me.id,
            nonce,
            epochs: vec![(0, self.chance())],
            invites: Vec::new(),
            read_up_to: None,
        };
        self.rooms.insert(id, Room::new(record, Vec::new(), Vec::new(), 0));
        let noise_key = me.noise_key;
        let genesis =
            OpBody::Genesis { nonce, room_name: name.to_owned(), name: my_name, noise_key };
        self.write(now, id, &genesis);
        let secret = first16(self.chance());
        self.write(now, id, &OpBody::Invite { secret, expires_at: None });
        self.announce_room(id, None);
        let _ = self.ask_invite(id);
        Ok(())
    }

    /// A room is whole: remember it, answer its members, tell the person.
    pub(crate) fn announce_room(&mut self, id: RoomId, invite: Option<InviteId>) {
        let Some(room) = self.rooms.get(&id) else { return };
        self.staged.rooms.insert(id, room.record.clone());
        let newest = self.staged.ops.iter().filter(|op| op.room == id).max_by_key(|o| o.position);
        let summary = crate::RoomSummary {
            id,
            name: room.record.name.clone(),
            me: room.me.id,
            members: room.roster(),
            last: newest.and_then(|stored| room.show(stored)),
            unread: 0,
        };
        self.notify(Event::RoomJoined { room: summary, invite });
        self.admit(id);
    }

    fn accept_invite(&mut self, now: Now, invite: Invite) -> Result<(), Refusal> {
        if self.name.is_none() {
            return Err(Refusal::Nameless);
        }
        let id = invite.id();
        if invite.expires_at.is_some_and(|end| end <= now.wall) {
            self.notify(Event::JoinFailed { invite: id, why: JoinFailure::Expired });
            return Ok(());
        }
        let is_ours = |room: &Room| room.record.invites.iter().any(|i| i.secret == invite.secret);
        if self.rooms.values().any(is_ours) {
            self.notify(Event::JoinFailed { invite: id, why: JoinFailure::AlreadyJoined });
            return Ok(());
        }
        let (identity_seed, _) = self.new_identity();
        self.dial_invite(&invite);
        self.joins.insert(id, Join { invite, identity_seed });
        self.notify(Event::JoinStarted { invite: id });
        Ok(())
    }

    pub(crate) fn fail_join(&mut self, invite: InviteId, why: JoinFailure) {
        if self.joins.remove(&invite).is_some() {
            self.stop_dialing(Target::Invite(invite));
            self.hang_up_join(invite);
            self.notify(Event::JoinFailed { invite, why });
        }
    }

    fn ask_invite(&mut self, room: RoomId) -> Result<(), Refusal> {
        if !self.rooms.contains_key(&room) {
            return Err(Refusal::UnknownRoom);
        }
        self.shown_invites.insert(room);
        self.show_invite(room);
        Ok(())
    }

    fn send_text(&mut self, now: Now, room: RoomId, text: String) -> Result<(), Refusal> {
        if !op::is_text(&text) {
            return Err(Refusal::BadText);
        }
        if !self.rooms.contains_key(&room) {
            return Err(Refusal::UnknownRoom);
        }
        self.write(now, room, &OpBody::Text(text));
        Ok(())
    }

    fn leave_room(&mut self, id: RoomId) -> Result<(), Refusal> {
        let room = self.rooms.remove(&id).ok_or(Refusal::UnknownRoom)?;
        let (_, key) = room.epoch();
        self.outputs.push_back(Output::Refuse(crypto::room_dial_key(id, &key)));
        for invite in &room.record.invites {
            self.outputs.push_back(Output::Refuse(crypto::invite_dial_key(&invite.secret)));
        }
        self.shown_invites.remove(&id);
        self.hang_up_room(id);
        for member in &room.members {
            self.stop_dialing(Target::Member(id, member.id));
        }
        self.unstage(id);
        self.staged.forgotten.push(id);
        self.notify(Event::RoomLeft { room: id });
        Ok(())
    }

    /// Takes back what was to be remembered of a room.
    fn unstage(&mut self, id: RoomId) {
        self.staged.rooms.remove(&id);
        self.staged.members.retain(|(room, _), _| *room != id);
        self.staged.heads.retain(|(room, _), _| *room != id);
        self.staged.ops.retain(|op| op.room != id);
        self.unsent.remove(&id);
    }

    fn load_page(
        &mut self,
        id: RoomId,
        before: Option<Position>,
        limit: usize,
    ) -> Result<(), StoreError> {
        let Some(room) = self.rooms.get(&id) else {
            self.notify(Event::CommandRefused { why: Refusal::UnknownRoom });
            return Ok(());
        };
        let limit = limit.clamp(1, MAX_PAGE_LEN);
        let stored = self.store.page_before(id, before, limit)?;
        let is_start = stored.len() < limit;
        let messages = stored.iter().rev().filter_map(|op| room.show(op)).collect();
        self.notify(Event::PageLoaded { room: id, before, messages, is_start });
        Ok(())
    }

    fn mark_read(&mut self, id: RoomId, up_to: Position) -> Result<(), StoreError> {
        let Some(room) = self.rooms.get_mut(&id) else { return Ok(()) };
        if room.record.read_up_to >= Some(up_to) {
            return Ok(());
        }
        room.record.read_up_to = Some(up_to);
        let me = room.my_index;
        room.unread = self.store.count_after(id, Some(up_to), KIND_TEXT, me, MAX_UNREAD)?;
        // What is staged is not in the store yet.
        let newer = self.staged.ops.iter().filter(|op| {
            let position = op.position;
            op.room == id && op.kind == KIND_TEXT && position > up_to && position.author != me
        });
        room.unread = room.unread.saturating_add(newer.count()).min(MAX_UNREAD);
        let count = room.unread;
        self.staged.rooms.insert(id, room.record.clone());
        self.notify(Event::UnreadChanged { room: id, count });
        Ok(())
    }

    /// Writes into this device's own log.
    pub(crate) fn write(&mut self, now: Now, id: RoomId, body: &OpBody) {
        let Some(room) = self.rooms.get_mut(&id) else { return };
        let bytes = room.write(now.wall, body);
        let added = room.add(now.wall, &bytes).expect("what we write keeps our own rules");
        self.stage(id, added);
    }
}

/// The first half of fresh chance.
fn first16(chance: [u8; 32]) -> [u8; 16] {
    *chance.first_chunk().expect("16 of 32 bytes")
}
