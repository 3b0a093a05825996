//! The task that keeps a connection to one relay.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use nostr::Keys;
use tokio::{
    sync::mpsc,
    time::{sleep_until, timeout},
};

use super::{
    RelayUrl,
    backoff::{Backoff, Complaints},
    ended::{Ended, Failure},
    pool::RelayState,
    relay::{Clock, Relay, Request},
    session::{Path, Session},
    socket,
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

/// Makes the task of a relay; it ends when it is told to.
pub(super) fn start(url: RelayUrl, tls: Tls, clock: Clock) -> Arc<Relay> {
    let (sender, requests) = mpsc::channel(REQUESTS);
    let relay = Arc::new(Relay::new(url, sender, clock));
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
                Ended::Moved => self.pauses.reset(),
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
        let opened = tokio::select! {
            opened = timeout(CONNECT_TIMEOUT, opening) => match opened {
                Ok(Ok(opened)) => Ok(opened),
                Ok(Err(error)) => Err(Ended::from(error)),
                Err(_elapsed) => Err(Ended::failed("does not answer")),
            },
            outdated = self.relay.outdated() => Err(outdated),
        };
        let opened = match opened {
            Ok(opened) => opened,
            Err(ended) => {
                match (request, &ended) {
                    (Some(request), Ended::Moved) => self.put_back(request),
                    (Some(request), _) => request.fail(),
                    (None, _) => {}
                }
                return ended;
            }
        };
        let round_trip = started.elapsed();
        self.relay.set_clock_offset(opened.clock_offset);
        self.relay.set_state(Some(RelayState::Open { round_trip }));
        self.ask_info();
        let path = Path::new(opened.remote, round_trip);
        let session = Session::new(&self.relay, opened.socket, path, &mut self.complaints);
        let ended = session.run(request, &mut self.requests).await;
        self.relay.status().keys = Keys::generate();
        if started.elapsed() > GOOD {
            self.pauses.reset();
        }
        ended
    }

    /// Keeps a request for the next connection, if there is room.
    fn put_back(&self, request: Request) {
        drop(self.relay.requests.try_send(request));
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
                    relay.status().limits = info.limits;
                    relay.set_clock_offset(clock_offset);
                }
                Ok(Err(error)) => log::debug!("{}: no information: {error}", relay.url),
                Err(_elapsed) => log::debug!("{}: no information in time", relay.url),
            }
            relay.wake();
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
                        self.put_back(request);
                        return true;
                    }
                }
            }
        }
    }
}
