//! When somebody was last heard of, in words that say how that is known.

use engine::{LastSeen, Seen};

use crate::{model::Room, ui::clock::Clock};

/// "was here 5 min ago", "heard of through Bea 1 h ago".
pub(super) fn seen_words(room: &Room, seen: Option<LastSeen>, clock: &Clock) -> String {
    let Some(LastSeen { at, how }) = seen else { return "not met yet".to_owned() };
    let ago = clock.ago(at);
    match how {
        Seen::Linked => format!("was here {ago}"),
        Seen::Wrote => format!("wrote {ago}"),
        Seen::Told { by } => format!("heard of through {} {ago}", room.name_of(by)),
    }
}
