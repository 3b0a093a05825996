//! One open connection to a relay.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use futures_util::{SinkExt, StreamExt};
use nostr::{
    ClientMessage, Event, EventBuilder, EventId, JsonUtil, RelayMessage, SubscriptionId, Timestamp,
    filter::MatchEventOptions,
};
use tokio::{
    sync::{mpsc, oneshot},
    time::{sleep_until, timeout},
};
use tokio_tungstenite::tungstenite::{self, Message};

use super::{
    backoff::Complaints,
    fetching::Fetching,
    parse_message,
    pool::{FetchError, PublishError, RelayState, correct},
    relay::{Relay, Request},
    socket::Socket,
    subscription::Delivery,
};

/// How long stored events may take, connecting included.
pub(super) const FETCH_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a relay may stay silent before it is asked whether it is there, and then to answer.
/// Proxies cut what is silent for a minute; five relays cost about 2 MB a day.
const SILENCE: Duration = Duration::from_secs(50);
const PONG_TIMEOUT: Duration = Duration::from_secs(15);

/// The same after a change of network.
const QUICK_PONG_TIMEOUT: Duration = Duration::from_secs(3);

/// How long a relay may not read.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a connection nobody needs is kept.
const LINGER: Duration = Duration::from_secs(30);

/// Answers outstanding at once; more requests wait their turn.
const MAX_OUTSTANDING: usize = 64;

/// Subscriptions at once where the relay does not say how many it takes.
const USUAL_SUBSCRIPTIONS: usize = 20;

/// How long a relay that closed a subscription is not asked for it again.
const CLOSED_PAUSE: Duration = Duration::from_secs(30);

/// Messages without use, in a minute, after which a relay is not worth listening to.
const MAX_USELESS: u32 = 64;
const USELESS_WITHIN: Duration = Duration::from_secs(60);

/// How much of a relay's words is kept, in characters.
const MAX_REASON: usize = 200;

/// How the names of questions begin; those of subscriptions are numbers.
const FETCH: &str = "f";

/// Why a connection ended.
#[derive(Debug)]
pub(super) enum Ended {
    /// The pool is gone.
    Closed,
    /// Nobody needs it.
    Idle,
    /// It failed.
    Failed(Failure),
}

/// What was wrong with a relay.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) why: String,
    /// It did what none should.
    pub(super) broke_rules: bool,
}

impl Ended {
    pub(super) fn failed(why: &str) -> Self {
        Self::Failed(Failure { why: why.to_owned(), broke_rules: false })
    }

    fn broke_rules(why: &str) -> Self {
        Self::Failed(Failure { why: why.to_owned(), broke_rules: true })
    }
}

impl From<tungstenite::Error> for Ended {
    fn from(error: tungstenite::Error) -> Self {
        let broke_rules = match &error {
            tungstenite::Error::Capacity(_) | tungstenite::Error::Utf8(_) => true,
            tungstenite::Error::Protocol(error) => {
                // Cutting the connection is rude, no more.
                !matches!(error, tungstenite::error::ProtocolError::ResetWithoutClosingHandshake)
            }
            tungstenite::Error::Io(error) => error.kind() == std::io::ErrorKind::QuotaExceeded,
            _ => false,
        };
        Self::Failed(Failure { why: shorten(&error.to_string()), broke_rules })
    }
}

/// A subscription as the relay knows it.
#[derive(Debug)]
struct Asked {
    version: u64,
    /// Set when the relay closed it.
    again_at: Option<Instant>,
}

#[derive(Debug)]
struct Publishing {
    reply: oneshot::Sender<Result<(), PublishError>>,
    sent: Instant,
}

pub(super) struct Session<'a> {
    relay: &'a Relay,
    socket: Socket,
    complaints: &'a mut Complaints,
    asked: BTreeMap<u64, Asked>,
    publishing: BTreeMap<EventId, Publishing>,
    fetching: BTreeMap<String, Fetching>,
    fetches: u64,
    /// How many messages were of no use since when.
    useless: (u32, Instant),
    used: Instant,
    heard: Instant,
    /// When a ping was sent, and when its answer is overdue.
    pinged: Option<(Instant, Instant)>,
}

