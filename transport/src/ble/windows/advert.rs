//! What is advertised: Windows changes nothing while it advertises, so that another token is shown by stopping and starting.

use std::time::Duration;

use super::{AdvertStatus, Ask};
use crate::ble::Token;

/// How long the system may take to say what became of it.
pub(super) const ANSWER: Duration = Duration::from_secs(2);

/// How long to wait after it was aborted.
pub(super) const PAUSE: Duration = Duration::from_secs(2);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// It may be started, from this moment on.
    Hidden(Duration),
    /// It is waited for an answer until this moment.
    Starting(Token, Duration),
    Shown(Token),
    /// It is to be stopped, and then left alone for so long.
    Spoiled(Duration),
    /// It is waited for an answer until this moment; what follows is that pause.
    Stopping(Duration, Duration),
}

/// What is advertised, and what is to be.
#[derive(Debug)]
pub(super) struct Showing {
    wanted: Option<Token>,
    phase: Phase,
    /// Also says that everybody may connect, without which others' `BlueZ` does not report it. That goes first if the
    /// token finds no room.
    is_discoverable: bool,
}

impl Showing {
    pub(super) fn new() -> Self {
        Self { wanted: None, phase: Phase::Hidden(Duration::ZERO), is_discoverable: true }
    }

    pub(super) fn want(&mut self, token: Option<Token>) {
        self.wanted = token;
    }

    /// What the system said, asked or of its own accord.
    pub(super) fn status(&mut self, now: Duration, status: AdvertStatus) {
        use AdvertStatus::{Aborted, Incomplete, Started, Stopped};
        self.phase = match (status, self.phase) {
            (Started, Phase::Starting(token, _)) => Phase::Shown(token),
            (Incomplete, Phase::Starting(..)) if self.is_discoverable => {
                log::info!("Bluetooth: there is no room for being discoverable");
                self.is_discoverable = false;
                Phase::Spoiled(Duration::ZERO)
            }
            (Incomplete, Phase::Starting(token, _)) => {
                log::warn!("Bluetooth: Windows does not show others what they look for");
                Phase::Shown(token)
            }
            (Stopped, Phase::Stopping(_, pause)) => Phase::Hidden(now.saturating_add(pause)),
            (Stopped, Phase::Shown(_)) => Phase::Hidden(now.saturating_add(PAUSE)),
            // Without being stopped it does not start again.
            (Aborted, Phase::Starting(..) | Phase::Shown(_)) => Phase::Spoiled(PAUSE),
            (_, phase) => phase,
        };
    }

    /// What is asked of the system now.
    pub(super) fn next(&mut self, now: Duration) -> Option<Ask> {
        match self.phase {
            Phase::Starting(_, until) if until <= now => self.phase = Phase::Spoiled(PAUSE),
            Phase::Stopping(until, pause) if until <= now => {
                self.phase = Phase::Hidden(now.saturating_add(pause));
            }
            _ => {}
        }
        let pause = match (self.phase, self.wanted) {
            (Phase::Hidden(from), Some(token)) if from <= now => {
                self.phase = Phase::Starting(token, now.saturating_add(ANSWER));
                return Some(Ask::Show { token, is_discoverable: self.is_discoverable });
            }
            (Phase::Shown(token), wanted) if wanted != Some(token) => Duration::ZERO,
            (Phase::Spoiled(pause), _) => pause,
            _ => return None,
        };
        self.phase = Phase::Stopping(now.saturating_add(ANSWER), pause);
        Some(Ask::Hide)
    }

    /// When there may be something to ask that nothing else brings about.
    pub(super) fn deadline(&self) -> Option<Duration> {
        match self.phase {
            Phase::Hidden(from) => self.wanted.map(|_| from),
            Phase::Starting(_, until) | Phase::Stopping(until, _) => Some(until),
            Phase::Shown(_) | Phase::Spoiled(_) => None,
        }
    }
}
