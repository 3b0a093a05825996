//! What the rest of the program sees of relays.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use nostr::{Event, Filter, Keys, Timestamp};
use tokio::{
    sync::{oneshot, watch},
    time::timeout,
};

use super::{
    RelayLimits, RelayUrl, keeper,
    relay::{Clock, Relay, Request},
    session::FETCH_TIMEOUT,
    socket::own_clock,
    subscription::Subscription,
};
use crate::tls::Tls;

/// How long a relay may take to say whether it takes an event, connecting included.
const PUBLISH_TIMEOUT: Duration = Duration::from_secs(10);

/// Relays remembered; those not in use make room for new ones.
const MAX_RELAYS: usize = 64;

/// A clock that is off by less than this many seconds is right.
const TOLERANCE: u64 = 30;

/// Connections to relays, made when needed; clones share them. All end when the last clone and
/// the last [`Subscription`] are dropped. To be used inside a tokio runtime.
#[derive(Debug, Clone)]
pub struct RelayPool(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    tls: Tls,
    relays: Mutex<BTreeMap<RelayUrl, Arc<Relay>>>,
    clock: Clock,
}

impl Shared {
    fn relays(&self) -> MutexGuard<'_, BTreeMap<RelayUrl, Arc<Relay>>> {
        self.relays.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        for relay in self.relays().values() {
            relay.close();
        }
    }
}

impl RelayPool {
    /// A pool without connections.
    pub fn new(tls: Tls) -> Self {
        Self(Arc::new(Shared { tls, relays: Mutex::default(), clock: watch::Sender::new(()) }))
    }

    /// Keeps connected to these relays, and to others only while they are needed.
    pub fn set_home(&self, relays: &[RelayUrl]) {
        for url in relays {
            self.relay(url).set_home(true);
        }
        for (url, relay) in self.0.relays().iter() {
            if !relays.contains(url) {
                relay.set_home(false);
            }
        }
    }

    /// Hears what matches `filter` at some relays, from now on and over reconnects.
    pub fn subscribe(&self, at: &[RelayUrl], filter: &Filter) -> Subscription {
        let relays = at.iter().map(|url| self.relay(url)).collect();
        Subscription::new(self.clone(), relays, filter)
    }

    /// Publishes an event at one relay.
    ///
    /// # Errors
    ///
    /// If the relay does not take it, or does not say so in 10 s.
    pub async fn publish_at(&self, at: &RelayUrl, event: Event) -> Result<(), PublishError> {
        self.publish_made(at, |_keys, _now| Some(event)).await
    }

    /// Publishes an event that is made when there is a connection, with the connection's own key:
    /// a relay cannot tell who was there before; and with the time as the relay has it, which
    /// refuses events that are off.
    ///
    /// # Errors
    ///
    /// As [`Self::publish_at`]; [`PublishError::Invalid`] if no event is made.
    pub async fn publish_made(
        &self,
        at: &RelayUrl,
        make: impl FnOnce(&Keys, Timestamp) -> Option<Event> + Send + 'static,
    ) -> Result<(), PublishError> {
        let relay = self.relay(at);
        let (reply, answer) = oneshot::channel();
        let publishing = async {
            let request = Request::Publish { make: Box::new(make), reply };
            relay.requests.send(request).await.map_err(|_ended| PublishError::Unreachable)?;
            answer.await.map_err(|_dropped| PublishError::Unreachable)?
        };
        timeout(PUBLISH_TIMEOUT, publishing).await.unwrap_or(Err(PublishError::TimedOut))
    }

