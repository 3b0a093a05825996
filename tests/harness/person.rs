//! What people do with their devices, and what they see.

use engine::{
    Addr, Body, Command, Event, Goodbye, Input, Invite, JoinFailure, MAX_PAGE_LEN, Member, Message,
    PeerId, Position, Role, RoomId, Timestamp,
};

use crate::{Name, World};

impl World {
    /// The person holding `name` does something.
    pub fn command(&mut self, name: Name, command: Command) {
        self.input(name, Input::Command(command));
    }

    /// The person holding `name` says something in the only room they are in.
    pub fn say(&mut self, name: Name, text: &str) {
        let room = self.room(name);
        self.say_in(name, room, text);
    }

    /// The person holding `name` says something in one of their rooms.
    pub fn say_in(&mut self, name: Name, room: RoomId, text: &str) {
        self.command(name, Command::SendText { room, text: text.to_owned() });
    }

    /// `host` begins a room; gives the invite on its screen.
    pub fn create_room(&mut self, host: Name) -> Invite {
        self.command(host, Command::CreateRoom { name: "Camp".to_owned() });
        self.invite(host)
    }

    /// Alice begins a room, and lets `guests` in by having each scan her screen.
    #[must_use]
    pub fn with_camp(mut self, guests: &[Name]) -> Self {
        self.add("alice");
        self.create_room("alice");
        for guest in guests {
            self.add(guest);
            self.scan(guest, "alice");
        }
        self
    }

    /// The same, after all of them have met.
    #[must_use]
    pub fn with_camp_that_met(self, guests: &[Name]) -> Self {
        let mut world = self.with_camp(guests);
        world.meet();
        world
    }

    /// `liar` writes one history for one device and another for a second one, which are apart
    /// from then on; the second has just met the liar.
    pub fn equivocate(&mut self, liar: Name, first: (Name, &str), second: (Name, &[&str])) {
        let before = self.disk(liar);
        self.part(liar, second.0);
        self.part(first.0, second.0);
        self.say(liar, first.1);
        self.settle();
        self.restart_from(liar, before);
        self.part(liar, first.0);
        second.1.iter().for_each(|words| self.say(liar, words));
        self.reunite(liar, second.0);
        self.meet();
    }

    /// The invite last shown on the screen of `name`.
    pub fn invite(&self, name: Name) -> Invite {
        let shown = self.events(name).iter().rev().find_map(|event| match event {
            Event::InviteReady { invite, .. } => Some(invite.clone()),
            _ => None,
        });
        shown.expect("an invite on the screen")
    }

    /// The invite to the first room of `host`, shown anew.
    pub fn show_invite(&mut self, host: Name) -> Invite {
        let room = self.room(host);
        self.command(host, Command::ShowInvite { room, invite: None });
        self.invite(host)
    }

    /// `guest` scans the screen of `host`, and is connected to it.
    pub fn scan(&mut self, guest: Name, host: Name) {
        let invite = self.show_invite(host);
        self.accept(guest, &invite);
        self.dial_all(guest);
        self.settle();
    }

    /// `guest` scans an invite; nothing is dialed yet.
    pub fn accept(&mut self, guest: Name, invite: &Invite) {
        self.command(guest, Command::AcceptInvite { invite: invite.clone() });
    }

    /// The room `name` is in; the first it was told of if there are several.
    pub fn room(&self, name: Name) -> RoomId {
        *self.rooms(name).first().expect("a device in a room")
    }

    /// The rooms `name` is in, in the order it was told of them.
    pub fn rooms(&self, name: Name) -> Vec<RoomId> {
        let mut rooms = Vec::new();
        for event in self.events(name) {
            match event {
                Event::Started { rooms: all, .. } => rooms = all.iter().map(|r| r.id).collect(),
                Event::RoomJoined { room, .. } => rooms.push(room.id),
                Event::RoomLeft { room, .. } => rooms.retain(|r| r != room),
                _ => {}
            }
        }
        rooms
    }

    /// The key of `name` in its room.
    pub fn me(&self, name: Name) -> PeerId {
        let me = self.events(name).iter().rev().find_map(|event| match event {
            Event::RoomJoined { room, .. } => Some(room.me),
            Event::Started { rooms, .. } => rooms.first().map(|room| room.me),
            _ => None,
        });
        me.expect("a device in a room")
    }

    /// How many targets `name` wants to dial.
    pub fn wanted(&self, name: Name) -> usize {
        self.device(name).wanted.len()
    }

    /// Where `name` wants to dial, target by target.
    pub fn wanted_addrs(&self, name: Name) -> Vec<Vec<Addr>> {
        self.device(name).wanted.values().cloned().collect()
    }

    /// What the clock of `name` shows.
    pub fn wall(&self, name: Name) -> Timestamp {
        self.now(name).wall
    }

    /// `name` can be dialed elsewhere from now on.
    pub fn move_to(&mut self, name: Name, addrs: Vec<Addr>) {
        self.input(name, Input::AddrsChanged(addrs));
    }

    /// Everything `name` was told since it was started, oldest first.
    pub fn events(&self, name: Name) -> &[Event] {
        &self.device(name).events
    }

    /// Why joins of `name` failed.
    pub fn join_failures(&self, name: Name) -> Vec<JoinFailure> {
        let failed = self.events(name).iter().filter_map(|event| match event {
            Event::JoinFailed { why, .. } => Some(*why),
            _ => None,
        });
        failed.collect()
    }

