//! Everything shown, folded from what happened. It asks nobody and decides nothing.

use std::collections::BTreeMap;

use engine::{DoorPictures, Event, InviteId, JoinFailure, NearbyRoom, PeerId, RoomId};

use crate::backend::{LinkInfo, Notice};

mod messages;
mod names;
mod people;
mod remarks;
mod room;
mod storage;

pub use messages::Messages;
pub use names::Names;
pub(crate) use names::plain;
pub use remarks::{option_words, preview, remark};
pub use room::Room;
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
