//! What a device without a face tells of what it keeps, and asks.

use engine::{Command, Event};
use serde::Deserialize;
use serde_json::{Value, json};

use super::json::is_one_of;

/// A line read about what is kept.
#[derive(Debug, Deserialize)]
#[serde(tag = "cmd", rename_all = "snake_case", deny_unknown_fields)]
enum Line {
    Storage,
    SetBound { bytes: u64 },
}

/// Every [`Line`] there is.
const NAMES: [&str; 2] = ["storage", "set_bound"];

/// What the line asks for, if it is about what is kept.
///
/// # Errors
///
/// A sentence says what is wrong with it.
pub(super) fn parse(line: &Value) -> Result<Option<Command>, String> {
    if !is_one_of(line, &NAMES) {
        return Ok(None);
    }
    let line = Line::deserialize(line).map_err(|err| err.to_string())?;
    Ok(Some(match line {
        Line::Storage => Command::ListStorage,
        Line::SetBound { bytes } => Command::SetBound { bytes },
    }))
}

/// The line for something about what is kept; null for anything else.
pub(super) fn event(event: &Event) -> Value {
    match event {
        Event::CarryingSet { on } => json!({"event": "carrying", "on": on}),
        Event::StorageTold { bound, rooms, is_full } => json!({
            "event": "storage",
            "bound": bound,
            "is_full": is_full,
            "rooms": rooms.iter().map(|(room, taken)| json!({
                "room": room.to_string(),
                "taken": taken,
            })).collect::<Vec<_>>(),
        }),
        _ => Value::Null,
    }
}