    /// The texts in the history of `name`, in the order shown.
    pub fn texts(&mut self, name: Name) -> Vec<String> {
        let room = self.room(name);
        self.texts_in(name, room)
    }

    /// The texts in one room of `name`, in the order shown.
    pub fn texts_in(&mut self, name: Name, room: RoomId) -> Vec<String> {
        let text = |message: Message| match message.body {
            Body::Text(text) => Some(text),
            _ => None,
        };
        self.history(name, room).into_iter().filter_map(text).collect()
    }

    /// The whole history of one room of `name`, oldest first, page by page.
    pub fn history(&mut self, name: Name, room: RoomId) -> Vec<Message> {
        let mut history = Vec::new();
        loop {
            let before = history.first().map(|message: &Message| message.position);
            let (messages, is_start) = self.page(name, room, before, MAX_PAGE_LEN);
            history.splice(0..0, messages);
            if is_start {
                return history;
            }
        }
    }

    /// One page of history, oldest first, and whether nothing is older.
    pub fn page(
        &mut self,
        name: Name,
        room: RoomId,
        before: Option<Position>,
        limit: usize,
    ) -> (Vec<Message>, bool) {
        self.command(name, Command::LoadPage { room, before, limit });
        let page = self.events(name).iter().rev().find_map(|event| match event {
            Event::PageLoaded { messages, is_start, .. } => Some((messages.clone(), *is_start)),
            _ => None,
        });
        page.expect("a page")
    }

    /// How many messages `name` was last told are unread, if it was told.
    pub fn unread(&self, name: Name) -> Option<usize> {
        self.events(name).iter().rev().find_map(|event| match event {
            Event::UnreadChanged { count, .. } => Some(*count),
            Event::Started { rooms, .. } => rooms.first().map(|room| room.unread),
            Event::RoomJoined { room, .. } => Some(room.unread),
            _ => None,
        })
    }

    /// The peers `name` has a session with, by what it was told.
    pub fn peers(&self, name: Name) -> Vec<PeerId> {
        let mut peers = Vec::new();
        for event in self.events(name) {
            match event {
                Event::PeerSeen { peer, .. } if !peers.contains(peer) => peers.push(*peer),
                Event::PeerLost { peer, .. } => peers.retain(|known| known != peer),
                _ => {}
            }
        }
        peers
    }

    /// How far `name` was told `by` holds its messages.
    pub fn received(&self, name: Name, by: Name) -> u64 {
        let by = self.me(by);
        let told = self.events(name).iter().filter_map(|event| match event {
            Event::Received { by: who, up_to, .. } if *who == by => Some(*up_to),
            _ => None,
        });
        told.max().unwrap_or_default()
    }

    /// How far `name` remembers that `by` holds its messages.
    pub fn member_holds(&mut self, name: Name, by: Name) -> u64 {
        let by = self.me(by);
        self.retell(name);
        let told = self.events(name).iter().rev().find_map(|event| match event {
            Event::Started { rooms, .. } => {
                let mut members = rooms.iter().flat_map(|room| &room.members);
                members.find(|member| member.id == by).map(|member| member.holds)
            }
            _ => None,
        });
        told.unwrap_or_default()
    }

    /// The person holding `by` makes `whom` something else in their only room, and everyone hears it
    /// who can.
    pub fn set_role(&mut self, by: Name, whom: Name, role: Role) {
        let (room, member) = (self.room(by), self.me(whom));
        self.command(by, Command::SetRole { room, member, role });
        self.settle();
    }

    /// The person holding `name` leaves their only room.
    pub fn leave_room(&mut self, name: Name) {
        let room = self.room(name);
        self.command(name, Command::LeaveRoom { room });
    }

    /// Who knows that `name` left, as it was told; nothing while it waits, or is in its room.
    pub fn goodbye(&self, name: Name) -> Option<Goodbye> {
        let told = self.events(name).iter().rev().find_map(|event| match event {
            Event::RoomLeft { goodbye, .. } => Some(Some(*goodbye)),
            Event::RoomJoined { .. } => Some(None),
            _ => None,
        });
        told.flatten()
    }

    /// Everyone in the room of `name`, and who once was.
    pub fn members(&mut self, name: Name) -> Vec<Member> {
        self.retell(name);
        let told = self.events(name).iter().rev().find_map(|event| match event {
            Event::Started { rooms, .. } => rooms.first().map(|room| room.members.clone()),
            _ => None,
        });
        told.unwrap_or_default()
    }

    /// The names in the roster of `name`, sorted, as it was told of them.
    pub fn roster(&self, name: Name) -> Vec<String> {
        let mut roster = std::collections::BTreeMap::new();
        for event in self.events(name) {
            match event {
                Event::RoomJoined { room, .. } => {
                    roster.extend(room.members.iter().map(|m| (m.id, m.name.clone())));
                }
                Event::Started { rooms, .. } => {
                    let members = rooms.iter().flat_map(|room| &room.members);
                    roster.extend(members.map(|m| (m.id, m.name.clone())));
                }
                Event::MemberChanged { member, .. } => {
                    roster.insert(member.id, member.name.clone());
                }
                _ => {}
            }
        }
        let mut names: Vec<_> = roster.into_values().collect();
        names.sort();
        names
    }
}
