//! One relay: what is wanted of it, and the task that keeps a connection to it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use nostr::{Event, Filter, Keys, Timestamp};
use tokio::{
    sync::{Notify, mpsc, oneshot},
    time::{sleep_until, timeout},
};

use super::{
    RelayUrl,
    backoff::{Backoff, Complaints},
    http::RelayLimits,
    meter::Meter,
    pool::{FetchError, PublishError, RelayReport, RelayState},
    session::{Ended, Failure, Session},
    socket,
    subscription::Outlet,
};
use crate::tls::Tls;

/// How long connecting may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(8);

/// Pauses after failures.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// Somebody who asks for a relay that failed has it tried again, this long after the failure.
const PATIENCE: Duration = Duration::from_secs(2);

/// A connection that lasted so long was a good one.
const GOOD: Duration = Duration::from_secs(60);

/// Doublings of the pause after a relay that broke the rules: half a minute.
const BROKE_RULES: u32 = 6;

/// Requests waiting for the task.
const REQUESTS: usize = 64;

/// How long what a relay says of itself stays true.
const INFO_LIFETIME: Duration = Duration::from_secs(24 * 3600);
const INFO_TIMEOUT: Duration = Duration::from_secs(10);

/// Makes an event for a connection, with its key and its relay's clock.
pub(super) type MakeEvent = Box<dyn FnOnce(&Keys, Timestamp) -> Option<Event> + Send>;

/// Something to be done once.
pub(super) enum Request {
    Publish { make: MakeEvent, reply: oneshot::Sender<Result<(), PublishError>> },
    Fetch { filter: Box<Filter>, reply: oneshot::Sender<Result<Vec<Event>, FetchError>> },
}

