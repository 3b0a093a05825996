//! The options of a room, and who switched them.

use std::collections::BTreeMap;

use super::Place;
use crate::{OptionChange, PeerId, RoomOption, RoomOptions};

/// Every switching of an option that members' logs have.
#[derive(Debug, Default)]
pub(super) struct Switches {
    all: BTreeMap<Place, OptionChange>,
}

impl Switches {
    pub(super) fn insert(&mut self, place: Place, change: OptionChange) {
        self.all.insert(place, change);
    }

    /// Of each option the last word, in the order of places, of somebody who might give it.
    pub(super) fn result(&self, governs: impl Fn(PeerId, u64) -> bool) -> RoomOptions {
        let mut options = RoomOptions::default();
        for ((_, by, seq), change) in &self.all {
            if governs(*by, *seq) {
                options.set(change.option, change.on);
            }
        }
        options
    }
}

impl RoomOptions {
    /// Whether an option is on.
    pub fn is_on(&self, option: RoomOption) -> bool {
        match option {
            RoomOption::ApproveJoins => self.approve_joins,
            RoomOption::HideHistory => self.hide_history,
        }
    }

    fn set(&mut self, option: RoomOption, on: bool) {
        match option {
            RoomOption::ApproveJoins => self.approve_joins = on,
            RoomOption::HideHistory => self.hide_history = on,
        }
    }
}
