//! What the options of a room are called in JSON lines.

use engine::RoomOption;
use serde::{Deserialize, Serialize};

/// A [`RoomOption`] as JSON.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum OptionName {
    ApproveJoins,
}

impl From<OptionName> for RoomOption {
    fn from(name: OptionName) -> Self {
        match name {
            OptionName::ApproveJoins => Self::ApproveJoins,
        }
    }
}

impl From<RoomOption> for OptionName {
    fn from(option: RoomOption) -> Self {
        match option {
            RoomOption::ApproveJoins => Self::ApproveJoins,
        }
    }
}
