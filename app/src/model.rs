//! Everything shown, folded from what happened. It asks nobody and decides nothing.

use std::collections::{BTreeMap, BTreeSet};

use engine::{
    DoorPictures, Event, Invite, InviteId, InviteState, JoinFailure, LastSeen, LinkId, Member,
    Message, NearbyRoom, PeerId, Report, Role, RoomId, RoomOptions, RoomSummary, Seen,
};

use crate::backend::{LinkInfo, Notice};

mod messages;
mod names;
mod people;
mod remarks;
mod storage;

pub use messages::Messages;
pub use names::Names;
pub(crate) use names::plain;
pub use remarks::{option_words, preview, remark};
pub use storage::Storage;

/// What is known to the screens.
#[derive(Debug, Default)]
pub struct Model {
    /// Whether the engine has said what it remembers.
    pub is_started: bool,
    /// What the person calls themselves, once they have said so.
    pub name: Option<String>,
    /// Every room.
    pub rooms: BTreeMap<RoomId, Room>,
    /// Joining that has not led to a room yet, oldest first.
    pub joins: Vec<Join>,
    /// Rooms that are open to people nearby, by name.
    pub nearby: Vec<NearbyRoom>,
    /// Whether this device carries sealed messages for others.
    pub carries: bool,
    /// What is kept on this device, once that was told.
    pub storage: Option<Storage>,
    /// Whether it became full and the person was not told yet; whoever tells them takes it back.
    pub has_run_full: bool,
    /// Sentences to be shown once, oldest first; whoever shows them takes them out.
    pub notes: Vec<String>,
    /// Why the engine has stopped for good, if it has.
    pub stopped: Option<String>,
}

/// A room and what has been seen of it.
#[derive(Debug)]
pub struct Room {
    /// Which.
    pub id: RoomId,
    /// Its name.
    pub name: String,
    /// This device's own key in it.
    pub me: PeerId,
    /// Everyone in it, this device included.
    pub members: Vec<Member>,
    /// What they are called on the screens.
    pub names: Names,
    /// Devices that others stand for, and which.
    persons: BTreeMap<PeerId, PeerId>,
    /// Up to where what this device wrote is in the mailbox.
    pub deposited: u64,
    /// The newest message.
    pub last: Option<Message>,
    /// How many messages of others are newer than the last one read.
    pub unread: usize,
    /// Whether its mailbox is used on this device.
    pub uses_mailbox: bool,
    /// Whether it is being left.
    pub is_leaving: bool,
    /// Its options.
    pub options: RoomOptions,
    /// Who waits to be let in, whoever came first first.
    pub newcomers: Vec<Newcomer>,
    /// Who is connected, and over which link.
    pub online: BTreeMap<PeerId, LinkId>,
    /// Links that carry more than they are good for.
    pub busy: BTreeSet<LinkId>,
    /// The invite to show, once there is one.
    pub invite: Option<Invite>,
    /// All invites there are, as last told.
    pub invites: Vec<InviteState>,
    /// What was told to the admins, as far as it can be read here, newest first.
    pub reports: Vec<Report>,
    /// The messages that were loaded.
    pub messages: Messages,
}

/// An invite being followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Join {
    /// Which.
    pub invite: InviteId,
    /// Why it came to an end, if it did.
    pub failure: Option<JoinFailure>,
    /// Who has to let this device in, if somebody has, and what both see.
    pub waiting: Option<(String, DoorPictures)>,
}

/// Somebody who waits to be let into a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Newcomer {
    /// Their key.
    pub id: PeerId,
    /// What they call themselves.
    pub name: String,
    /// What both devices show.
    pub pictures: DoorPictures,
}

impl Model {
    /// Takes in what happened.
    pub fn apply(&mut self, notice: Notice) {
        match notice {
            Notice::Event(event) => self.apply_event(event),
            Notice::Overflow => {
                self.rooms.clear();
                self.joins.clear();
            }
            // The application keeps those.
            Notice::Wifi(_) => {}
            Notice::Stopped(why) => self.stopped = Some(why),
        }
    }

    /// Takes in who is connected, when it was not told event by event.
    pub fn meet(&mut self, links: &[LinkInfo]) {
        for link in links.iter().filter(|link| link.closed.is_none()) {
            if let Some((room, peer)) = link.peer
                && let Some(room) = self.rooms.get_mut(&room)
            {
                room.online.insert(peer, link.id);
            }
        }
    }

    /// The rooms, most recently active first.
    pub fn recent(&self) -> Vec<&Room> {
        let mut rooms: Vec<&Room> = self.rooms.values().collect();
        rooms.sort_by(|a, b| b.active_at().cmp(&a.active_at()).then_with(|| a.name.cmp(&b.name)));
        rooms
    }

    /// How many messages were not read, over all rooms.
    pub fn unread(&self) -> usize {
        self.rooms.values().map(|room| room.unread).sum()
    }

