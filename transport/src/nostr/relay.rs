//! One relay: what is wanted of it, and the task that keeps a connection to it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use nostr::{Event, Filter, Keys, Timestamp};
use tokio::sync::{Notify, mpsc, oneshot, watch};

use super::{
    RelayUrl,
    ended::Ended,
    http::RelayLimits,
    meter::Meter,
    pool::{FetchError, PublishError, RelayReport, RelayState},
    subscription::Outlet,
};
/// Seconds by which what a relay's clock says may differ each time.
const CLOCK_JITTER: u64 = 5;

/// Makes an event for a connection, with its key and its relay's clock.
pub(super) type MakeEvent = Box<dyn FnOnce(&Keys, Timestamp) -> Option<Event> + Send>;

/// Something to be done once.
pub(super) enum Request {
    Publish { make: MakeEvent, reply: oneshot::Sender<Result<(), PublishError>> },
    Fetch { filter: Box<Filter>, reply: oneshot::Sender<Result<Vec<Event>, FetchError>> },
}

impl Request {
    /// There is no connection. Whoever asked may be gone.
    pub(super) fn fail(self) {
        match self {
            Self::Publish { reply, .. } => drop(reply.send(Err(PublishError::Unreachable))),
            Self::Fetch { reply, .. } => drop(reply.send(Err(FetchError::Unreachable))),
        }
    }
}

/// A wish to hear events.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub(super) filter: Filter,
    /// Grows with each other filter.
    pub(super) version: u64,
    pub(super) outlet: Outlet,
}

/// What the pool wants of one relay.
#[derive(Debug, Default)]
struct Wishes {
    closed: bool,
    home: bool,
    network_changed: bool,
    next_id: u64,
    subscriptions: BTreeMap<u64, Wanted>,
}

/// What the task found out.
#[derive(Debug)]
pub(super) struct Status {
    state: Option<RelayState>,
    clock_offset: Option<i64>,
    pub(super) limits: RelayLimits,
    pub(super) info_asked: Option<Instant>,
    pub(super) keys: Keys,
}

/// Told when a relay's clock says something new.
pub(super) type Clock = watch::Sender<()>;

/// What the pool and the relay's task share.
#[derive(Debug)]
pub(super) struct Relay {
    pub(super) url: RelayUrl,
    pub(super) requests: mpsc::Sender<Request>,
    pub(super) meter: Arc<Meter>,
    wake: Notify,
    wishes: Mutex<Wishes>,
    status: Mutex<Status>,
    clock: Clock,
}

impl Relay {
    pub(super) fn new(url: RelayUrl, requests: mpsc::Sender<Request>, clock: Clock) -> Self {
        let status = Status {
            state: None,
            clock_offset: None,
            limits: RelayLimits::default(),
            info_asked: None,
            keys: Keys::generate(),
        };
        Self {
            url,
            requests,
            meter: Arc::new(Meter::new()),
            wake: Notify::new(),
            wishes: Mutex::default(),
            status: Mutex::new(status),
            clock,
        }
    }

    fn wishes(&self) -> MutexGuard<'_, Wishes> {
        self.wishes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn status(&self) -> MutexGuard<'_, Status> {
        self.status.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes what is wanted and lets the task look.
    fn wish<R>(&self, change: impl FnOnce(&mut Wishes) -> R) -> R {
        let result = change(&mut self.wishes());
        self.wake.notify_one();
        result
    }

    pub(super) fn close(&self) {
        self.wish(|wishes| wishes.closed = true);
    }

    pub(super) fn set_home(&self, home: bool) {
        self.wish(|wishes| wishes.home = home);
    }

    pub(super) fn network_changed(&self) {
        self.wish(|wishes| wishes.network_changed = true);
    }

    pub(super) fn want(&self, filter: Filter, outlet: Outlet) -> u64 {
        self.wish(|wishes| {
            let id = wishes.next_id;
            wishes.next_id = id.saturating_add(1);
            wishes.subscriptions.insert(id, Wanted { filter, version: 0, outlet });
            id
        })
    }

    pub(super) fn want_other(&self, id: u64, filter: Filter) {
        self.wish(|wishes| {
            if let Some(wanted) = wishes.subscriptions.get_mut(&id) {
                wanted.filter = filter;
                wanted.version = wanted.version.saturating_add(1);
            }
        });
    }

    pub(super) fn want_no_more(&self, id: u64) {
        self.wish(|wishes| wishes.subscriptions.remove(&id));
    }

    pub(super) fn wanted(&self) -> BTreeMap<u64, Wanted> {
        self.wishes().subscriptions.clone()
    }

    pub(super) fn wanted_one(&self, id: u64) -> Option<Wanted> {
        self.wishes().subscriptions.get(&id).cloned()
    }

    /// Whether there was ever such a wish.
    pub(super) fn has_wanted(&self, id: u64) -> bool {
        id < self.wishes().next_id
    }

    pub(super) fn is_closed(&self) -> bool {
        self.wishes().closed
    }

    pub(super) fn is_needed(&self) -> bool {
        let wishes = self.wishes();
        wishes.home || !wishes.subscriptions.is_empty()
    }

    /// Whether the network has changed since this was last asked.
    pub(super) fn take_network_change(&self) -> bool {
        std::mem::take(&mut self.wishes().network_changed)
    }

    /// Waits until a connection that is being made is of no use any more.
    pub(super) async fn outdated(&self) -> Ended {
        loop {
            self.changed().await;
            if self.is_closed() {
                return Ended::Closed;
            }
            if self.take_network_change() {
                return Ended::Moved;
            }
        }
    }

    /// Lets the task look again.
    pub(super) fn wake(&self) {
        self.wake.notify_one();
    }

    /// Waits until something else is wanted.
    pub(super) async fn changed(&self) {
        self.wake.notified().await;
    }

    pub(super) fn keys(&self) -> Keys {
        self.status().keys.clone()
    }

    pub(super) fn clock_offset(&self) -> Option<i64> {
        self.status().clock_offset
    }

    /// The relay has said what time it is.
    pub(super) fn set_clock_offset(&self, offset: Option<i64>) {
        let Some(offset) = offset else { return };
        let before = self.status().clock_offset.replace(offset);
        if before.is_none_or(|before| before.abs_diff(offset) > CLOCK_JITTER) {
            self.clock.send_replace(());
        }
    }

    pub(super) fn limits(&self) -> RelayLimits {
        self.status().limits
    }

    pub(super) fn set_state(&self, state: Option<RelayState>) {
        self.status().state = state;
    }

    pub(super) fn report(&self) -> Option<RelayReport> {
        let status = self.status();
        Some(RelayReport {
            url: self.url.clone(),
            state: status.state.clone()?,
            clock_offset: status.clock_offset,
            bytes_received: self.meter.received(),
            bytes_sent: self.meter.sent(),
        })
    }
}
