//! Something said or done in a room, as it stands in JSON lines.

use engine::{Body, Message, PeerId, Position};
use serde_json::{Value, json};

use super::{door, role_name::RoleName};

/// Everything about a message.
pub(super) fn message(message: &Message) -> Value {
    let Position { hlc, author, seq } = message.position;
    let (kind, text) = match &message.body {
        Body::Text(text) => ("text", text.clone()),
        Body::Created { name } => ("created", name.clone()),
        Body::Joined { name } => ("joined", name.clone()),
        Body::Renamed { name } => ("renamed", name.clone()),
        Body::Left => ("left", String::new()),
        Body::RoleChanged { member, role } => {
            let role = serde_json::to_value(RoleName::from(*role)).unwrap_or_default();
            ("role_changed", format!("{member} {}", role.as_str().unwrap_or_default()))
        }
        Body::KeyChanged { removed, .. } => {
            let removed: Vec<_> = removed.iter().map(PeerId::to_string).collect();
            ("key_changed", removed.join(" "))
        }
        Body::OptionChanged { option, on } => ("option_changed", door::option(*option, *on)),
    };
    json!({
        "position": {"hlc": hlc, "author": author.0, "seq": seq},
        "author": message.author.to_string(),
        "seq": seq,
        "sent_at_ms": message.sent_at.0,
        "kind": kind,
        "text": text,
    })
}
