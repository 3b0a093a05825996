//! What this device's person thinks of others, and what they have told the admins: nobody else's
//! business, so it is remembered beside the room, never in it.

use serde::{Deserialize, Serialize};

use crate::{PeerId, Timestamp};

/// What the person has noted of a member, on this device only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Mark {
    /// They have made sure who it is.
    pub is_verified: bool,
    /// They do not want to read what they write.
    pub is_blocked: bool,
}

/// A report that this device could open: one sealed to it, or its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportRecord {
    /// Who reports,
    pub by: PeerId,
    /// and at which place of their log.
    pub seq: u64,
    /// When, by their clock.
    pub sent_at: Timestamp,
    /// Whom.
    pub about: PeerId,
    /// How much of that member's log they had seen.
    pub up_to: u64,
    /// In which words.
    pub text: String,
    /// Whether this device's person has seen to it.
    pub is_done: bool,
}
