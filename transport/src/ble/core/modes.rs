//! What the radio is used for, and for whom it listens without pause.

use std::time::Duration;

use super::{Core, MAX_CONTACTS, Moment};
use crate::ble::{
    duty::{Mode, RadioUse, permille},
    token::Name,
};

/// How long it listens without pause for somebody new, or once the radio is there again.
pub(super) const SEEK: Duration = Duration::from_secs(60);

/// How long it listens without pause for somebody who was linked until now, over Bluetooth or not.
pub(super) const SEEK_LOST: Duration = Duration::from_secs(30);

/// Names that are remembered as not new.
const MAX_SOUGHT: usize = 1_024;

/// How long after something was carried more is expected.
const ACTIVE: Duration = Duration::from_secs(10);

impl Core {
    /// Listens without pause if this name was never looked for before: somebody was just scanned.
    pub(super) fn seek(&mut self, now: Moment, name: Name) {
        if self.sought.len() < MAX_SOUGHT && self.sought.insert(name) {
            self.seeking.begin(now.at, SEEK);
        }
    }

    /// Whether somebody looks at the screen.
    pub(in crate::ble) fn set_screen(&mut self, now: Moment, is_on: bool) {
        let was_off = std::mem::replace(&mut self.is_screen_off, !is_on);
        if is_on && was_off {
            self.seeking.begin(now.at, SEEK_LOST);
        }
        self.advance(now);
    }

    /// What the radio is used for.
    pub(in crate::ble) fn radio_use(&self, now: Moment) -> RadioUse {
        let mode = self.mode(now);
        let share = mode.share(self.contacts.len(), MAX_CONTACTS);
        let permille_so_far = permille(self.meter.so_far());
        RadioUse { mode, permille: permille(share), permille_so_far }
    }

    #[cfg(test)]
    pub(in crate::ble) fn seconds_on(&self) -> f64 {
        self.meter.seconds_on()
    }

    pub(super) fn mode(&self, now: Moment) -> Mode {
        let is_active = self.carried_at.is_some_and(|at| now.at < at.saturating_add(ACTIVE));
        if self.seeking.is_on(now.at) && !self.known.is_empty() {
            Mode::Seeking
        } else if is_active {
            Mode::Active
        } else if self.is_screen_off {
            Mode::ScreenOff
        } else if self.near.is_empty() && self.contacts.is_empty() {
            Mode::Alone
        } else {
            Mode::Near
        }
    }
}
