//! What could not be added in a session, and is asked for again.

use std::{collections::BTreeSet, time::Duration};

use super::MAX_REPAIRS_PER_DAY;
use crate::{PeerId, quota::Quota};

/// When what was refused is asked for again: quotas have grown by then, and an honest peer whose
/// memory was at fault has been restarted.
pub(super) const RETRY_AFTER: Duration = Duration::from_secs(600);

/// The most authors noted whose operations could not be added: of more, each is looked at anew. A
/// peer may make up as many as it likes once a room has had its share of a day.
const MAX_REFUSED_AUTHORS: usize = 4_096;

/// Authors whose operations do not fit.
#[derive(Debug)]
pub(crate) struct Refusals {
    /// Authors one of whose operations could not be added: what follows it cannot be either.
    refused: BTreeSet<PeerId>,
    /// Authors whose operations were asked for again and have not come: what was on its way before
    /// does not fit yet.
    awaited: BTreeSet<PeerId>,
    retry_at: Option<Duration>,
    asked: Quota,
    is_repair_owed: bool,
}

impl Refusals {
    pub(super) fn new() -> Self {
        Self {
            refused: BTreeSet::new(),
            awaited: BTreeSet::new(),
            retry_at: None,
            asked: Quota::new(MAX_REPAIRS_PER_DAY),
            is_repair_owed: false,
        }
    }

    /// Something `author` wrote could not be added, nor can what follows it in this session.
    pub(crate) fn refuse(&mut self, now: Duration, author: PeerId) {
        if self.refused.len() < MAX_REFUSED_AUTHORS {
            self.refused.insert(author);
        }
        self.retry_at.get_or_insert(now.saturating_add(RETRY_AFTER));
    }

    /// Whether nothing is refused.
    pub(super) fn is_empty(&self) -> bool {
        self.refused.is_empty()
    }

    /// Whether an earlier operation of `author` could not be added.
    pub(crate) fn contains(&self, author: PeerId) -> bool {
        self.refused.contains(&author)
    }

    /// Asks for what was refused once more, if anything was.
    pub(crate) fn retry(&mut self, now: Duration) {
        self.retry_at = None;
        if self.awaited.len() < MAX_REFUSED_AUTHORS {
            self.awaited.append(&mut self.refused);
        } else {
            self.refused.clear();
        }
        if !self.awaited.is_empty() && self.asked.has(now, 1) {
            self.asked.take(1);
            self.is_repair_owed = true;
        }
    }

    /// Asks again if it is time.
    pub(super) fn retry_if_due(&mut self, now: Duration) {
        if self.retry_at.is_some_and(|at| now >= at) {
            self.retry(now);
        }
    }

    /// An operation of `author` came; false if it is left out because what comes before it was
    /// asked for again. `fits` if nothing is missing before it.
    pub(crate) fn expects(&mut self, now: Duration, author: PeerId, fits: bool) -> bool {
        if fits {
            self.awaited.remove(&author);
        } else if self.awaited.contains(&author) {
            self.retry_at.get_or_insert(now.saturating_add(RETRY_AFTER));
            return false;
        }
        true
    }

    /// Whether to say all we hold, so that sending starts over.
    pub(super) fn owes_repair(&self) -> bool {
        self.is_repair_owed
    }

    pub(super) fn take_repair(&mut self) -> bool {
        std::mem::take(&mut self.is_repair_owed)
    }
}