    /// The stored events that match `filter`, with right signatures, newest first as relays
    /// send them. A relay may have more than it sends at once: the next ones are those `until`
    /// the oldest of these.
    ///
    /// # Errors
    ///
    /// If the relay does not answer the whole question.
    pub async fn fetch(&self, at: &RelayUrl, filter: Filter) -> Result<Vec<Event>, FetchError> {
        let relay = self.relay(at);
        let (reply, answer) = oneshot::channel();
        let fetching = async {
            let request = Request::Fetch { filter: Box::new(filter), reply };
            relay.requests.send(request).await.map_err(|_ended| FetchError::Unreachable)?;
            answer.await.map_err(|_dropped| FetchError::Unreachable)?
        };
        timeout(FETCH_TIMEOUT, fetching).await.unwrap_or(Err(FetchError::TimedOut))
    }

    /// The time in seconds since 1970: our clock's, unless most relays say that it is off.
    pub fn time(&self) -> u64 {
        let mut offsets: Vec<_> =
            self.0.relays().values().filter_map(|relay| relay.clock_offset()).collect();
        offsets.sort_unstable();
        let middle = offsets.len().checked_div(2).and_then(|middle| offsets.get(middle));
        correct(middle.copied())
    }

    /// What a relay says it does not take, as far as is known.
    pub fn limits(&self, at: &RelayUrl) -> RelayLimits {
        self.relay(at).limits()
    }

    /// Changes when [`Self::time`] may have.
    pub fn clock_changes(&self) -> watch::Receiver<()> {
        self.0.clock.subscribe()
    }

    /// The device may be on another network now: tests what is open, and tries again where it
    /// waits.
    pub fn network_changed(&self) {
        for relay in self.0.relays().values() {
            relay.network_changed();
        }
    }

    /// How it stands with each relay in use.
    pub fn report(&self) -> Vec<RelayReport> {
        self.0.relays().values().filter_map(|relay| relay.report()).collect()
    }

    /// Finds a relay, or makes its task.
    fn relay(&self, url: &RelayUrl) -> Arc<Relay> {
        let mut relays = self.0.relays();
        if let Some(relay) = relays.get(url) {
            return Arc::clone(relay);
        }
        if relays.len() >= MAX_RELAYS {
            relays.retain(|_url, relay| {
                let keep = relay.is_needed();
                if !keep {
                    relay.close();
                }
                keep
            });
        }
        let relay = keeper::start(url.clone(), Arc::clone(&self.0.tls), self.0.clock.clone());
        relays.insert(url.clone(), Arc::clone(&relay));
        relay
    }
}

/// Our clock, put right by an offset that is worth it.
pub(super) fn correct(offset: Option<i64>) -> u64 {
    let offset = offset.filter(|offset| offset.unsigned_abs() > TOLERANCE).unwrap_or(0);
    own_clock().saturating_add_signed(offset)
}

/// Why an event is not at a relay.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    /// No connection.
    #[error("relay cannot be reached")]
    Unreachable,
    /// The relay does not take it, or wants to be left in peace.
    #[error("relay refused: {0}")]
    Refused(String),
    /// The relay says nothing.
    #[error("relay did not answer in time")]
    TimedOut,
    /// There was nothing to publish.
    #[error("no event could be made")]
    Invalid,
}

/// Why stored events could not be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// No connection.
    #[error("relay cannot be reached")]
    Unreachable,
    /// The relay does not answer such questions.
    #[error("relay refused: {0}")]
    Refused(String),
    /// The relay did not finish.
    #[error("relay did not answer in time")]
    TimedOut,
}

/// How it stands with one relay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelayReport {
    /// Which one.
    pub url: RelayUrl,
    /// Whether it can be used.
    pub state: RelayState,
    /// By how many seconds its clock is ahead of ours, if it said.
    pub clock_offset: Option<i64>,
    /// Bytes received, without TLS, TCP and IP.
    pub bytes_received: u64,
    /// Bytes sent, likewise.
    pub bytes_sent: u64,
}

/// Whether a relay can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RelayState {
    /// A connection is being made.
    Connecting,
    /// There is a connection.
    Open {
        /// How long an answer took last.
        round_trip: Duration,
    },
    /// It failed, and is left alone for a while.
    Waiting {
        /// So long.
        until: Instant,
        /// What was wrong.
        why: String,
    },
}