impl<'a> Session<'a> {
    pub(super) fn new(relay: &'a Relay, socket: Socket, complaints: &'a mut Complaints) -> Self {
        let now = Instant::now();
        Self {
            relay,
            socket,
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
        // Says goodbye, if the relay listens; nothing depends on it.
        let _closed = timeout(Duration::from_millis(100), self.socket.close(None)).await;
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
                    self.heard(message).await?;
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
                        self.ping(QUICK_PONG_TIMEOUT).await?;
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
            Some((_sent, overdue)) if overdue <= now => return Err(Ended::failed("fell silent")),
            None if now.saturating_duration_since(self.heard) >= SILENCE => {
                self.ping(PONG_TIMEOUT).await?;
            }
            _ => {}
        }
        let is_needed =
            self.relay.is_needed() || !self.publishing.is_empty() || !self.fetching.is_empty();
        if !is_needed && now.saturating_duration_since(self.used) >= LINGER {
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
            Some((_sent, overdue)) => overdue,
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

    async fn ping(&mut self, patience: Duration) -> Result<(), Ended> {
        let now = Instant::now();
        self.pinged = Some((now, now.checked_add(patience).unwrap_or(now)));
        self.write(Message::Ping(Vec::new().into())).await
    }

    async fn write(&mut self, message: Message) -> Result<(), Ended> {
        timeout(WRITE_TIMEOUT, self.socket.send(message))
            .await
            .map_err(|_elapsed| Ended::failed("does not read"))?
            .map_err(Ended::from)
    }

    async fn send(&mut self, message: &ClientMessage<'_>) -> Result<(), Ended> {
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

    async fn heard(&mut self, message: Message) -> Result<(), Ended> {
        let now = Instant::now();
        self.heard = now;
        if let Some((sent, _overdue)) = self.pinged.take() {
            self.round_trip(now.saturating_duration_since(sent));
        }
        match message {
            Message::Text(text) => match parse_message(text.as_str()) {
                Some(message) => self.understood(message, text.len()).await,
                None => self.useless(),
            },
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => Ok(()),
            Message::Binary(_) => self.useless(),
            Message::Close(_) => Err(Ended::failed("hung up")),
        }
    }

    fn round_trip(&self, round_trip: Duration) {
        self.relay.set_state(Some(RelayState::Open { round_trip }));
    }

    /// Something nobody asked for.
    fn useless(&mut self) -> Result<(), Ended> {
        let now = Instant::now();
        let (count, since) = self.useless;
        let is_old = now.saturating_duration_since(since) > USELESS_WITHIN;
        let (count, since) = if is_old { (0, now) } else { (count, since) };
        self.useless = (count.saturating_add(1), since);
        if count >= MAX_USELESS { Err(Ended::broke_rules("talks nonsense")) } else { Ok(()) }
    }

    async fn understood(
        &mut self,
        message: RelayMessage<'static>,
        length: usize,
    ) -> Result<(), Ended> {
        match message {
            RelayMessage::Event { subscription_id, event } => {
                self.event(subscription_id.as_str(), event.into_owned(), length).await
            }
            RelayMessage::Ok { event_id, status, message } => {
                self.answered(event_id, status, &message)
            }
            RelayMessage::EndOfStoredEvents(id) => match self.fetching.remove(id.as_str()) {
                Some(fetching) => {
                    fetching.finish();
                    self.send(&ClientMessage::Close(id)).await
                }
                None => Ok(()),
            },
            RelayMessage::Closed { subscription_id, message } => {
                self.closed(subscription_id.as_str(), &message)
            }
            RelayMessage::Notice(notice) => {
                log::debug!("{}: {}", self.relay.url, shorten(&notice));
                self.complaints.note(Instant::now());
                self.useless()
            }
            RelayMessage::Auth { challenge } => self.authenticate(&challenge).await,
            _ => self.useless(),
        }
    }

    async fn event(&mut self, id: &str, event: Event, length: usize) -> Result<(), Ended> {
        if let Some(fetching) = self.fetching.get_mut(id) {
            match fetching.take(event, length) {
                Ok(true) => {
                    let done = self.fetching.remove(id);
                    if let Some(fetching) = done {
                        fetching.finish();
                    }
                    return self.send(&ClientMessage::close(SubscriptionId::new(id))).await;
                }
                Ok(false) => return Ok(()),
                Err(()) => return self.useless(),
            }
        }
        let wanted = id.parse().ok().and_then(|id| self.relay.wanted_one(id));
        let Some(wanted) = wanted else { return self.unknown(id) };
        if !wanted.filter.match_event(&event, MatchEventOptions::new()) {
            // It may be one of the filter before.
            return if wanted.version > 0 { Ok(()) } else { self.useless() };
        }
        match wanted.outlet.deliver(&self.relay.url, event) {
            Delivery::Fine => Ok(()),
            Delivery::Forged => self.useless(),
        }
    }

    /// Something for a subscription there is not. What was just given up may still come.
    fn unknown(&mut self, id: &str) -> Result<(), Ended> {
        let number = |id: &str| id.parse::<u64>().ok();
        let was_ours = match id.strip_prefix(FETCH) {
            Some(id) => number(id).is_some_and(|id| id < self.fetches),
            None => number(id).is_some_and(|id| self.relay.has_wanted(id)),
        };
        if was_ours { Ok(()) } else { self.useless() }
    }

    fn answered(&mut self, id: EventId, taken: bool, why: &str) -> Result<(), Ended> {
        let Some(Publishing { reply, sent }) = self.publishing.remove(&id) else {
            return self.useless();
        };
        self.round_trip(sent.elapsed());
        let taken = taken || why.starts_with("duplicate:");
        if !taken {
            self.complaints.note(Instant::now());
        }
        let result = if taken { Ok(()) } else { Err(PublishError::Refused(shorten(why))) };
        // Whoever asked may be gone.
        let _gone = reply.send(result);
        Ok(())
    }

    fn closed(&mut self, id: &str, why: &str) -> Result<(), Ended> {
        if let Some(fetching) = self.fetching.remove(id) {
            fetching.fail(FetchError::Refused(shorten(why)));
            return Ok(());
        }
        let Some(asked) = id.parse().ok().and_then(|id: u64| self.asked.get_mut(&id)) else {
            return self.unknown(id);
        };
        log::debug!("{}: closed a subscription: {}", self.relay.url, shorten(why));
        asked.again_at = Instant::now().checked_add(CLOSED_PAUSE);
        Ok(())
    }

    /// Proves (NIP-42) to be the throw-away key, which proves nothing else.
    async fn authenticate(&mut self, challenge: &str) -> Result<(), Ended> {
        let url = nostr::RelayUrl::parse(self.relay.url.as_str());
        let proof = url.ok().and_then(|url| {
            EventBuilder::auth(shorten(challenge), url).sign_with_keys(&self.relay.keys()).ok()
        });
        self.useless()?;
        let Some(proof) = proof else { return Ok(()) };
        self.send(&ClientMessage::auth(proof)).await?;
        // What was closed for want of it is asked for again.
        for asked in self.asked.values_mut().filter(|asked| asked.again_at.is_some()) {
            asked.again_at = Some(Instant::now());
        }
        Ok(())
    }
}

fn subscription_id(id: u64) -> SubscriptionId {
    SubscriptionId::new(id.to_string())
}

/// A relay's words, cut to a bearable length.
fn shorten(text: &str) -> String {
    text.chars().filter(|char| !char.is_control()).take(MAX_REASON).collect()
}
