//! The options of a room, and who switched them.

use std::collections::BTreeMap;

use super::Place;
use crate::{InviteId, KeptFor, OptionChange, PeerId, RoomOption, RoomOptions};

/// Every switching of an option that members' logs have.
#[derive(Debug, Default)]
pub(super) struct Switches {
    /// Each with its author's clock.
    all: BTreeMap<Place, (OptionChange, u64)>,
    /// Invites for people nearby, and where they were named so.
    nearby: BTreeMap<InviteId, Vec<(PeerId, u64)>>,
}

/// How long texts were kept in a room so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Keeping {
    /// The shortest time there ever was: nobody can have removed what was younger.
    pub(crate) shortest: Option<KeptFor>,
    /// Times that are over, each with the clock of whoever ended it: what disappeared by then stays
    /// away.
    pub(crate) over: Vec<(KeptFor, u64)>,
}

impl Switches {
    pub(super) fn insert(&mut self, place: Place, change: OptionChange, clock: u64) {
        if let RoomOption::Nearby(Some(invite)) = change.option {
            let (_, by, seq) = place;
            self.nearby.entry(invite).or_default().push((by, seq));
        }
        self.all.insert(place, (change, clock));
    }

    /// Where an invite was said to be one for people nearby.
    pub(super) fn named_nearby(&self, invite: InviteId) -> &[(PeerId, u64)] {
        self.nearby.get(&invite).map_or(&[], Vec::as_slice)
    }

    /// Of each option the last word, in the order of places, of somebody who might give it.
    pub(super) fn result(&self, governs: impl Fn(PeerId, u64) -> bool) -> (RoomOptions, Keeping) {
        let (mut options, mut keeping) = (RoomOptions::default(), Keeping::default());
        for ((_, by, seq), (change, clock)) in &self.all {
            if !governs(*by, *seq) {
                continue;
            }
            let before = options.kept_for;
            options.set(change.option, change.on);
            if options.kept_for != before {
                keeping.over.extend(before.map(|before| (before, *clock)));
                // Longer times come first in the order of what they are called.
                keeping.shortest = keeping.shortest.max(options.kept_for);
            }
        }
        (options, keeping)
    }
}

impl RoomOptions {
    /// Whether an option is on.
    pub fn is_on(&self, option: RoomOption) -> bool {
        match option {
            RoomOption::ApproveJoins => self.approve_joins,
            RoomOption::HideHistory => self.hide_history,
            RoomOption::KeepFor(time) => self.kept_for == Some(time),
            RoomOption::Nearby(_) => self.nearby_invite().is_some(),
        }
    }

    fn set(&mut self, option: RoomOption, on: bool) {
        match option {
            RoomOption::ApproveJoins => self.approve_joins = on,
            RoomOption::HideHistory => self.hide_history = on,
            RoomOption::KeepFor(time) => self.kept_for = on.then_some(time),
            RoomOption::Nearby(invite) => self.nearby = invite.filter(|_| on),
        }
    }
}
