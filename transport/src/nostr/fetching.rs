//! Stored events on their way.

use std::collections::BTreeSet;

use nostr::{Event, EventId, Filter, filter::MatchEventOptions};
use tokio::sync::oneshot;

use super::pool::FetchError;

/// Events of one answer.
const MAX_EVENTS: usize = 4096;

/// One question, and what has come of its answer.
#[derive(Debug)]
pub(super) struct Fetching {
    filter: Filter,
    reply: oneshot::Sender<Result<Vec<Event>, FetchError>>,
    events: Vec<Event>,
    ids: BTreeSet<EventId>,
    bytes: u64,
}

impl Fetching {
    /// Bytes of one answer.
    pub(super) const MAX_BYTES: u64 = 16 << 20;

    pub(super) fn new(
        filter: Filter,
        reply: oneshot::Sender<Result<Vec<Event>, FetchError>>,
    ) -> Self {
        Self { filter, reply, events: Vec::new(), ids: BTreeSet::new(), bytes: 0 }
    }

    pub(super) fn is_given_up(&self) -> bool {
        self.reply.is_closed()
    }

    /// Takes one more event; whether the answer is as long as may be.
    ///
    /// # Errors
    ///
    /// If it is not an answer: not asked for, sent before, or forged.
    pub(super) fn take(&mut self, event: Event, length: usize) -> Result<bool, ()> {
        let is_answer = self.filter.match_event(&event, MatchEventOptions::new())
            && !self.ids.contains(&event.id)
            && event.verify().is_ok();
        if !is_answer {
            return Err(());
        }
        self.bytes = self.bytes.saturating_add(u64::try_from(length).unwrap_or(u64::MAX));
        self.ids.insert(event.id);
        self.events.push(event);
        let most = self.filter.limit.unwrap_or(MAX_EVENTS).min(MAX_EVENTS);
        Ok(self.events.len() >= most || self.bytes >= Self::MAX_BYTES)
    }

    /// Whoever asked may be gone.
    pub(super) fn finish(self) {
        let _gone = self.reply.send(Ok(self.events));
    }

    pub(super) fn fail(self, why: FetchError) {
        let _gone = self.reply.send(Err(why));
    }
}
