//! What a device without a face asks and tells about the door of a room: its options, and who waits.

use engine::{Command, DoorPictures, Event, KeptFor, PeerId, RoomOption, RoomOptions};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::json::{is_one_of, room};

/// A line read about doors.
#[derive(Debug, Deserialize)]
#[serde(tag = "cmd", rename_all = "snake_case", deny_unknown_fields)]
enum Line {
    SetOption { room: String, option: OptionName, on: bool },
    LetIn { room: String, newcomer: String },
    TurnAway { room: String, newcomer: String },
}

/// Every [`Line`] there is.
const NAMES: [&str; 3] = ["set_option", "let_in", "turn_away"];

/// A [`RoomOption`] as JSON.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum OptionName {
    ApproveJoins,
    HideHistory,
    #[serde(rename = "keep_30_days")]
    KeepMonth,
    #[serde(rename = "keep_7_days")]
    KeepWeek,
    #[serde(rename = "keep_2_days")]
    KeepTwoDays,
    Nearby,
}

impl From<OptionName> for RoomOption {
    fn from(name: OptionName) -> Self {
        match name {
            OptionName::ApproveJoins => Self::ApproveJoins,
            OptionName::HideHistory => Self::HideHistory,
            OptionName::KeepMonth => Self::KeepFor(KeptFor::Month),
            OptionName::KeepWeek => Self::KeepFor(KeptFor::Week),
            OptionName::KeepTwoDays => Self::KeepFor(KeptFor::TwoDays),
            OptionName::Nearby => Self::Nearby(None),
        }
    }
}

impl From<RoomOption> for OptionName {
    fn from(option: RoomOption) -> Self {
        match option {
            RoomOption::ApproveJoins => Self::ApproveJoins,
            RoomOption::HideHistory => Self::HideHistory,
            RoomOption::KeepFor(KeptFor::Month) => Self::KeepMonth,
            RoomOption::KeepFor(KeptFor::Week) => Self::KeepWeek,
            RoomOption::KeepFor(KeptFor::TwoDays) => Self::KeepTwoDays,
            RoomOption::Nearby(_) => Self::Nearby,
        }
    }
}

/// What the line asks for, if it is about doors.
///
/// # Errors
///
/// A sentence says what is wrong with it.
pub(super) fn parse(line: &Value) -> Result<Option<Command>, String> {
    if !is_one_of(line, &NAMES) {
        return Ok(None);
    }
    let line = Line::deserialize(line).map_err(|err| err.to_string())?;
    command(line).map(Some)
}

fn peer(text: &str) -> Result<PeerId, String> {
    PeerId::parse(text).ok_or_else(|| "a newcomer is 64 hex digits".to_owned())
}

fn command(line: Line) -> Result<Command, String> {
    Ok(match line {
        Line::SetOption { room: id, option, on } => {
            Command::SetOption { room: room(&id)?, option: option.into(), on }
        }
        Line::LetIn { room: id, newcomer } => {
            Command::LetIn { room: room(&id)?, newcomer: peer(&newcomer)? }
        }
        Line::TurnAway { room: id, newcomer } => {
            Command::TurnAway { room: room(&id)?, newcomer: peer(&newcomer)? }
        }
    })
}

/// The line for something that happened at a door; null for anything else.
pub(super) fn event(event: &Event) -> Value {
    match event {
        Event::JoinWaiting { invite, host, pictures } => json!({
            "event": "join_waiting",
            "invite_id": invite.to_string(),
            "host": host,
            "emojis": emojis(pictures),
            "names": names(pictures),
        }),
        Event::NewcomerWaiting { room, newcomer, name, pictures } => json!({
            "event": "newcomer_waiting",
            "room": room.to_string(),
            "newcomer": newcomer.to_string(),
            "name": name,
            "emojis": emojis(pictures),
            "names": names(pictures),
        }),
        Event::NewcomerGone { room, newcomer } => json!({
            "event": "newcomer_gone",
            "room": room.to_string(),
            "newcomer": newcomer.to_string(),
        }),
        Event::NearbyChanged { rooms } => json!({
            "event": "nearby",
            "rooms": rooms.iter().map(|room| json!({
                "name": room.name,
                "invite_id": room.invite.id().to_string(),
                "invite": room.invite.to_text(),
            })).collect::<Vec<_>>(),
        }),
        Event::OptionsChanged { room, options } => json!({
            "event": "options",
            "room": room.to_string(),
            "options": self::options(*options),
        }),
        _ => Value::Null,
    }
}

fn emojis(pictures: &DoorPictures) -> [String; 6] {
    pictures.pictures().map(|(picture, _)| picture.to_string())
}

fn names(pictures: &DoorPictures) -> [&'static str; 6] {
    pictures.pictures().map(|(_, name)| name)
}

/// The options of a room.
pub(super) fn options(options: RoomOptions) -> Value {
    let kept_for = options.kept_for.map(|time| OptionName::from(RoomOption::KeepFor(time)));
    json!({
        "approve_joins": options.approve_joins,
        "hide_history": options.hide_history,
        "kept_for": kept_for,
        "nearby": options.nearby.is_some(),
    })
}

/// One option and how it was switched: "approve_joins on".
pub(super) fn option(option: RoomOption, on: bool) -> String {
    let name = serde_json::to_value(OptionName::from(option)).unwrap_or_default();
    format!("{} {}", name.as_str().unwrap_or_default(), if on { "on" } else { "off" })
}

#[cfg(test)]
mod tests {
    use engine::{Addr, Command, Event, Invite, NearbyRoom, RoomId, RoomOption};
    use serde_json::json;

    use super::{NAMES, event, parse};

    #[test]
    fn room_is_opened_to_people_nearby_by_a_line_and_heard_of_in_one_that_says_how_to_knock() {
        let room = RoomId::from_bytes([1; 16]);
        let line =
            json!({"cmd": "set_option", "room": room.to_string(), "option": "nearby", "on": true});
        let asked = Command::SetOption { room, option: RoomOption::Nearby(None), on: true };
        assert_eq!(parse(&line), Ok(Some(asked)));

        let addrs = vec![Addr { tag: 5, bytes: Vec::new() }];
        let invite = Invite { secret: [2; 16], host: [3; 16], expires_at: None, addrs };
        let rooms = vec![NearbyRoom { name: "Camp".to_owned(), invite: invite.clone() }];
        let told = event(&Event::NearbyChanged { rooms });

        assert_eq!(told["event"], "nearby");
        assert_eq!(told["rooms"][0]["name"], "Camp");
        let link = told["rooms"][0]["invite"].as_str().expect("a link");
        assert_eq!(Invite::parse(link), Ok(invite));
    }

    #[test]
    fn every_line_about_doors_is_known_by_its_name() {
        for name in NAMES {
            let problem = parse(&json!({"cmd": name})).expect_err("fields are missing");
            assert!(problem.contains("missing field"), "{problem}");
        }
    }
}
