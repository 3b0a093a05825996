//! Who may do what on the stage, and by which invites one joins: answers like those of an engine.

use engine::{
    Body, Bond, Command, Event, Invite, InviteId, InviteState, LastSeen, Member, Message, PeerId,
    Refusal, Role, Seen, Timestamp,
};

use crate::story::{BEA, CEM, ME, MINUTE, NOW, ROOM, invite, member, said};

/// The rules of [`ROOM`].
pub(crate) struct Rules {
    /// Everyone, this device's person included.
    pub(crate) members: Vec<Member>,
    /// Every invite.
    pub(crate) invites: Vec<InviteState>,
    codes: Vec<Invite>,
}

impl Default for Rules {
    /// Bea began the room; one invite works until tomorrow.
    fn default() -> Self {
        let cem = Member {
            last_seen: Some(LastSeen { at: Timestamp(NOW - 11 * MINUTE), how: Seen::Linked }),
            ..member(CEM, "Cem Yilmaz", 10)
        };
        let bea = Member { role: Role::Owner, ..member(BEA, "Bea", 13) };
        let usual = InviteState {
            invite: invite().id(),
            by: BEA,
            role: Role::Member,
            expires_at: invite().expires_at,
            max_uses: None,
            reads_before: false,
            uses: 2,
            is_revoked: false,
        };
        let members = vec![member(ME, "Ana", 0), bea, cem];
        Self { members, invites: vec![usual], codes: vec![invite()] }
    }
}

impl Rules {
    /// Makes somebody something else, without a word.
    pub(crate) fn make(&mut self, peer: PeerId, role: Role) {
        for member in self.members.iter_mut().filter(|member| member.id == peer) {
            member.role = role;
        }
        if role == Role::Owner {
            self.members
                .iter_mut()
                .filter(|m| m.id != peer && m.role == Role::Owner)
                .for_each(|before| before.role = Role::Member);
        }
    }

    /// These are devices of one person; the first stands for it.
    pub(crate) fn unite(&mut self, devices: &[PeerId]) {
        let first = *devices.first().expect("some");
        for member in self.members.iter_mut().filter(|m| devices.contains(&m.id)) {
            member.person = first;
            let is_mine = devices.contains(&ME) && member.id != ME;
            member.bond = if is_mine { Bond::Linked } else { Bond::None };
        }
    }

    /// The devices of somebody's person.
    pub(crate) fn devices(&self, peer: PeerId) -> Vec<PeerId> {
        let person = self.members.iter().find(|m| m.id == peer).map(|m| m.person);
        self.members.iter().filter(|m| Some(m.person) == person).map(|m| m.id).collect()
    }

    /// The person says that somebody is their other device, or is not.
    pub(crate) fn say_self(&mut self, peer: PeerId, is_so: bool) -> Event {
        let bond = self.members.iter().find(|m| m.id == peer).map(|m| m.bond);
        let bond = match (bond.unwrap_or_default(), is_so) {
            (Bond::Asks | Bond::Declined | Bond::Linked, true) => Bond::Linked,
            (_, true) => Bond::Asked,
            (Bond::Asks | Bond::Declined | Bond::Linked, false) => Bond::Declined,
            (_, false) => Bond::None,
        };
        let person = if bond == Bond::Linked { ME } else { peer };
        for member in self.members.iter_mut().filter(|m| m.id == peer) {
            (member.bond, member.person) = (bond, person);
        }
        self.changed(peer)
    }

    /// Nobody can join any more.
    pub(crate) fn revoke_all(&mut self) {
        self.invites.iter_mut().for_each(|state| state.is_revoked = true);
    }

    /// There is one more invite.
    pub(crate) fn add_invite(
        &mut self,
        by: PeerId,
        role: Role,
        expires_at: Option<Timestamp>,
        (uses, max_uses): (u32, Option<u32>),
    ) -> InviteId {
        let nth = u8::try_from(self.codes.len()).expect("few invites");
        let code = Invite { secret: [nth; 16], expires_at, ..invite() };
        let invite = code.id();
        self.codes.push(code);
        let is_revoked = false;
        self.invites.push(InviteState {
            invite,
            by,
            role,
            expires_at,
            max_uses,
            reads_before: false,
            uses,
            is_revoked,
        });
        invite
    }

