//! What the person was doing: it survives a restart, but nothing in it is a fact about rooms.

use std::collections::BTreeMap;

use engine::{Position, RoomId};
use serde::{Deserialize, Serialize};

use super::{
    action::Grave, new_invite::Choices, route::Stack, server_edit::Editing, widgets::list::List,
};
use crate::backend::StepState;

/// The part of the screens' state that only the screens know.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct UiState {
    /// Where the person is.
    pub stack: Stack,
    /// Light, dark or as the system has it.
    pub look: Look,
    /// The size of text.
    pub text_size: TextSize,
    /// Whether others are told that this device's person is typing. Off until they want it: they would be
    /// told of words that may never be sent.
    pub tells_typing: bool,
    /// What was written and not sent.
    pub drafts: Vec<Draft>,
    /// Where in conversations the person was reading, besides their ends.
    pub places: Vec<Place>,
    /// The link of an invite that is followed and has not led anywhere yet.
    pub following: Option<String>,
    /// Whether the person wants to hear nothing of notifications.
    pub is_left_alone: bool,
    /// What is being typed and looked at right now.
    pub now: Momentary,
}

/// What is being done on the screens right now. Only what is being typed survives a restart.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Momentary {
    /// The name typed on the welcome screen or in the settings.
    pub name: Option<String>,
    /// The name typed for a new room.
    pub room_name: String,
    /// Whether a room was asked for and is to be shown once it is there.
    #[serde(skip)]
    pub is_creating: bool,
    /// The link typed on the scan screen.
    pub link: String,
    /// What the person may be about to do.
    #[serde(skip)]
    pub asked: Option<Grave>,
    /// What the invite allows that is being made.
    pub choices: Choices,
    /// The room whose next invite is to be shown once it is there.
    #[serde(skip)]
    pub is_inviting: Option<RoomId>,
    /// What is being written to the admins,
    pub report: String,
    /// and the room in which it is on its way to them.
    #[serde(skip)]
    pub is_reporting: Option<RoomId>,
    /// The server being written.
    pub editing: Option<Editing>,
    /// What came of testing servers, by their addresses.
    #[serde(skip)]
    pub tested: BTreeMap<String, StepState>,
    /// Whether the person may be about to give up their own list of servers.
    #[serde(skip)]
    pub is_resetting: bool,
    /// Where in each room the person is.
    #[serde(skip)]
    pub scrolls: BTreeMap<RoomId, Scroll>,
    /// Whether the composer should take the keyboard.
    #[serde(skip)]
    pub wants_composer: bool,
}

/// Where in a room the person is.
#[derive(Debug, Default)]
pub struct Scroll {
    /// The list of messages.
    pub list: List<Position>,
    /// The message to be at the top as soon as it is loaded, and so many points of it above.
    pub wanted: Option<(Position, f32)>,
    /// The first message that was unread when the room was opened.
    pub unread_from: Option<Position>,
    /// Up to where reading was reported.
    pub marked: Option<Position>,
    /// The newest message when the end of the list was last visible.
    pub newest_seen: Option<Position>,
}

/// Where in a conversation the person was reading.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Place {
    /// In which room.
    pub room: RoomId,
    /// The message at the top,
    pub message: Position,
    /// and so many points of it above.
    pub into: f32,
}

/// Words for a room that were not sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// For which room.
    pub room: RoomId,
    /// The words.
    pub text: String,
}

/// Light, dark or as the system has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Look {
    /// As the system has it.
    #[default]
    System,
    /// Always light.
    Light,
    /// Always dark.
    Dark,
}

impl Look {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::System => "System",
            Self::Light => "Light",
            Self::Dark => "Dark",
        }
    }

    /// What egui calls it.
    pub fn preference(self) -> egui::ThemePreference {
        match self {
            Self::System => egui::ThemePreference::System,
            Self::Light => egui::ThemePreference::Light,
            Self::Dark => egui::ThemePreference::Dark,
        }
    }
}

/// The size of text, in percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TextSize(pub u16);

impl Default for TextSize {
    fn default() -> Self {
        Self(100)
    }
}

impl UiState {
    /// Reads what [`to_json`](Self::to_json) wrote; anything else is a fresh start.
    pub fn from_json(json: &str) -> Self {
        serde_json::from_str(json).unwrap_or_else(|error| {
            log::warn!("the state of the screens is not readable, starting afresh: {error}");
            Self::default()
        })
    }

    /// As text, for the next start.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_else(|error| {
            log::error!("the state of the screens cannot be written: {error}");
            String::new()
        })
    }

    /// Notes where the person is reading, for the next start.
    pub fn note_places(&mut self) {
        for (room, scroll) in &self.now.scrolls {
            self.places.retain(|place| place.room != *room);
            if let Some((message, into)) = scroll.wanted.or_else(|| scroll.list.place()) {
                self.places.push(Place { room: *room, message, into });
            }
        }
    }

    /// Where the person is in `room`: where they were before a restart, if they were not there since.
    pub fn scroll(&mut self, room: RoomId) -> &mut Scroll {
        let places = &self.places;
        self.now.scrolls.entry(room).or_insert_with(|| {
            let place = places.iter().find(|place| place.room == room);
            Scroll { wanted: place.map(|place| (place.message, place.into)), ..Scroll::default() }
        })
    }

    /// The draft for `room`.
    pub fn draft(&mut self, room: RoomId) -> &mut String {
        let index = match self.drafts.iter().position(|draft| draft.room == room) {
            Some(index) => index,
            None => {
                self.drafts.push(Draft { room, text: String::new() });
                self.drafts.len() - 1
            }
        };
        &mut self.drafts.get_mut(index).expect("found or pushed just now").text
    }
}

#[cfg(test)]
mod tests {
    use engine::RoomId;

    use super::{Look, TextSize, UiState};
    use crate::ui::route::Route;

    #[test]
    fn state_survives_a_restart() {
        let room = RoomId::from_bytes([3; 16]);
        let mut state =
            UiState { look: Look::Dark, text_size: TextSize(200), ..UiState::default() };
        state.stack.open(Route::Room(room));
        "half a thou".clone_into(state.draft(room));

        let mut back = UiState::from_json(&state.to_json());

        assert_eq!(back.stack, state.stack);
        assert_eq!((back.look, back.text_size), (Look::Dark, TextSize(200)));
        assert_eq!(back.draft(room), "half a thou");
    }

    #[test]
    fn state_of_an_older_or_newer_version_is_taken_as_far_as_it_goes() {
        assert_eq!(UiState::from_json("{\"look\":\"Light\",\"new\":1}").look, Look::Light);
        assert_eq!(UiState::from_json("what?").look, Look::System);
    }
}