    fn apply_event(&mut self, event: Event) {
        match event {
            Event::Started { name, rooms } => {
                self.is_started = true;
                self.name = name;
                self.rooms =
                    rooms.into_iter().map(|summary| (summary.id, Room::new(summary))).collect();
            }
            Event::NameChanged { name } => self.name = Some(name),
            Event::JoinStarted { invite } => {
                self.joins.retain(|join| join.invite != invite);
                self.joins.push(Join { invite, failure: None, waiting: None });
            }
            Event::JoinFailed { invite, why } => self.end_join(invite, why),
            Event::RoomJoined { room, invite } => {
                self.joins.retain(|join| Some(join.invite) != invite);
                self.rooms.entry(room.id).or_insert_with(|| Room::new(room));
            }
            Event::RoomLeaving { room } => {
                if let Some(room) = self.rooms.get_mut(&room) {
                    room.is_leaving = true;
                }
            }
            Event::RoomLeft { room, .. } => {
                self.rooms.remove(&room);
            }
            Event::CommandRefused { why } => self.notes.push(sentence(&why.to_string())),
            Event::MailboxDoubt { relay, why, .. } => self.notes.push(format!("{relay}: {why}")),
            Event::MailboxSet { room, on, .. } => {
                if let Some(room) = self.rooms.get_mut(&room) {
                    room.uses_mailbox = on;
                }
            }
            Event::CarryingSet { on } => self.carries = on,
            Event::NearbyChanged { rooms } => self.nearby = rooms,
            Event::StorageTold { bound, rooms, is_full } => {
                let told = Storage { bound, rooms, is_full };
                let was_full = self.storage.as_ref().is_some_and(|before| before.is_full);
                self.has_run_full = is_full && (self.has_run_full || !was_full);
                self.storage = Some(told);
            }
            // Who somebody is is shown by the screen that asked.
            Event::SafetyEmojis { .. } | Event::CodeChecked { .. } => {}
            Event::HistoryChanged { room } => {
                if let Some(room) = self.rooms.get_mut(&room) {
                    room.messages.reload();
                }
            }
            Event::JoinWaiting { invite, host, pictures } => {
                let waiting = self.joins.iter_mut().filter(|join| join.invite == invite);
                waiting.for_each(|join| join.waiting = Some((host.clone(), pictures)));
            }
            Event::NewcomerWaiting { room, newcomer, name, pictures } => {
                if let Some(room) = self.rooms.get_mut(&room) {
                    room.newcomers.retain(|known| known.id != newcomer);
                    room.newcomers.push(Newcomer { id: newcomer, name, pictures });
                }
            }
            Event::NewcomerGone { room, newcomer } => {
                if let Some(room) = self.rooms.get_mut(&room) {
                    room.newcomers.retain(|known| known.id != newcomer);
                }
            }
            // The screens show it as long as it holds, and see to that themselves.
            Event::Typing { .. } | Event::NetworkOffered { .. } => {}
            Event::OptionsChanged { room, options } => {
                if let Some(room) = self.rooms.get_mut(&room) {
                    room.options = options;
                }
            }
            Event::InviteReady { room, .. }
            | Event::InvitesListed { room, .. }
            | Event::MessageAdded { room, .. }
            | Event::NewestShown { room, .. }
            | Event::PageLoaded { room, .. }
            | Event::UnreadChanged { room, .. }
            | Event::LastChanged { room, .. }
            | Event::ReportsListed { room, .. }
            | Event::MemberChanged { room, .. }
            | Event::Received { room, .. }
            | Event::Deposited { room, .. }
            | Event::LinkBusy { room, .. }
            | Event::PeerSeen { room, .. }
            | Event::PeerLost { room, .. } => {
                if let Some(room) = self.rooms.get_mut(&room) {
                    room.apply(event);
                }
            }
        }
    }

    fn end_join(&mut self, invite: InviteId, why: JoinFailure) {
        if why == JoinFailure::Canceled {
            self.joins.retain(|join| join.invite != invite);
        } else if let Some(join) = self.joins.iter_mut().find(|join| join.invite == invite) {
            join.failure = Some(why);
        } else {
            self.joins.push(Join { invite, failure: Some(why), waiting: None });
        }
    }
}

impl Room {
    fn new(summary: RoomSummary) -> Self {
        let RoomSummary { id, name, me, members, last, unread, uses_mailbox, options } = summary;
        let mut room = Self {
            id,
            name,
            me,
            members: Vec::new(),
            names: Names::default(),
            persons: BTreeMap::new(),
            deposited: 0,
            last,
            unread,
            uses_mailbox,
            is_leaving: false,
            options,
            newcomers: Vec::new(),
            online: BTreeMap::new(),
            busy: BTreeSet::new(),
            invite: None,
            invites: Vec::new(),
            reports: Vec::new(),
            messages: Messages::default(),
        };
        room.take_members(members);
        room
    }