impl Request {
    /// There is no connection. Whoever asked may be gone.
    fn fail(self) {
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
struct Status {
    state: Option<RelayState>,
    clock_offset: Option<i64>,
    limits: RelayLimits,
    info_asked: Option<Instant>,
    keys: Keys,
}

/// What the pool and the relay's task share.
#[derive(Debug)]
pub(super) struct Relay {
    pub(super) url: RelayUrl,
    pub(super) requests: mpsc::Sender<Request>,
    pub(super) meter: Arc<Meter>,
    wake: Notify,
    wishes: Mutex<Wishes>,
    status: Mutex<Status>,
}

impl Relay {
    fn wishes(&self) -> MutexGuard<'_, Wishes> {
        self.wishes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn status(&self) -> MutexGuard<'_, Status> {
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

/// Makes the task of a relay; it ends when it is told to.
pub(super) fn start(url: RelayUrl, tls: Tls) -> Arc<Relay> {
    let (sender, requests) = mpsc::channel(REQUESTS);
    let status = Status {
        state: None,
        clock_offset: None,
        limits: RelayLimits::default(),
        info_asked: None,
        keys: Keys::generate(),
    };
    let relay = Arc::new(Relay {
        url,
        requests: sender,
        meter: Arc::new(Meter::new()),
        wake: Notify::new(),
        wishes: Mutex::default(),
        status: Mutex::new(status),
    });
    let keeper = Keeper {
        relay: Arc::clone(&relay),
        tls,
        requests,
        pauses: Backoff::new(FIRST_PAUSE, LONGEST_PAUSE),
        complaints: Complaints::new(),
    };
    tokio::spawn(keeper.run());
    relay
}

/// Keeps the connection.
struct Keeper {
    relay: Arc<Relay>,
    tls: Tls,
    requests: mpsc::Receiver<Request>,
    pauses: Backoff,
    complaints: Complaints,
}

impl Keeper {
    async fn run(mut self) {
        loop {
            let Some(request) = self.wait_for_need().await else { return };
            match self.connect(request).await {
                Ended::Closed => return,
                Ended::Idle => {}
                Ended::Failed(failure) => {
                    if !self.pause(failure).await {
                        return;
                    }
                }
            }
        }
    }

    /// `None` when told to end; otherwise the request that needs the relay, if it was one.
    async fn wait_for_need(&mut self) -> Option<Option<Request>> {
        loop {
            if self.relay.is_closed() {
                self.relay.set_state(None);
                return None;
            }
            if self.relay.is_needed() {
                return Some(None);
            }
            self.relay.set_state(None);
            tokio::select! {
                () = self.relay.changed() => {}
                request = self.requests.recv() => return Some(Some(request?)),
            }
        }
    }

    /// One connection, from first to last.
    async fn connect(&mut self, request: Option<Request>) -> Ended {
        self.relay.set_state(Some(RelayState::Connecting));
        // What changed before is no news for a new connection.
        self.relay.take_network_change();
        let opening = socket::open(&self.relay.url, &self.tls, Arc::clone(&self.relay.meter));
        let started = Instant::now();
        let opened = match timeout(CONNECT_TIMEOUT, opening).await {
            Ok(Ok(opened)) => Ok(opened),
            Ok(Err(error)) => Err(Ended::from(error)),
            Err(_elapsed) => Err(Ended::failed("does not answer")),
        };
        let (socket, clock_offset) = match opened {
            Ok(opened) => opened,
            Err(ended) => {
                if let Some(request) = request {
                    request.fail();
                }
                return ended;
            }
        };
        let round_trip = started.elapsed();
        if clock_offset.is_some() {
            self.relay.status().clock_offset = clock_offset;
        }
        self.relay.set_state(Some(RelayState::Open { round_trip }));
        self.ask_info();
        let session = Session::new(&self.relay, socket, &mut self.complaints);
        let ended = session.run(request, &mut self.requests).await;
        self.relay.status().keys = Keys::generate();
        if started.elapsed() > GOOD {
            self.pauses.reset();
        }
        ended
    }

    /// Learns the relay's limits beside everything else.
    fn ask_info(&self) {
        let now = Instant::now();
        let asked = self.relay.status().info_asked;
        if asked.is_some_and(|asked| now.saturating_duration_since(asked) < INFO_LIFETIME) {
            return;
        }
        self.relay.status().info_asked = Some(now);
        let (relay, tls) = (Arc::clone(&self.relay), Arc::clone(&self.tls));
        tokio::spawn(async move {
            let asking = socket::ask_info(&relay.url, &tls, Arc::clone(&relay.meter));
            match timeout(INFO_TIMEOUT, asking).await {
                Ok(Ok((info, clock_offset))) => {
                    let mut status = relay.status();
                    status.limits = info.limits;
                    status.clock_offset = clock_offset.or(status.clock_offset);
                }
                Ok(Err(error)) => log::debug!("{}: no information: {error}", relay.url),
                Err(_elapsed) => log::debug!("{}: no information in time", relay.url),
            }
            relay.wake.notify_one();
        });
    }

    /// Leaves the relay alone for a while; `false` when told to end.
    async fn pause(&mut self, failure: Failure) -> bool {
        let Failure { why, broke_rules } = failure;
        log::debug!("{}: {why}", self.relay.url);
        if broke_rules {
            self.pauses.at_least(BROKE_RULES);
        }
        let failed = Instant::now();
        let pause = self.pauses.next();
        let until = failed.checked_add(pause).unwrap_or(failed);
        self.relay.set_state(Some(RelayState::Waiting { until, why }));
        // Those who came while it failed.
        while let Ok(request) = self.requests.try_recv() {
            request.fail();
        }
        loop {
            tokio::select! {
                () = sleep_until(until.into()) => return true,
                () = self.relay.changed() => {
                    if self.relay.is_closed() {
                        return true;
                    }
                    if self.relay.take_network_change() && !broke_rules {
                        self.pauses.reset();
                        return true;
                    }
                }
                request = self.requests.recv() => {
                    let Some(request) = request else { return false };
                    let waited = failed.elapsed();
                    if broke_rules || waited < PATIENCE {
                        request.fail();
                    } else {
                        // Puts it back for the connection: there is room, nobody else takes out.
                        drop(self.relay.requests.try_send(request));
                        return true;
                    }
                }
            }
        }
    }
}
