//! What the person asks for, carried out.

use crate::{
    Command, Engine, Event, InviteId, JoinFailure, MAX_PAGE_LEN, Message, Position, Refusal, Role,
    RoomId, RoomRecord, Store, StoreError,
    body::{self, KIND_TEXT, OpBody},
    crypto,
    engine::{MAX_UNREAD, Output, Wanted},
    op::Op,
    room::Room,
};

impl<S: Store> Engine<S> {
    pub(crate) fn obey(&mut self, command: Command) -> Result<(), StoreError> {
        let outcome = match command {
            Command::SetName { name } => self.set_name(name.trim()),
            Command::CreateRoom { name } => self.create_room(name.trim()),
            Command::AcceptInvite { invite } => self.accept_invite(invite),
            Command::CancelJoin { invite } => {
                self.fail_join(invite, JoinFailure::Canceled);
                Ok(())
            }
            Command::ShowInvite { room, invite } => self.ask_invite(room, invite),
            Command::CreateInvite { room, role, expires_at, max_uses, reads_before } => {
                self.create_invite(room, (role, reads_before), expires_at, max_uses)
            }
            Command::RevokeInvite { room, invite } => self.revoke_invite(room, invite),
            Command::ListInvites { room } => self.list_invites(room),
            Command::SetRole { room, member, role } => self.set_role(room, member, role),
            Command::SetPersonRole { room, member, role } => {
                self.set_person_role(room, member, role)
            }
            Command::SetSelf { room, member, is_so } => self.set_self(room, member, is_so),
            Command::ChangeKey { room } => self.change_key(room, &[], Vec::new()),
            Command::SendText { room, text } => self.send_text(room, text),
            Command::CompareKeys { room, member } => self.compare_keys(room, member),
            Command::CheckCode { code, expected } => {
                self.check_code(code, expected);
                Ok(())
            }
            Command::SetVerified { room, member, is_verified } => {
                self.set_verified(room, member, is_verified)
            }
            Command::SetBlocked { room, member, is_blocked } => {
                self.set_blocked(room, member, is_blocked)
            }
            Command::Report { room, member, text } => self.report(room, member, text.trim()),
            Command::ListReports { room } => self.ask_reports(room),
            Command::SetReportDone { room, by, seq, is_done } => {
                self.set_report_done(room, (by, seq), is_done)
            }
            Command::Typing { room } => {
                self.tell_typing(room);
                Ok(())
            }
            Command::OfferNetwork { room, access } => self.offer_network(room, access),
            Command::WithdrawNetwork => {
                self.withdraw_network();
                Ok(())
            }
            Command::SetMailbox { room, on } => self.set_mailbox(room, on),
            Command::SetCarrying { on } => self.set_carrying(on),
            Command::ListStorage => {
                self.tell_storage();
                Ok(())
            }
            Command::SetBound { bytes } => {
                self.set_bound(bytes);
                Ok(())
            }
            Command::SetRelays { room, relays } => self.set_relays(room, relays),
            Command::LeaveRoom { room } => self.leave_room(room),
            Command::SetOption { room, option, on } => self.set_option(room, option, on),
            Command::LoadPage { room, before, limit } => self.ask_page(room, before, limit),
            Command::LetIn { room, newcomer } => match self.let_in(room, newcomer)? {
                true => Ok(()),
                false => Err(Refusal::NobodyWaits),
            },
            Command::TurnAway { room, newcomer } => self.turn_away(room, newcomer),
            Command::MarkRead { room, up_to } => return self.mark_read(room, up_to),
        };
        if let Err(why) = outcome {
            self.notify(Event::CommandRefused { why });
        }
        Ok(())
    }

    fn set_name(&mut self, name: &str) -> Result<(), Refusal> {
        if !body::is_name(name) {
            return Err(Refusal::BadName);
        }
        if self.name.as_deref() == Some(name) {
            return Ok(());
        }
        self.set_profile(name.to_owned());
        self.notify(Event::NameChanged { name: name.to_owned() });
        for room in self.rooms.keys().copied().collect::<Vec<_>>() {
            // A room in which nothing can be written keeps the old name.
            let _ = self.write(room, &OpBody::Profile { name: name.to_owned() });
        }
        Ok(())
    }

