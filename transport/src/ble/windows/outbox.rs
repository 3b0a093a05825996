//! Packets for one connection, of which the system is given few at a time: what it holds nobody can count.

use std::{collections::VecDeque, time::Duration};

/// Packets that may wait: as many as all links of a connection have on their way.
pub(super) const MAX_PACKETS: usize = 256;

/// Packets that the system holds at once.
pub(super) const MAX_HELD: usize = 4;

/// How long the system may hold packets without being done with any.
pub(super) const STALLED: Duration = Duration::from_secs(10);

#[derive(Debug, Default)]
pub(super) struct Outbox {
    waiting: VecDeque<Vec<u8>>,
    held: usize,
    /// When the system was last seen to get on.
    moved: Duration,
}

impl Outbox {
    /// A packet to send; what there is no room for is lost.
    pub(super) fn push(&mut self, bytes: Vec<u8>) {
        if self.waiting.len() < MAX_PACKETS {
            self.waiting.push_back(bytes);
        }
    }

    /// What the system is given now.
    pub(super) fn next(&mut self, now: Duration) -> Option<Vec<u8>> {
        if self.held >= MAX_HELD {
            return None;
        }
        let next = self.waiting.pop_front()?;
        if self.held == 0 {
            self.moved = now;
        }
        self.held = self.held.saturating_add(1);
        Some(next)
    }

    /// The system is done with one.
    pub(super) fn done(&mut self, now: Duration) {
        self.held = self.held.saturating_sub(1);
        self.moved = now;
    }

    /// When the system counts as stalled, unless it gets on before.
    pub(super) fn deadline(&self) -> Option<Duration> {
        (self.held > 0).then(|| self.moved.saturating_add(STALLED))
    }

    pub(super) fn is_stalled(&self, now: Duration) -> bool {
        self.deadline().is_some_and(|at| at <= now)
    }
}
