//! One open connection to a relay.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    time::{Duration, Instant},
};

use futures_util::{SinkExt, StreamExt};
use nostr::{ClientMessage, Event, EventId, JsonUtil, SubscriptionId, Timestamp};
use tokio::{
    sync::{mpsc, oneshot},
    time::{sleep_until, timeout},
};
use tokio_tungstenite::tungstenite::Message;

use super::{
    backoff::Complaints,
    ended::Ended,
    fetching::Fetching,
    pool::{PublishError, correct},
    relay::{Relay, Request},
    socket::Socket,
};
use crate::route::{self, Route};

/// How long stored events may take, connecting included.
pub(super) const FETCH_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a relay may stay silent before it is asked whether it is there, and then to answer.
/// Proxies cut what is silent for a minute; five relays cost about 2 MB a day.
const SILENCE: Duration = Duration::from_secs(50);
const PONG_TIMEOUT: Duration = Duration::from_secs(15);

/// The same after a change of network, which connections rarely survive: as long as opening this
/// one took, which was about four round trips, within these bounds.
const SHORTEST_MOVED_PONG: Duration = Duration::from_millis(300);
const LONGEST_MOVED_PONG: Duration = Duration::from_secs(1);

/// How long a relay may not read.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a connection nobody needs is kept.
const LINGER: Duration = Duration::from_secs(30);

/// Answers outstanding at once; more requests wait their turn.
const MAX_OUTSTANDING: usize = 64;

/// Subscriptions at once where the relay does not say how many it takes.
const USUAL_SUBSCRIPTIONS: usize = 20;

/// How the names of questions begin; those of subscriptions are numbers.
pub(super) const FETCH: &str = "f";

/// A subscription as the relay knows it.
#[derive(Debug)]
pub(super) struct Asked {
    version: u64,
    /// Set when the relay closed it.
    pub(super) again_at: Option<Instant>,
}

#[derive(Debug)]
pub(super) struct Publishing {
    pub(super) reply: oneshot::Sender<Result<(), PublishError>>,
    pub(super) sent: Instant,
}

/// A question whether the relay is there.
#[derive(Debug)]
pub(super) struct Ping {
    pub(super) sent: Instant,
    overdue: Instant,
    /// Asked because the network has changed.
    pub(super) moved: bool,
}

/// The way to the relay when the connection was opened.
#[derive(Debug)]
pub(super) struct Path {
    remote: SocketAddr,
    /// `None` if the system did not say.
    route: Option<Route>,
    /// How long opening took.
    opening: Duration,
}

impl Path {
    pub(super) fn new(remote: SocketAddr, opening: Duration) -> Self {
        Self { remote, route: route::to(remote, None).ok(), opening }
    }

    /// Whether the same way still begins where it did: else nothing will ever come back.
    fn is_there(&self) -> bool {
        route::to(self.remote, None).ok() == self.route
    }

    fn moved_pong_timeout(&self) -> Duration {
        self.opening.clamp(SHORTEST_MOVED_PONG, LONGEST_MOVED_PONG)
    }
}

/// One open connection and what is under way on it.
pub(super) struct Session<'a> {
    pub(super) relay: &'a Relay,
    socket: Socket,
    path: Path,
    pub(super) complaints: &'a mut Complaints,
    pub(super) asked: BTreeMap<u64, Asked>,
    pub(super) publishing: BTreeMap<EventId, Publishing>,
    pub(super) fetching: BTreeMap<String, Fetching>,
    pub(super) fetches: u64,
    /// How many messages were of no use since when.
    pub(super) useless: (u32, Instant),
    used: Instant,
    pub(super) heard: Instant,
    pub(super) pinged: Option<Ping>,
}

impl<'a> Session<'a> {
    pub(super) fn new(
        relay: &'a Relay,
        socket: Socket,
        path: Path,
        complaints: &'a mut Complaints,
    ) -> Self {
        let now = Instant::now();
        Self {
            relay,
            socket,
            path,
            complaints,
            asked: BTreeMap::new(),
            publishing: BTreeMap::new(),
            fetching: BTreeMap::new(),
            fetches: 0,
            useless: (0, now),
            used: now,
            heard: now,
            pinged: None,
        }
    }

