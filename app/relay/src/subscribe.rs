//! What a client asks for: subscriptions and reconciliations.

use std::time::Instant;

use nostr::{EventId, Filter};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::{
    connection::{Client, Ended, Socket},
    hub::{self, Place},
    message::Answer,
    reconcile::Reconciliation,
};

/// Bytes of stored events that are read before they are sent.
const CHUNK_BYTES: usize = 128 * 1024;

/// An open subscription.
pub(crate) struct Subscription {
    pub(crate) place: Place,
    bytes: usize,
    is_broad: bool,
}

impl Client<'_> {
    /// Opens a subscription that took `bytes` to say, and sends what is stored.
    pub(crate) async fn subscribe<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        id: String,
        filters: Vec<Filter>,
        bytes: usize,
        socket: &mut Socket<S>,
    ) -> Result<(), Ended> {
        // A new one under an old name takes its place.
        self.unsubscribe(&id);
        let is_broad = filters.iter().any(hub::is_broad);
        if let Err(why) = self.may_subscribe(bytes, is_broad) {
            return socket.say(Answer::closed(&id, why)).await;
        }
        // First this, then what is stored: so nothing falls between.
        let place = self.shared.hub.open(&id, filters.clone(), self.outbox.clone());
        self.subscriptions.insert(id.clone(), Subscription { place, bytes, is_broad });
        match self.stored(filters).await {
            Ok(ids) => self.send_stored(&id, ids, socket).await,
            Err(why) => {
                self.unsubscribe(&id);
                socket.say(Answer::closed(&id, &why)).await
            }
        }
    }

    fn may_subscribe(&mut self, bytes: usize, is_broad: bool) -> Result<(), &'static str> {
        let limits = &self.shared.limits;
        if !self.requests.take(1.0, Instant::now()) {
            return Err("rate-limited: slower, please");
        }
        if self.subscriptions.len() >= limits.subscriptions {
            return Err("rate-limited: too many subscriptions");
        }
        let held = self.subscriptions.values().map(|open| open.bytes);
        if held.fold(bytes, usize::saturating_add) > limits.subscription_bytes {
            return Err("rate-limited: the filters are too long");
        }
        let broad = self.subscriptions.values().filter(|open| open.is_broad).count();
        if is_broad && broad >= limits.broad_subscriptions {
            return Err("rate-limited: too many subscriptions without a tag, an author or an id");
        }
        Ok(())
    }

    /// Closes a subscription.
    pub(crate) fn unsubscribe(&mut self, id: &str) {
        if let Some(open) = self.subscriptions.remove(id) {
            self.shared.hub.close(open.place);
        }
    }

    /// The stored events that match any of `filters`, the newest first.
    async fn stored(&self, filters: Vec<Filter>) -> Result<Vec<EventId>, String> {
        let mut all = Vec::new();
        for filter in filters {
            if filter.limit != Some(0) {
                all.extend(self.shared.store.find(filter, self.shared.limits.results).await?.found);
            }
        }
        all.sort_unstable();
        all.dedup();
        Ok(all.iter().map(|found| found.id()).collect())
    }

    /// Sends stored events a few at a time: what waits for a slow reader stays on disk.
    async fn send_stored<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        id: &str,
        mut ids: Vec<EventId>,
        socket: &mut Socket<S>,
    ) -> Result<(), Ended> {
        while !ids.is_empty() {
            let loaded = self.shared.store.load(ids.clone(), CHUNK_BYTES).await;
            let (done, texts) = match loaded {
                Ok(loaded) => loaded,
                Err(why) => {
                    self.unsubscribe(id);
                    return socket.say(Answer::closed(id, &why)).await;
                }
            };
            ids.drain(..done.clamp(1, ids.len()));
            for text in texts {
                socket.feed(Answer::event(id, &text)).await?;
            }
        }
        socket.say(Answer::end_of_stored(id)).await
    }

    /// Begins a reconciliation.
    pub(crate) async fn reconcile<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        id: String,
        filter: Filter,
        message: &[u8],
        socket: &mut Socket<S>,
    ) -> Result<(), Ended> {
        self.reconciliations.remove(&id);
        match self.begin_reconciliation(filter).await {
            Ok(begun) => {
                self.reconciliations.insert(id.clone(), begun);
                self.step(&id, message, socket).await
            }
            Err(why) => socket.say(Answer::negentropy_error(&id, &why)).await,
        }
    }

    async fn begin_reconciliation(&mut self, filter: Filter) -> Result<Reconciliation, String> {
        let limits = &self.shared.limits;
        if !self.requests.take(1.0, Instant::now()) {
            return Err("rate-limited: slower, please".to_owned());
        }
        if self.reconciliations.len() >= limits.reconciliations {
            return Err("rate-limited: too many reconciliations".to_owned());
        }
        let seat = self.shared.reconciliations.clone().try_acquire_owned();
        let seat = seat.map_err(|_none| "rate-limited: try again later".to_owned())?;
        let max = limits.reconciled_events;
        let stored = self.shared.store.find(filter, max.saturating_add(1)).await?;
        if stored.found.len() > max || !stored.is_whole {
            return Err("blocked: this query is too big".to_owned());
        }
        Reconciliation::new(&stored.found, limits.message_bytes, seat)
    }

    /// Answers one step of a reconciliation.
    pub(crate) async fn step<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        id: &str,
        message: &[u8],
        socket: &mut Socket<S>,
    ) -> Result<(), Ended> {
        let answer = match self.reconciliations.get_mut(id) {
            None => Err("closed: there is no such reconciliation".to_owned()),
            Some(_) if !self.requests.take(1.0, Instant::now()) => {
                Err("rate-limited: slower, please".to_owned())
            }
            Some(reconciliation) => reconciliation.step(message),
        };
        match answer {
            Ok(answer) => socket.say(Answer::negentropy(id, &answer)).await,
            Err(why) => {
                self.reconciliations.remove(id);
                socket.say(Answer::negentropy_error(id, &why)).await
            }
        }
    }
}
