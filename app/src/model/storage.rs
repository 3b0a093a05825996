//! What is kept on this device.

use engine::RoomId;

/// How much the operations of all rooms take, and may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Storage {
    /// How many bytes at most.
    pub bound: u64,
    /// How many each room takes, about.
    pub rooms: Vec<(RoomId, u64)>,
    /// Whether new messages of others wait because nothing may be removed.
    pub is_full: bool,
}

impl Storage {
    /// What to tell the person, who knew `before`.
    pub(super) fn note(&self, before: Option<&Self>) -> Option<String> {
        let was_full = before.is_some_and(|before| before.is_full);
        (self.is_full && !was_full).then(|| {
            "There is no place left for new messages of others. See Storage in the settings."
                .to_owned()
        })
    }
}