    /// What an engine would do about `command`; `seq` is that of the message it may lead to.
    pub(crate) fn obey(&mut self, command: Command, seq: u64) -> Vec<Event> {
        let mine = self.role(ME);
        let governs = matches!(
            command,
            Command::CreateInvite { .. }
                | Command::RevokeInvite { .. }
                | Command::SetRole { .. }
                | Command::ChangeKey { .. }
        );
        if governs && mine < Role::Admin {
            return vec![Event::CommandRefused { why: Refusal::NotAdmin }];
        }
        match command {
            Command::ShowInvite { invite, .. } => vec![self.show(invite)],
            Command::ListInvites { .. } => vec![self.list()],
            Command::CreateInvite { role, expires_at, max_uses, reads_before, .. } => {
                let made = self.add_invite(ME, role, expires_at, (0, max_uses));
                self.invites.last_mut().expect("made").reads_before = reads_before;
                vec![self.show(Some(made)), self.list()]
            }
            Command::RevokeInvite { invite, .. } => {
                let mut events = self.change_key(&[], &[invite], seq);
                events.push(self.list());
                events
            }
            Command::ChangeKey { .. } => self.change_key(&[], &[], seq),
            Command::SetRole { member, role, .. } => self.set_role(mine, member, role, seq),
            other => panic!("not about rules: {other:?}"),
        }
    }

    fn role(&self, peer: PeerId) -> Role {
        self.members.iter().find(|m| m.id == peer).map_or(Role::Removed, |m| m.role)
    }

    fn list(&self) -> Event {
        Event::InvitesListed { room: ROOM, invites: self.invites.clone() }
    }

    fn show(&self, chosen: Option<InviteId>) -> Event {
        let is_open = |state: &&InviteState| state.is_open_at(Timestamp(NOW));
        let usual = |state: &InviteState| state.role == Role::Member && state.max_uses.is_none();
        let open: Vec<&InviteState> = self.invites.iter().filter(is_open).collect();
        let shown = match chosen {
            Some(chosen) => open.iter().find(|state| state.invite == chosen),
            None => open.iter().rev().find(|state| usual(state)).or(open.last()),
        };
        let code = shown.and_then(|shown| self.codes.iter().find(|c| c.id() == shown.invite));
        code.map_or(Event::CommandRefused { why: Refusal::NoInvite }, |code| Event::InviteReady {
            room: ROOM,
            invite: code.clone(),
        })
    }

    fn set_role(&mut self, mine: Role, peer: PeerId, role: Role, seq: u64) -> Vec<Event> {
        let from = self.role(peer);
        if from == role || peer == ME {
            return Vec::new();
        }
        if mine <= from || mine <= role {
            return vec![Event::CommandRefused { why: Refusal::NotOwner }];
        }
        if role == Role::Removed {
            let open = self.invites.iter().filter(|state| state.is_open_at(Timestamp(NOW)));
            let open: Vec<_> = open.map(|state| state.invite).collect();
            return self.change_key(&[peer], &open, seq);
        }
        self.make(peer, role);
        let body = Body::RoleChanged { member: peer, role };
        let mut events = vec![self.changed(peer)];
        events.extend(told(said(ME, seq, 0, body)));
        events
    }

    fn changed(&self, peer: PeerId) -> Event {
        let member = self.members.iter().find(|member| member.id == peer).expect("a member");
        Event::MemberChanged { room: ROOM, member: member.clone() }
    }

    fn change_key(&mut self, removed: &[PeerId], revoked: &[InviteId], seq: u64) -> Vec<Event> {
        for peer in removed {
            self.make(*peer, Role::Removed);
        }
        for state in self.invites.iter_mut().filter(|state| revoked.contains(&state.invite)) {
            state.is_revoked = true;
        }
        if !revoked.is_empty() {
            self.add_invite(ME, Role::Member, None, (0, None));
        }
        let mut events: Vec<_> = removed.iter().map(|peer| self.changed(*peer)).collect();
        let body = Body::KeyChanged { removed: removed.to_vec(), revoked: revoked.len() };
        events.extend(told(said(ME, seq, 0, body)));
        if !revoked.is_empty() {
            events.push(self.show(None));
        }
        events
    }
}

fn told(message: Message) -> [Event; 2] {
    [Event::HistoryChanged { room: ROOM }, Event::MessageAdded { room: ROOM, message }]
}