    /// Serves until there is a reason not to.
    pub(super) async fn run(
        mut self,
        first: Option<Request>,
        requests: &mut mpsc::Receiver<Request>,
    ) -> Ended {
        let Err(ended) = self.serve(first, requests).await else { return Ended::Closed };
        // Says goodbye, if the relay can hear it; nothing depends on that.
        if !matches!(ended, Ended::Moved) {
            let _closed = timeout(Duration::from_millis(100), self.socket.close(None)).await;
        }
        ended
    }

    async fn serve(
        &mut self,
        first: Option<Request>,
        requests: &mut mpsc::Receiver<Request>,
    ) -> Result<(), Ended> {
        // Subscriptions go first: answers to what is published next are heard.
        self.subscribe().await?;
        if let Some(first) = first {
            self.request(first).await?;
        }
        loop {
            let due = self.check(Instant::now()).await?;
            let has_room =
                self.publishing.len().saturating_add(self.fetching.len()) < MAX_OUTSTANDING;
            tokio::select! {
                message = self.socket.next() => {
                    let message = message.ok_or_else(|| Ended::failed("hung up"))??;
                    self.receive(message).await?;
                }
                request = requests.recv(), if has_room => {
                    let request = request.ok_or(Ended::Closed)?;
                    self.subscribe().await?;
                    self.request(request).await?;
                }
                () = self.relay.changed() => {
                    if self.relay.is_closed() {
                        return Err(Ended::Closed);
                    }
                    if self.relay.take_network_change() {
                        if !self.path.is_there() {
                            return Err(Ended::Moved);
                        }
                        self.ping(true).await?;
                    }
                    self.subscribe().await?;
                }
                () = sleep_until(due.into()) => {}
            }
        }
    }

    /// Does what is due, and tells when something will be next.
    async fn check(&mut self, now: Instant) -> Result<Instant, Ended> {
        match self.pinged {
            Some(Ping { overdue, moved, .. }) if overdue <= now => {
                return Err(if moved { Ended::Moved } else { Ended::failed("fell silent") });
            }
            None if now.saturating_duration_since(self.heard) >= SILENCE => {
                self.ping(false).await?;
            }
            _ => {}
        }
        let is_needed =
            self.relay.is_needed() || !self.publishing.is_empty() || !self.fetching.is_empty();
        if is_needed {
            self.used = now;
        } else if now.saturating_duration_since(self.used) >= LINGER {
            return Err(Ended::Idle);
        }
        // Whoever asked has given up by then.
        self.publishing.retain(|_id, publishing| !publishing.reply.is_closed());
        let given_up: Vec<_> = self
            .fetching
            .iter()
            .filter(|(_id, fetching)| fetching.is_given_up())
            .map(|(id, _fetching)| id.clone())
            .collect();
        for id in given_up {
            self.fetching.remove(&id);
            self.send(&ClientMessage::close(SubscriptionId::new(id))).await?;
        }
        let is_due = |asked: &Asked| asked.again_at.is_some_and(|at| at <= now);
        if self.asked.values().any(is_due) {
            self.subscribe().await?;
        }
        let after = |from: Instant, wait: Duration| from.checked_add(wait).unwrap_or(from);
        let mut due = match self.pinged {
            Some(Ping { overdue, .. }) => overdue,
            None => after(self.heard, SILENCE),
        };
        if !is_needed {
            due = due.min(after(self.used, LINGER));
        }
        if !self.publishing.is_empty() || !self.fetching.is_empty() {
            due = due.min(after(now, FETCH_TIMEOUT));
        }
        let again = self.asked.values().filter_map(|asked| asked.again_at).min();
        Ok(again.map_or(due, |again| due.min(again)))
    }

    async fn ping(&mut self, moved: bool) -> Result<(), Ended> {
        let sent = Instant::now();
        let patience = if moved { self.path.moved_pong_timeout() } else { PONG_TIMEOUT };
        let overdue = sent.checked_add(patience).unwrap_or(sent);
        self.pinged = Some(Ping { sent, overdue, moved });
        self.write(Message::Ping(Vec::new().into())).await
    }

