//! The options of a room in the terminal: how they are, and what lines change them.

use engine::{Command, KeptFor, RoomId, RoomOption, RoomOptions};

use super::{Face, say};
use crate::{backend::Backend as _, model::option_words};

/// The lines for it.
pub(super) const HELP: &str = "/options shows how the room works. Its owner and admins change that for \
everybody: /approve on has newcomers let in one by one, and ends all invites; /nearby on has people nearby see its name, and ask to be let in; /history hidden keeps \
from newcomers what was written before they came, from now on; /keep 30, 7 or 2 has messages disappear \
after so many days. /approve off, /nearby off, /history open and /keep ever take it back.";

impl Face {
    /// Does what a line says about options; false if it says nothing of the kind.
    pub(super) fn obey_about_options(
        &mut self,
        room: RoomId,
        word: &str,
        rest: &str,
    ) -> Result<bool, String> {
        if !matches!(word, "/options" | "/approve" | "/nearby" | "/history" | "/keep") {
            return Ok(false);
        }
        let options = self.options(room);
        if word == "/options" {
            lines(options).iter().try_for_each(|line| say(line))?;
            return Ok(true);
        }
        match change(options, word, rest.trim()) {
            Some((option, on)) if options.is_on(option) != on => {
                self.runtime.send(Command::SetOption { room, option, on });
            }
            Some(_) => say("So it is already.")?,
            None => say(HELP)?,
        }
        Ok(true)
    }

    fn options(&self, room: RoomId) -> RoomOptions {
        let known = self.rooms.iter().find(|known| known.id == room);
        known.map(|room| room.options).unwrap_or_default()
    }

    /// Notes the options of a room.
    pub(super) fn note_options(&mut self, room: RoomId, options: RoomOptions) {
        if let Some(known) = self.rooms.iter_mut().find(|known| known.id == room) {
            known.options = options;
        }
    }
}

/// How a room works, a line each: who comes in, who sees it, what newcomers read, how long messages stay.
fn lines(options: RoomOptions) -> [String; 4] {
    let said = |option| option_words(option, options.is_on(option));
    let kept = options.kept_for.unwrap_or(KeptFor::Month);
    [
        format!("  Who comes in: {}", said(RoomOption::ApproveJoins)),
        format!("  People nearby: {}", said(RoomOption::Nearby(None))),
        format!("  What newcomers read: {}", said(RoomOption::HideHistory)),
        format!("  How long messages stay: {}", said(RoomOption::KeepFor(kept))),
    ]
}

/// What a line switches; `None` if it does not say.
fn change(options: RoomOptions, word: &str, rest: &str) -> Option<(RoomOption, bool)> {
    match (word, rest) {
        ("/approve", "on") => Some((RoomOption::ApproveJoins, true)),
        ("/approve", "off") => Some((RoomOption::ApproveJoins, false)),
        ("/nearby", "on") => Some((RoomOption::Nearby(None), true)),
        ("/nearby", "off") => Some((RoomOption::Nearby(None), false)),
        ("/history", "hidden") => Some((RoomOption::HideHistory, true)),
        ("/history", "open") => Some((RoomOption::HideHistory, false)),
        ("/keep", "30") => Some((RoomOption::KeepFor(KeptFor::Month), true)),
        ("/keep", "7") => Some((RoomOption::KeepFor(KeptFor::Week), true)),
        ("/keep", "2") => Some((RoomOption::KeepFor(KeptFor::TwoDays), true)),
        ("/keep", "ever") => {
            Some((RoomOption::KeepFor(options.kept_for.unwrap_or(KeptFor::Month)), false))
        }
        _ => None,
    }
}
