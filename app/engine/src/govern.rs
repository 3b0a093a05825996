//! Who may do what: changed by those who may, followed by everyone.

use crate::{
    Control, ControlRecord, Engine, EpochRecord, Event, InviteId, LinkId, Member, PeerId, Refusal,
    Role, RoleChange, RoomId, Store, StoreError, TextChain, Timestamp,
    body::{MAX_BOXES, MAX_REMOVED, MAX_REVOKED, MAX_SEEN, OpBody, Sealed},
    crypto,
    engine::{Output, Target},
    membership::InviteState,
    op::{self, Op},
    room::{Added, Drawn, Room},
    session::LinkState,
    wire::{MAX_EPOCHS_TOLD, Packet, TextKey},
};

/// The most admins of one room, and those who once were: each new key names how much of each of
/// their logs was seen.
const MAX_ADMINS: usize = MAX_SEEN - 1;

impl<S: Store> Engine<S> {
    pub(crate) fn governed(&self, id: RoomId) -> Result<&Room, Refusal> {
        let room = self.rooms.get(&id).ok_or(Refusal::UnknownRoom)?;
        if room.my_role() < Role::Admin { Err(Refusal::NotAdmin) } else { Ok(room) }
    }

    pub(crate) fn create_invite(
        &mut self,
        id: RoomId,
        (role, reads_before): (Role, bool),
        expires_at: Option<Timestamp>,
        max_uses: Option<u32>,
    ) -> Result<(), Refusal> {
        self.governed(id)?;
        let secret = self.short_chance();
        let role = role.clamp(Role::Muted, Role::Member);
        self.write(id, &OpBody::Invite { secret, expires_at, role, max_uses, reads_before })?;
        self.ask_invite(id, Some(crypto::invite_id(&secret)))?;
        self.list_invites(id)
    }

    pub(crate) fn revoke_invite(&mut self, id: RoomId, invite: InviteId) -> Result<(), Refusal> {
        let room = self.governed(id)?;
        let is_known = room.membership.invite(invite).is_some_and(|state| !state.is_revoked);
        if !is_known || room.membership.is_for_nearby(invite) {
            return Err(Refusal::UnknownInvite);
        }
        self.change_key(id, &[], vec![invite])?;
        self.list_invites(id)
    }

    /// Tells the person which invites the room has.
    pub(crate) fn list_invites(&mut self, id: RoomId) -> Result<(), Refusal> {
        let room = self.rooms.get(&id).ok_or(Refusal::UnknownRoom)?;
        let is_listed = |state: &InviteState| !room.membership.is_for_nearby(state.invite);
        let invites: Vec<InviteState> = room.membership.invites().filter(is_listed).collect();
        self.notify(Event::InvitesListed { room: id, invites });
        Ok(())
    }

    pub(crate) fn set_role(
        &mut self,
        id: RoomId,
        member: PeerId,
        role: Role,
    ) -> Result<(), Refusal> {
        let room = self.governed(id)?;
        let index = room.index_of(member).ok_or(Refusal::UnknownMember)?;
        if room.membership.has_left(member) {
            return Err(Refusal::HasLeft);
        }
        let (mine, from) = (room.my_role(), room.membership.role(member));
        if from == role || member == room.me.id {
            return Ok(());
        }
        if mine <= from || mine <= role {
            return Err(Refusal::NotOwner);
        }
        if role == Role::Admin && room.membership.admins_ever().count() > MAX_ADMINS {
            return Err(Refusal::TooManyAdmins);
        }
        if role == Role::Removed {
            // They know every invite there is, and could come back by one under another name.
            return self.change_key_and_invites(id, &[member]);
        }
        let (up_to, rank) = (room.head(index).height, room.membership.next_rank());
        self.write(id, &OpBody::SetRole(RoleChange { member, from, to: role, up_to, rank }))
    }