    /// The name of a member, with the start of their key where others have one that looks alike,
    /// or a placeholder for one not known by name yet.
    pub fn name_of(&self, peer: PeerId) -> &str {
        self.names.of(self.person_of(peer)).unwrap_or("Someone new")
    }

    /// The same with a sign behind it if this device's person made sure who it is.
    pub fn signed_name_of(&self, peer: PeerId) -> String {
        let name = self.name_of(peer);
        if self.is_verified(peer) { format!("{name} {VERIFIED}") } else { name.to_owned() }
    }

    /// Those in use are other ones by now.
    fn forget_old_links(&mut self) {
        self.busy.retain(|link| self.online.values().any(|used| used == link));
    }

    /// Whether this device's person made sure who somebody is.
    pub fn is_verified(&self, peer: PeerId) -> bool {
        self.names.is_verified(self.person_of(peer))
    }

    /// Reports of others that nobody has seen to here, and all others of others.
    pub fn reports_of_others(&self) -> (Vec<&Report>, Vec<&Report>) {
        let of_others = self.reports.iter().filter(|report| report.report.by != self.me);
        of_others.partition(|report| !report.report.is_done)
    }

    /// Somebody in it, or who once was.
    pub fn member(&self, peer: PeerId) -> Option<&Member> {
        self.members.iter().find(|member| member.id == peer)
    }

    /// What this device's person may do in it.
    pub fn my_role(&self) -> Role {
        self.member(self.me).map_or(Role::Member, |me| me.role)
    }

    /// Everyone but this device, and those who left or were removed.
    pub fn others(&self) -> impl Iterator<Item = &Member> {
        let is_other = |member: &&Member| member.id != self.me && member.role > Role::Removed;
        self.members.iter().filter(is_other)
    }

    /// When something last happened in it, for ordering.
    fn active_at(&self) -> u64 {
        self.last.as_ref().map_or(0, |message| message.position.hlc)
    }

    fn apply(&mut self, event: Event) {
        match event {
            Event::InviteReady { invite, .. } => self.invite = Some(invite),
            Event::InvitesListed { invites, .. } => self.invites = invites,
            Event::MessageAdded { message, .. } => self.add(message),
            Event::NewestShown { names, messages, .. } => {
                for (peer, name) in names {
                    if self.member(peer).is_none() {
                        self.names.set(peer, &name);
                    }
                }
                self.messages.show_early(messages);
            }
            Event::PageLoaded { before, messages, is_start, hides_earlier, .. } => {
                self.messages.page(before, messages, (is_start, hides_earlier));
            }
            Event::UnreadChanged { count, .. } => self.unread = count,
            Event::MemberChanged { member, .. } => self.take_member(member),
            Event::Deposited { up_to, .. } => self.deposited = self.deposited.max(up_to),
            Event::LastChanged { last, .. } => self.last = last,
            Event::ReportsListed { reports, .. } => self.reports = reports,
            Event::Received { by, up_to, .. } => {
                if let Some(member) = self.members.iter_mut().find(|member| member.id == by) {
                    member.holds = member.holds.max(up_to);
                }
            }
            Event::PeerSeen { peer, link, .. } => {
                self.online.insert(peer, link);
                self.forget_old_links();
            }
            Event::PeerLost { peer, .. } => {
                self.online.remove(&peer);
                self.forget_old_links();
            }
            Event::LinkBusy { link, is_busy: true, .. } => _ = self.busy.insert(link),
            Event::LinkBusy { link, is_busy: false, .. } => _ = self.busy.remove(&link),
            _ => {}
        }
    }

    fn add(&mut self, message: Message) {
        if self.last.as_ref().is_none_or(|last| last.position < message.position) {
            self.last = Some(message.clone());
        }
        if let Some(author) = self.members.iter_mut().find(|m| m.id == message.author) {
            let seen = LastSeen { at: message.sent_at, how: Seen::Wrote };
            let is_newer = author.last_seen.is_none_or(|before| before.at < seen.at);
            author.last_seen = if is_newer { Some(seen) } else { author.last_seen };
        }
        self.messages.add(message);
    }
}

/// Stands behind the name of somebody who was verified. Nobody types it: it is for private use, and
/// [`Names`] takes it out of names.
pub const VERIFIED: char = '\u{f5a1}';

/// What is read aloud for words in which [`VERIFIED`] may stand.
pub fn spoken(words: &str) -> String {
    words.replace(VERIFIED, "(verified)")
}

/// A phrase with a capital letter.
pub fn capital(phrase: &str) -> String {
    let mut chars = phrase.chars();
    let head: String = chars.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    format!("{head}{}", chars.as_str())
}

/// A phrase as a sentence: capital letter and full stop.
pub fn sentence(phrase: &str) -> String {
    let stop = if phrase.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{}{stop}", capital(phrase))
}

#[cfg(test)]
mod tests;
