//! A member of a room, as it stands in JSON lines.

use engine::{Bond, LastSeen, Member, PeerId, Seen};
use serde_json::{Value, json};

use super::role_name::RoleName;

/// Everything about a member.
pub(super) fn member(member: &Member) -> Value {
    let seen = member.last_seen.map(|LastSeen { at, how }| {
        let (how, by) = match how {
            Seen::Linked => ("linked", None),
            Seen::Wrote => ("wrote", None),
            Seen::Told { by } => ("told", Some(by)),
        };
        json!({"at_ms": at.0, "how": how, "by": by.as_ref().map(PeerId::to_string)})
    });
    json!({
        "id": member.id.to_string(),
        "name": member.name,
        "role": RoleName::from(member.role),
        "has_left": member.has_left,
        "person": member.person.to_string(),
        "bond": bond(member.bond),
        "holds": member.holds,
        "last_seen": seen,
    })
}

fn bond(bond: Bond) -> &'static str {
    match bond {
        Bond::None => "none",
        Bond::Asked => "asked",
        Bond::Asks => "asks",
        Bond::Declined => "declined",
        Bond::Linked => "linked",
    }
}