    /// Draws a new key, and has nobody join by any invite there is, but by a new one.
    pub(crate) fn change_key_and_invites(
        &mut self,
        id: RoomId,
        removed: &[PeerId],
    ) -> Result<(), Refusal> {
        let room = self.governed(id)?;
        // That for people nearby is known to strangers anyway, and lets in nobody by itself.
        let is_meant = |state: &InviteState| {
            state.is_open_at(self.now.wall) && !room.membership.is_for_nearby(state.invite)
        };
        let open = room.membership.invites().filter(is_meant);
        let mut open: Vec<_> = open.map(|state| state.invite).collect();
        let rest = open.split_off(open.len().min(MAX_REVOKED));
        self.change_key(id, removed, open)?;
        rest.chunks(MAX_REVOKED).try_for_each(|more| self.change_key(id, &[], more.to_vec()))
    }

    /// Draws a new key for the room, and gives it to all members but `removed`. If invites are
    /// revoked by it, there is a new one afterwards.
    pub(crate) fn change_key(
        &mut self,
        id: RoomId,
        removed: &[PeerId],
        revoked: Vec<InviteId>,
    ) -> Result<(), Refusal> {
        self.governed(id)?;
        let has_revoked = !revoked.is_empty();
        let (epoch, sealed, chain) = self.draw_key(id, removed, revoked)?;
        self.write(id, &OpBody::Epoch(epoch, sealed, chain))?;
        if has_revoked {
            let invite = self.public_invite();
            self.write(id, &invite)?;
        }
        Ok(())
    }

    /// An invite for everybody, without end or limit, such as a room begins with.
    pub(crate) fn public_invite(&mut self) -> OpBody {
        OpBody::Invite {
            secret: self.short_chance(),
            expires_at: None,
            role: Role::Member,
            max_uses: None,
            reads_before: false,
        }
    }

    /// Draws a key and seals it; what does not fit in one operation is written.
    pub(crate) fn draw_key(
        &mut self,
        id: RoomId,
        removed: &[PeerId],
        revoked: Vec<InviteId>,
    ) -> Result<(EpochRecord, Sealed, Option<TextChain>), Refusal> {
        let (secret, seed) = (self.chance(), self.chance());
        let room = self.rooms.get_mut(&id).ok_or(Refusal::UnknownRoom)?;
        let drawn = Drawn::new(&secret, room.membership.options().hide_history);
        let (epoch_id, chain) = (drawn.id, drawn.chain());
        room.keep_key(drawn);
        let mut boxes = room.seal_key((epoch_id, &secret), &seed, removed);
        let sender_key = crypto::noise_public(&seed);
        while boxes.len() > MAX_BOXES {
            let rest = boxes.split_off(MAX_BOXES);
            let sealed = Sealed { sender_key, boxes: std::mem::replace(&mut boxes, rest) };
            self.write(id, &OpBody::Seal(epoch_id, sealed))?;
        }
        let room = self.rooms.get(&id).ok_or(Refusal::UnknownRoom)?;
        let height = |peer| room.index_of(peer).map_or(0, |index| room.head(index).height);
        let epoch = EpochRecord {
            id: epoch_id,
            number: room.membership.highest_epoch().saturating_add(1),
            rank: room.membership.next_rank(),
            removed: removed.iter().map(|peer| (*peer, height(*peer))).collect(),
            revoked,
            seen: room.membership.admins_ever().map(|peer| (peer, height(peer))).collect(),
        };
        Ok((epoch, Sealed { sender_key, boxes }, chain))
    }

    /// Makes one key of several, where the key was changed in two places at the same time.
    pub(crate) fn merge_epochs(&mut self, id: RoomId) -> Result<(), Refusal> {
        let room = self.rooms.get(&id).ok_or(Refusal::UnknownRoom)?;
        match room.epochs_to_merge() {
            Some(parents) => self.write_anyhow(id, &OpBody::Merge { parents }),
            None if room.has_key() => Ok(()),
            None => Err(Refusal::NoKey),
        }
    }

