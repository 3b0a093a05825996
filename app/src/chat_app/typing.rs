//! Who is writing just now, and saying so oneself.

use std::collections::{BTreeMap, BTreeSet};

use engine::{Command, Event, PeerId, RoomId, Timestamp};

use super::ChatApp;
use crate::model::Room;

/// How long it is shown that somebody writes, in milliseconds: two of their words on it may be late.
const SHOWN_MILLIS: u64 = 6_000;
/// How long until the engine is told again that this device's person writes.
const PAUSE_MILLIS: u64 = 1_000;

/// Who writes where, and until when that is shown.
#[derive(Debug, Default)]
pub(super) struct Typing {
    others: BTreeMap<(RoomId, PeerId), Timestamp>,
    /// What was written here last: where, how long it was, and when that was said.
    own: Option<(RoomId, usize, Timestamp)>,
}

impl Typing {
    /// Follows what the engine tells.
    pub(super) fn follow(&mut self, event: &Event, now: Timestamp) {
        match event {
            Event::Typing { room, peer } => {
                self.others.retain(|_, until| *until > now);
                let until = Timestamp(now.0.saturating_add(SHOWN_MILLIS));
                self.others.insert((*room, *peer), until);
            }
            Event::MessageAdded { room, message } => {
                self.others.remove(&(*room, message.author));
            }
            Event::PeerLost { room, peer } => {
                self.others.remove(&(*room, *peer));
            }
            _ => {}
        }
    }

    /// The line above the composer, and until when it stays as it is.
    pub(super) fn line(&self, room: &Room, now: Timestamp) -> Option<(String, Timestamp)> {
        let here = self.others.iter().filter(|((id, peer), until)| {
            let is_heard = room.member(*peer).is_some_and(|member| !member.is_blocked);
            *id == room.id && **until > now && is_heard && !room.is_me(*peer)
        });
        let here: Vec<_> = here.map(|((_, peer), until)| (room.person_of(*peer), *until)).collect();
        let until = here.iter().map(|(_, until)| *until).min()?;
        let people: BTreeSet<PeerId> = here.into_iter().map(|(person, _)| person).collect();
        let names: Vec<&str> = people.into_iter().map(|person| room.name_of(person)).collect();
        Some((words(&names), until))
    }

    /// Whether to say that this device's person writes: something was added to a draft.
    fn is_to_be_told(&mut self, room: RoomId, len: usize, now: Timestamp) -> bool {
        let before = self.own.filter(|(known, ..)| *known == room);
        let told_at = before.map_or(Timestamp(0), |(_, _, at)| at);
        let has_grown = before.is_some_and(|(_, known, _)| len > known);
        let is_told = has_grown && now.0.saturating_sub(told_at.0) >= PAUSE_MILLIS;
        self.own = Some((room, len, if is_told { now } else { told_at }));
        is_told
    }
}

impl ChatApp {
    /// The draft in a room is so long now.
    pub(super) fn note_draft(&mut self, room: RoomId, len: usize) {
        let is_told = self.typing.is_to_be_told(room, len, self.clock.now());
        if is_told && self.state.tells_typing {
            self.backend.send(Command::Typing { room });
        }
    }
}

fn words(names: &[&str]) -> String {
    match names {
        [one] => format!("{one} is typing"),
        [one, other] => format!("{one} and {other} are typing"),
        _ => "Several people are typing".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use engine::{RoomId, Timestamp};

    use super::{Typing, words};

    const ROOM: RoomId = RoomId::from_bytes([1; 16]);

    #[test]
    fn line_names_one_and_two_and_counts_no_further() {
        assert_eq!(words(&["Anna"]), "Anna is typing");
        assert_eq!(words(&["Anna", "Ben"]), "Anna and Ben are typing");
        assert_eq!(words(&["Anna", "Ben", "Cleo"]), "Several people are typing");
    }

    #[test]
    fn draft_that_was_there_or_gets_shorter_is_no_typing() {
        let mut typing = Typing::default();
        let mut told = |len, at| typing.is_to_be_told(ROOM, len, Timestamp(at));

        assert!(!told(5, 10_000), "what was there when the room was opened");
        assert!(told(6, 10_100));
        assert!(!told(7, 10_200), "a moment later");
        assert!(!told(3, 12_000), "shorter");
        assert!(told(4, 12_100));
    }
}
