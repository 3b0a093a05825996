//! What every shell around the screens needs: a desktop's window, and the hosts on phones.

use std::{
    fs,
    path::{Path, PathBuf},
};

use chrono::{Offset as _, TimeZone as _};
use engine::Timestamp;

use crate::ui::state::UiState;

/// Where the state of the screens is kept, in the data folder.
const STATE_FILE: &str = "screens.json";

/// The state of the screens, as it is kept from one start to the next.
#[derive(Debug, Clone)]
pub struct StateFile(PathBuf);

impl StateFile {
    /// The one in this data folder.
    pub fn in_folder(folder: &Path) -> Self {
        Self(folder.join(STATE_FILE))
    }

    /// What was kept last; the first screen if nothing was.
    pub fn read(&self) -> UiState {
        fs::read_to_string(&self.0)
            .map_or_else(|_none| UiState::default(), |json| UiState::from_json(&json))
    }

    /// Keeps it: written beside and moved over, so that a crash leaves the old state or the new one.
    pub fn write(&self, json: &str) {
        let new = self.0.with_extension("new");
        if let Err(error) = fs::write(&new, json).and_then(|()| fs::rename(&new, &self.0)) {
            log::warn!("the state of the screens is not kept: {error}");
        }
    }
}

/// Seconds to add to UTC for the system's local time at `at`.
pub fn utc_offset(at: Timestamp) -> i32 {
    let millis = i64::try_from(at.0).unwrap_or(i64::MAX);
    let utc = chrono::DateTime::from_timestamp_millis(millis);
    utc.map_or(0, |utc| {
        chrono::Local.offset_from_utc_datetime(&utc.naive_utc()).fix().local_minus_utc()
    })
}

/// A name for the picture of an invite that every system takes.
pub fn picture_name(room: &str) -> String {
    let safe: String =
        room.chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).take(40).collect();
    format!("Invite to {}.png", safe.trim_matches('-'))
}

#[cfg(test)]
mod tests {
    use super::{StateFile, picture_name};

    #[test]
    fn picture_names_hold_nothing_a_system_could_refuse() {
        assert_eq!(picture_name("Tr/ip: 2?"), "Invite to Tr-ip--2.png");
        assert_eq!(picture_name("Grüße 日本"), "Invite to Grüße-日本.png");
    }

    #[test]
    fn state_that_was_cut_off_or_never_kept_is_that_of_a_first_start() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = StateFile::in_folder(folder.path());
        let first = file.read().to_json();

        file.write("{\"stack\":");

        assert_eq!(file.read().to_json(), first);
    }
}