    /// What an operation that was added changes for who may do what.
    pub(crate) fn follow_rules(&mut self, id: RoomId, added: &Added) {
        let Some(record) = &added.control else { return };
        self.staged.controls.insert((id, record.by, record.seq), record.clone());
        let Some(room) = self.rooms.get(&id) else { return };
        let changed: Vec<Member> = added
            .new_roles
            .keys()
            .filter_map(|peer| Some(room.describe(room.member(room.index_of(*peer)?)?)))
            .collect();
        // As much of their logs as counts now may be more than before.
        let grown: Vec<_> =
            added.new_roles.keys().filter_map(|peer| room.index_of(*peer)).collect();
        let has_uninvited =
            room.my_role() >= Role::Admin && room.membership.uninvited().any(|_| true);
        for member in changed {
            self.notify(Event::MemberChanged { room: id, member });
        }
        for index in grown {
            self.unsent.entry(id).or_default().add(index, true);
        }
        if matches!(record.control, Control::SetRole(_) | Control::Epoch(..) | Control::Fork { .. })
        {
            self.notify(Event::HistoryChanged { room: id });
            self.unparted.insert(id);
        }
        if record.control == Control::Leave {
            self.unparted.insert(id);
        }
        if has_uninvited {
            self.uninvited.insert(id);
        }
        self.follow_options(id);
        if matches!(record.control, Control::Invite { .. } | Control::Epoch(..)) {
            self.answer_invites(id);
            // The room is here: it can only be listed.
            let _ = self.list_invites(id);
        }
        let is_ours = self.rooms.get(&id).is_some_and(|room| room.me.id == record.by);
        self.follow_keys(id, is_ours);
    }

    /// Removes those who came by an invite that was over.
    pub(crate) fn remove_uninvited(&mut self) {
        for id in std::mem::take(&mut self.uninvited) {
            let Some(room) = self.rooms.get(&id) else { continue };
            let removed: Vec<_> = room.membership.uninvited().take(MAX_REMOVED).collect();
            if !removed.is_empty() {
                // A log that has forked stays as it is.
                let _ = self.change_key(id, &removed, Vec::new());
            }
        }
    }

    /// Answers those who hold an invite that works, and no others.
    pub(crate) fn answer_invites(&mut self, id: RoomId) {
        let Some(room) = self.rooms.get(&id) else { return };
        let open: Vec<_> = room.invites_at(self.now.wall).map(|invite| invite.secret).collect();
        let callee = room.me.host_id();
        for invite in &room.record.invites {
            let key = crypto::invite_dial_key(&invite.secret);
            self.outputs.push_back(if open.contains(&invite.secret) {
                Output::Admit { key, callee }
            } else {
                Output::Refuse(key)
            });
        }
        if self.shown_invites.contains_key(&id) {
            self.show_invite(id);
        }
    }

    /// Takes new keys into use, and passes them on.
    fn follow_keys(&mut self, id: RoomId, is_ours: bool) {
        let Some(room) = self.rooms.get_mut(&id) else { return };
        let fresh = room.take_fresh_keys();
        if !fresh.is_empty() {
            self.staged.rooms.insert(id, room.record.clone());
            let callee = room.me.host_id();
            for key in fresh.iter().filter(|key| room.is_meeting_key(key)) {
                let key = crypto::room_dial_key(id, key);
                self.outputs.push_back(Output::Admit { key, callee });
            }
            self.retry_refused(id);
            self.renew_welcomes(id);
        }
        // Whoever became a member a moment ago may lack what was new before.
        self.links_of(id).into_iter().for_each(|link| self.give_keys(link));
        self.move_mailbox(id, is_ours);
        self.mind_renewal(id);
    }

    /// Dials everyone anew, by the key that is used now.
    pub(crate) fn redial(&mut self, id: RoomId) {
        self.dialed.retain(|target, _| !matches!(target, Target::Member(room, _) if *room == id));
        self.dial_members(id);
    }

    /// Says which epochs are held, if there was ever more than one.
    pub(crate) fn tell_epochs(&mut self, link: LinkId, is_answer: bool) {
        let Some(session) = self.session_mut(link) else { return };
        let id = session.room;
        let has_told = std::mem::replace(&mut session.has_told_epochs, true);
        let Some(room) = self.rooms.get(&id).filter(|_| !has_told) else { return };
        let held = room.held_epochs();
        if is_answer || held.len() > 1 {
            self.transmit(link, &Packet::Epochs(held));
        } else if let Some(session) = self.session_mut(link) {
            session.has_told_epochs = false;
        }
    }