    async fn write(&mut self, message: Message) -> Result<(), Ended> {
        timeout(WRITE_TIMEOUT, self.socket.send(message))
            .await
            .map_err(|_elapsed| Ended::failed("does not read"))?
            .map_err(Ended::from)
    }

    pub(super) async fn send(&mut self, message: &ClientMessage<'_>) -> Result<(), Ended> {
        self.write(Message::Text(message.as_json().into())).await
    }

    /// Makes the relay's subscriptions what they should be.
    async fn subscribe(&mut self) -> Result<(), Ended> {
        let now = Instant::now();
        let limits = self.relay.limits();
        let wanted = self.relay.wanted();
        let gone: Vec<_> =
            self.asked.keys().filter(|id| !wanted.contains_key(id)).copied().collect();
        for id in gone {
            self.asked.remove(&id);
            self.send(&ClientMessage::close(subscription_id(id))).await?;
        }
        let most = limits.max_subscriptions.unwrap_or(USUAL_SUBSCRIPTIONS);
        for (id, wanted) in wanted.into_iter().take(most) {
            let is_right = self.asked.get(&id).is_some_and(|asked| {
                asked.version == wanted.version && asked.again_at.is_none_or(|at| at > now)
            });
            if is_right {
                continue;
            }
            self.asked.insert(id, Asked { version: wanted.version, again_at: None });
            let mut filter = wanted.filter;
            filter.limit = match (filter.limit, limits.max_limit) {
                (Some(limit), Some(most)) => Some(limit.min(most)),
                (limit, _) => limit,
            };
            self.send(&ClientMessage::req(subscription_id(id), filter)).await?;
        }
        Ok(())
    }

    async fn request(&mut self, request: Request) -> Result<(), Ended> {
        self.used = Instant::now();
        match request {
            Request::Publish { make, reply } => {
                let timestamp = Timestamp::from_secs(correct(self.relay.clock_offset()));
                let Some(event) = make(&self.relay.keys(), timestamp) else {
                    let _gone = reply.send(Err(PublishError::Invalid));
                    return Ok(());
                };
                let (id, text) = (event.id, ClientMessage::event(event.clone()).as_json());
                if let Some(why) = self.objection(&event, text.len()) {
                    // Whoever asked may be gone.
                    let _gone = reply.send(Err(PublishError::Refused(why.to_owned())));
                    return Ok(());
                }
                self.publishing.insert(id, Publishing { reply, sent: Instant::now() });
                self.write(Message::Text(text.into())).await
            }
            Request::Fetch { filter, reply } => {
                let mut filter = *filter;
                if let Some(most) = self.relay.limits().max_limit {
                    filter.limit = filter.limit.map(|limit| limit.min(most));
                }
                let id = format!("{FETCH}{}", self.fetches);
                self.fetches = self.fetches.saturating_add(1);
                self.relay.meter.allow(Fetching::MAX_BYTES);
                let question = ClientMessage::req(SubscriptionId::new(&id), filter.clone());
                self.fetching.insert(id, Fetching::new(filter, reply));
                self.send(&question).await
            }
        }
    }

    /// Why an event is better not sent.
    fn objection(&self, event: &Event, message_length: usize) -> Option<&'static str> {
        let limits = self.relay.limits();
        let exceeds = |limit: Option<usize>, value| limit.is_some_and(|limit| value > limit);
        if self.complaints.is_quiet(Instant::now()) {
            Some("it complained, and is left in peace")
        } else if exceeds(limits.max_message_length, message_length)
            || exceeds(limits.max_content_length, event.content.chars().count())
            || exceeds(limits.max_event_tags, event.tags.len())
        {
            Some("longer than it takes")
        } else if limits
            .min_pow_difficulty
            .and_then(|bits| u8::try_from(bits).ok())
            .is_some_and(|bits| !event.check_pow(bits))
        {
            Some("it wants work done for each event")
        } else if limits.payment_required {
            Some("it wants to be paid")
        } else {
            None
        }
    }
}

fn subscription_id(id: u64) -> SubscriptionId {
    SubscriptionId::new(id.to_string())
}
