//! Events as they come.

use std::{
    collections::{BTreeSet, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};

use nostr::{Event, EventId, Filter};
use tokio::sync::mpsc;

use super::{RelayUrl, pool::RelayPool, relay::Relay};

/// Events waiting for a reader; more are dropped, so that a slow reader delays nobody.
const WAITING: usize = 256;

/// Ids remembered, so that what several relays pass on is delivered once.
const REMEMBERED: usize = 1024;

/// A wish to hear events, kept over reconnects until it is dropped.
///
/// Each event's signature is right, it matches the filter, and it comes once. Whoever must not
/// miss any asks for stored ones with [`RelayPool::fetch`].
#[derive(Debug)]
pub struct Subscription {
    events: mpsc::Receiver<(RelayUrl, Event)>,
    places: Vec<(Arc<Relay>, u64)>,
    /// Keeps the connections.
    _pool: RelayPool,
}

impl Subscription {
    pub(super) fn new(pool: RelayPool, relays: Vec<Arc<Relay>>, filter: &Filter) -> Self {
        let (sink, events) = mpsc::channel(WAITING);
        let seen = Arc::new(Mutex::new(Seen::default()));
        let places = relays
            .into_iter()
            .map(|relay| {
                let outlet = Outlet { events: sink.clone(), seen: Arc::clone(&seen) };
                let id = relay.want(filter.clone(), outlet);
                (relay, id)
            })
            .collect();
        Self { events, places, _pool: pool }
    }

    /// The next event, and the relay it came from; `None` only if there is no relay.
    pub async fn recv(&mut self) -> Option<(RelayUrl, Event)> {
        self.events.recv().await
    }

    /// Asks for other events from now on.
    pub fn set_filter(&self, filter: &Filter) {
        for (relay, id) in &self.places {
            relay.want_other(*id, filter.clone());
        }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        for (relay, id) in &self.places {
            relay.want_no_more(*id);
        }
    }
}

/// Where a subscription's events go.
#[derive(Debug, Clone)]
pub(super) struct Outlet {
    events: mpsc::Sender<(RelayUrl, Event)>,
    seen: Arc<Mutex<Seen>>,
}

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Delivery {
    /// It was new, or another relay was faster.
    Fine,
    /// Nobody signed this.
    Forged,
}

impl Outlet {
    /// Verifies an event and hands it over, unless it was already.
    pub(super) fn deliver(&self, from: &RelayUrl, event: Event) -> Delivery {
        let is_seen = |seen: &Mutex<Seen>| {
            seen.lock().unwrap_or_else(PoisonError::into_inner).ids.contains(&event.id)
        };
        if is_seen(&self.seen) {
            return Delivery::Fine;
        }
        if event.verify().is_err() {
            return Delivery::Forged;
        }
        let is_new = self.seen.lock().unwrap_or_else(PoisonError::into_inner).remember(event.id);
        if is_new && self.events.try_send((from.clone(), event)).is_err() {
            log::debug!("{from}: an event was dropped: its reader is slow");
        }
        Delivery::Fine
    }
}

/// The ids of the last events.
#[derive(Debug, Default)]
struct Seen {
    ids: BTreeSet<EventId>,
    order: VecDeque<EventId>,
}

impl Seen {
    /// Whether it was not known yet.
    fn remember(&mut self, id: EventId) -> bool {
        if !self.ids.insert(id) {
            return false;
        }
        self.order.push_back(id);
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.ids.remove(&oldest);
        }
        true
    }
}