    fn create_room(&mut self, name: &str) -> Result<(), Refusal> {
        let my_name = self.name.clone().ok_or(Refusal::Nameless)?;
        if !body::is_name(name) {
            return Err(Refusal::BadName);
        }
        let (identity_seed, me) = self.new_identity();
        let nonce = self.short_chance();
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
            host: None,
        };
        let told = self.outputs.len();
        self.rooms.insert(id, Room::new(record, Vec::new(), Vec::new(), &[], 0));
        let noise_key = me.noise_key;
        let genesis =
            OpBody::Genesis { nonce, room_name: name.to_owned(), name: my_name, noise_key };
        self.write(id, &genesis)?;
        let invite = self.public_invite();
        self.write(id, &invite)?;
        self.announce_room(id, None, told);
        self.ask_invite(id, None)
    }

    /// A room is whole: remember it, answer its members, tell the person before all else that was
    /// put out about it, which begins at output `at`.
    pub(crate) fn announce_room(&mut self, id: RoomId, invite: Option<InviteId>, at: usize) {
        let Some(room) = self.rooms.get(&id) else { return };
        self.staged.rooms.insert(id, room.record.clone());
        let mut newest: Vec<_> = self.staged.ops.iter().filter(|op| op.room == id).collect();
        newest.sort_by_key(|op| std::cmp::Reverse(op.position));
        let summary = crate::RoomSummary {
            id,
            name: room.record.name.clone(),
            me: room.me.id,
            members: room.roster(),
            last: newest.into_iter().find_map(|stored| room.show(stored)),
            unread: 0,
            uses_mailbox: room.mailbox.record.on,
            options: room.membership.options(),
        };
        let joined = Event::RoomJoined { room: summary, invite };
        self.outputs.insert(at.min(self.outputs.len()), Output::Notify(joined));
        self.admit(id);
        self.stage_mailbox(id);
    }

    pub(crate) fn ask_invite(
        &mut self,
        room: RoomId,
        invite: Option<InviteId>,
    ) -> Result<(), Refusal> {
        let known = self.rooms.get(&room).ok_or(Refusal::UnknownRoom)?;
        if !known.may_host() {
            return Err(Refusal::MayNotHost);
        }
        if known.invite_to_show(invite, self.now.wall).is_none() {
            return Err(Refusal::NoInvite);
        }
        self.shown_invites.insert(room, invite);
        self.show_invite(room);
        self.mind_welcome(room);
        Ok(())
    }

    fn send_text(&mut self, room: RoomId, text: String) -> Result<(), Refusal> {
        if !body::is_text(&text) {
            return Err(Refusal::BadText);
        }
        self.may_write(room)?;
        self.check_off(room, true);
        self.write(room, &OpBody::Text(text))
    }

    /// Whether this device's person may say something in a room.
    pub(crate) fn may_write(&self, room: RoomId) -> Result<(), Refusal> {
        match self.rooms.get(&room).ok_or(Refusal::UnknownRoom)?.my_role() {
            Role::Removed => Err(Refusal::Removed),
            Role::Muted => Err(Refusal::Muted),
            _ => Ok(()),
        }
    }

    /// Takes back what was to be remembered of a room.
    pub(crate) fn unstage(&mut self, id: RoomId) {
        self.staged.rooms.remove(&id);
        self.staged.members.retain(|(room, _), _| *room != id);
        self.staged.heads.retain(|(room, _), _| *room != id);
        self.staged.mailboxes.remove(&id);
        self.staged.kept.retain(|(room, _), _| *room != id);
        self.staged.ops.retain(|op| op.room != id);
        self.staged.controls.retain(|(room, ..), _| *room != id);
        self.staged.closed.retain(|(room, _), _| *room != id);
        self.staged.marks.retain(|(room, _), _| *room != id);
        self.staged.reports.retain(|(room, ..), _| *room != id);
        self.staged.trails.retain(|(room, _), _| *room != id);
        self.staged.runs.retain(|(room, ..), _| *room != id);
        self.staged.gone.retain(|gone| gone.room != id);
        self.unhurried.retain(|(room, _)| *room != id);
        self.unparted.remove(&id);
        self.uninvited.remove(&id);
        self.unsent.remove(&id);
        self.untended.remove(&id);
        self.recounted.remove(&id);
        self.relisted.remove(&id);
        self.wanted_reports.remove(&id);
        self.wanted_pages.retain(|wanted| wanted.room != id);
    }

    /// A page is read once everything told before it is on disk, so that none of it is missing.
    fn ask_page(
        &mut self,
        room: RoomId,
        before: Option<Position>,
        limit: usize,
    ) -> Result<(), Refusal> {
        if !self.rooms.contains_key(&room) {
            return Err(Refusal::UnknownRoom);
        }
        let limit = limit.clamp(1, MAX_PAGE_LEN);
        self.wanted_pages.push(Wanted { room, before, limit });
        Ok(())
    }

    pub(crate) fn load_page(&mut self, wanted: &Wanted) -> Result<(), StoreError> {
        let (id, before) = (wanted.room, wanted.before);
        let Some(room) = self.rooms.get(&id) else { return Ok(()) };
        let (mut messages, is_start) = self.messages_before(room, before, wanted.limit)?;
        messages.reverse();
        let hides_earlier = room.is_history_hidden();
        self.notify(Event::PageLoaded { room: id, before, messages, is_start, hides_earlier });
        Ok(())
    }

    /// The last `limit` messages before a place, newest first, and whether nothing is before them.
    pub(crate) fn messages_before(
        &self,
        room: &Room,
        mut before: Option<Position>,
        limit: usize,
    ) -> Result<(Vec<Message>, bool), StoreError> {
        let mut messages = Vec::new();
        // Not every operation shows something.
        while messages.len() < limit {
            let missing = limit.saturating_sub(messages.len());
            let stored = self.store.page_before(room.id(), before, missing)?;
            messages.extend(stored.iter().filter_map(|op| room.show(op)));
            if stored.len() < missing {
                return Ok((messages, true));
            }
            before = stored.last().map(|op| op.position);
        }
        Ok((messages, false))
    }

    fn mark_read(&mut self, id: RoomId, up_to: Position) -> Result<(), StoreError> {
        let Some(room) = self.rooms.get_mut(&id) else { return Ok(()) };
        if room.record.read_up_to >= Some(up_to) {
            return Ok(());
        }
        room.record.read_up_to = Some(up_to);
        let unheard = room.unheard();
        let from = room.unread_from();
        room.unread = self.store.count_after(id, from, KIND_TEXT, &unheard, MAX_UNREAD)?;
        // What is staged is not in the store yet.
        let newer = self.staged.ops.iter().filter(|op| {
            let position = op.position;
            let is_heard = !unheard.contains(&position.author);
            op.room == id && op.kind == KIND_TEXT && position > up_to && is_heard
        });
        room.unread = room.unread.saturating_add(newer.count()).min(MAX_UNREAD);
        self.staged.rooms.insert(id, room.record.clone());
        self.recounted.insert(id);
        Ok(())
    }

    /// Writes into this device's own log, with a key nobody has who was removed.
    pub(crate) fn write(&mut self, id: RoomId, body: &OpBody) -> Result<(), Refusal> {
        if !matches!(body, OpBody::Epoch(..) | OpBody::Seal(..) | OpBody::Renewal(..)) {
            self.merge_epochs(id)?;
        }
        let is_text = matches!(body, OpBody::Text(_));
        if is_text && self.rooms.get(&id).is_some_and(Room::lacks_lock) {
            return Err(Refusal::NoKey);
        }
        self.write_anyhow(id, body)
    }

    /// Writes into this device's own log with whatever key there is: what leads to a better one.
    pub(crate) fn write_anyhow(&mut self, id: RoomId, body: &OpBody) -> Result<(), Refusal> {
        let now = self.now;
        let room = self.rooms.get_mut(&id).ok_or(Refusal::UnknownRoom)?;
        let bytes = room.write(now.wall, body);
        let added = Op::decode(&bytes).and_then(|op| room.add(now, &op).ok());
        // We keep the rules; only what we wrote before and forgot can stand against it.
        self.stage(id, added.ok_or(Refusal::LogForked)?);
        Ok(())
    }
}