    /// A member said which epochs it holds: it gets the keys of the others.
    pub(crate) fn take_epochs(&mut self, link: LinkId, theirs: &[[u8; 16]]) {
        self.tell_epochs(link, true);
        let is_member = self.is_member_at(link);
        let Some(session) = self.session_mut(link) else { return };
        let (id, peer) = (session.room, session.peer);
        if std::mem::replace(&mut session.has_given_keys, true) {
            return;
        }
        if !is_member {
            // It gets them all as soon as it is known to be one.
            session.epochs_known = 0;
            return;
        }
        let Some(room) = self.rooms.get_mut(&id) else { return };
        let is_whole = theirs.len() < MAX_EPOCHS_TOLD;
        let keys = if is_whole { room.keys_without(theirs) } else { room.newer_than(theirs) };
        if keys.is_empty() {
            return;
        }
        if room.membership.reads_before(peer) {
            let past = room.past_text_keys(&keys);
            return self.give_past(link, keys, &past);
        }
        let texts = room.text_keys(&keys, true);
        self.transmit(link, &Packet::Keys { keys, texts });
    }

    /// Gives a member the keys that are new since the session began, or since it was last given any.
    fn give_keys(&mut self, link: LinkId) {
        if !self.is_member_at(link) {
            return;
        }
        let Some(LinkState::Open(session)) = self.links.get_mut(&link) else { return };
        let Some(room) = self.rooms.get_mut(&session.room) else { return };
        let known = std::mem::replace(&mut session.epochs_known, room.record.epochs.len());
        // What somebody may read of before is known with how they came.
        let is_new = std::mem::take(&mut session.is_newcomer);
        let past = (is_new && room.membership.reads_before(session.peer)).then(|| room.past());
        let fresh: Vec<_> = room.record.epochs.iter().skip(known).map(|(_, key)| *key).collect();
        if !fresh.is_empty() {
            // Most of those who are given it have it from whoever made it.
            let texts = room.text_keys(&fresh, false);
            self.transmit(link, &Packet::Keys { keys: fresh, texts });
        }
        if let Some(past) = past.filter(|past| !past.is_empty()) {
            self.give_past(link, Vec::new(), &past);
        }
    }

    /// Whether at the other end of a session is a member, and not one who was removed a moment ago.
    fn is_member_at(&self, link: LinkId) -> bool {
        let Some(session) = self.session(link) else { return false };
        let Some(room) = self.rooms.get(&session.room) else { return false };
        room.index_of(session.peer).is_some() && room.membership.role(session.peer) > Role::Removed
    }

    /// A member said what keys are, and what texts open with from now on.
    pub(crate) fn take_keys(
        &mut self,
        (id, by): (RoomId, PeerId),
        keys: &[[u8; 32]],
        texts: &[TextKey],
    ) {
        let Some(room) = self.rooms.get_mut(&id) else { return };
        let mut has_learned = false;
        for key in keys {
            has_learned |= room.learn_key(*key);
        }
        if has_learned {
            room.choose_epoch();
            self.follow_keys(id, false);
        }
        self.take_texts(id, by, texts);
    }

    /// Hangs up on those who left or were removed, once they have been told.
    pub(crate) fn part_with_removed(&mut self) {
        for id in std::mem::take(&mut self.unparted) {
            let Some(room) = self.rooms.get(&id) else { continue };
            let is_out = room.membership.was_removed(room.me.id);
            let links = self.links_of(id).into_iter().filter(|link| {
                let peer = self.session(*link).map(|session| session.peer);
                is_out || peer.is_some_and(|p| room.membership.role(p) == Role::Removed)
            });
            for link in links.collect::<Vec<_>>() {
                self.hang_up(link);
            }
            self.dial_members(id);
        }
    }

    /// Reads the rules out of a room's operations, for a room remembered from before rules were.
    pub(crate) fn read_rules(&self, room: &Room) -> Result<Vec<ControlRecord>, StoreError> {
        const AT_ONCE: usize = 256;
        let mut records = Vec::new();
        for n in 0..room.members.len() {
            let index = crate::MemberIndex(u32::try_from(n).unwrap_or(u32::MAX));
            let mut after = 0;
            loop {
                let ops = self.store.ops_after(room.id(), index, after, AT_ONCE, usize::MAX)?;
                after = ops.last().and_then(|op| op::seq_of(op)).unwrap_or(after);
                let read = ops.iter().filter_map(|bytes| room.read_control(&Op::decode(bytes)?));
                records.extend(read);
                if ops.len() < AT_ONCE {
                    break;
                }
            }
        }
        Ok(records)
    }
}
