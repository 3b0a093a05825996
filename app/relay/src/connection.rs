//! One client: what it asks for, how fast it may, and what it is sent.

use std::{
    collections::BTreeMap,
    net::IpAddr,
    time::{Duration, Instant},
};

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::watch,
    time,
};
pub(crate) use tokio_tungstenite::tungstenite::protocol::WebSocketConfig as Settings;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Bytes, Message, Utf8Bytes, protocol::Role},
};

use crate::{
    message::{Answer, Malformed, ParseLimits, Request},
    outbox::{Outbox, Outgoing, outbox},
    quota::{Bucket, one_address},
    reconcile::Reconciliation,
    server::{self, Shared},
    subscribe::Subscription,
};

/// What a message costs beyond its bytes, so that many small ones are no cheaper than few large.
const MESSAGE_COST: usize = 256;

/// A client's standing.
pub(crate) struct Client<'a> {
    pub(crate) shared: &'a Shared,
    /// Whose quotas it uses.
    pub(crate) address: IpAddr,
    pub(crate) outbox: Outbox,
    outgoing: Outgoing,
    pub(crate) subscriptions: BTreeMap<String, Subscription>,
    pub(crate) reconciliations: BTreeMap<String, Reconciliation>,
    pub(crate) events: Bucket,
    pub(crate) requests: Bucket,
    bytes: Bucket,
    /// Nothing is read before.
    reads_at: Instant,
    heard_at: Instant,
    is_pinged: bool,
}

/// The connection has ended, or must.
pub(crate) struct Ended;

impl<'a> Client<'a> {
    pub(crate) fn new(shared: &'a Shared, address: IpAddr) -> Self {
        let limits = &shared.limits;
        let (outbox, outgoing) = outbox(limits.queued_messages, limits.queued_bytes);
        let now = Instant::now();
        Self {
            shared,
            address: one_address(address),
            outbox,
            outgoing,
            subscriptions: BTreeMap::new(),
            reconciliations: BTreeMap::new(),
            events: Bucket::new(limits.events_per_connection, now),
            requests: Bucket::new(limits.requests_per_connection, now),
            bytes: Bucket::new(limits.bytes_per_connection, now),
            reads_at: now,
            heard_at: now,
            is_pinged: false,
        }
    }

    /// Serves the client until either has enough. `rest` are bytes that were read already.
    pub(crate) async fn serve<S>(
        mut self,
        stream: S,
        rest: Vec<u8>,
        mut stopped: watch::Receiver<bool>,
    ) where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let settings = server::websocket(&self.shared.limits);
        let socket =
            WebSocketStream::from_partially_read(stream, rest, Role::Server, Some(settings)).await;
        let mut socket = Socket { socket, write: self.shared.limits.write };
        let is_stopped = tokio::select! {
            Ended = self.run(&mut socket) => false,
            _ = stopped.wait_for(|stop| *stop) => true,
        };
        if is_stopped {
            let _ = time::timeout(Duration::from_secs(1), socket.socket.close(None)).await;
        }
    }

    async fn run<S: AsyncRead + AsyncWrite + Unpin>(&mut self, socket: &mut Socket<S>) -> Ended {
        loop {
            let (reads_at, check_at) = (self.reads_at, self.next_check());
            let done = tokio::select! {
                read = read(socket, reads_at) => match read {
                    Some(message) => self.hear(message, socket).await,
                    None => Err(Ended),
                },
                message = self.outgoing.next() => match message {
                    Some(message) => self.pass_on(message, socket).await,
                    None => Err(Ended),
                },
                () = time::sleep_until(check_at.into()) => self.check(socket).await,
            };
            if let Err(ended) = done {
                return ended;
            }
        }
    }

    /// When to look whether anything has been quiet for too long.
    fn next_check(&self) -> Instant {
        let pause = self.shared.limits.reconciliation_pause;
        let waiting = self.reconciliations.values().map(|r| later(r.heard_at, pause));
        waiting.fold(self.silent_at(), Instant::min)
    }

    /// When a client that says nothing is pinged, or given up.
    fn silent_at(&self) -> Instant {
        let silence = self.shared.limits.silence;
        later(self.heard_at, if self.is_pinged { silence } else { silence / 3 })
    }

    async fn check<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        socket: &mut Socket<S>,
    ) -> Result<(), Ended> {
        let now = Instant::now();
        let pause = self.shared.limits.reconciliation_pause;
        self.reconciliations.retain(|_, r| later(r.heard_at, pause) > now);
        if self.silent_at() > now {
            return Ok(());
        }
        if self.is_pinged {
            return Err(Ended);
        }
        self.is_pinged = true;
        socket.send(Message::Ping(Bytes::new())).await
    }

    /// Sends what waits, and whatever else waits by then, in one go.
    async fn pass_on<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        first: Utf8Bytes,
        socket: &mut Socket<S>,
    ) -> Result<(), Ended> {
        let Self { outgoing, .. } = self;
        let mut next = Some(first);
        while let Some(message) = next {
            tokio::select! {
                sent = socket.feed(message) => sent?,
                () = outgoing.overflow() => return Err(Ended),
            }
            next = outgoing.try_next();
        }
        tokio::select! {
            flushed = socket.flush() => flushed,
            () = outgoing.overflow() => Err(Ended),
        }
    }

    async fn hear<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        message: Message,
        socket: &mut Socket<S>,
    ) -> Result<(), Ended> {
        let now = Instant::now();
        self.heard_at = now;
        self.is_pinged = false;
        let cost = message.len().saturating_add(MESSAGE_COST);
        let wait = self.bytes.owe(f64::from(u32::try_from(cost).unwrap_or(u32::MAX)), now);
        self.reads_at = now.checked_add(wait).unwrap_or(now);
        // What was meant for the client before comes before the answer.
        if let Some(waiting) = self.outgoing.try_next() {
            self.pass_on(waiting, socket).await?;
        }
        match message {
            Message::Text(text) => self.follow(&text, socket).await,
            Message::Binary(_) => socket.say(Answer::notice("invalid: text is spoken here")).await,
            Message::Close(_) => Err(Ended),
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => Ok(()),
        }
    }

    async fn follow<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        text: &str,
        socket: &mut Socket<S>,
    ) -> Result<(), Ended> {
        let limits = &self.shared.limits;
        let parse = ParseLimits { id_chars: limits.subscription_id_chars, filters: limits.filters };
        match Request::parse(text, &parse) {
            Ok(Request::Event(event)) => {
                let answer = match self.publish(&event).await {
                    Ok(remark) => Answer::ok(&event.id, true, remark),
                    Err(why) => Answer::ok(&event.id, false, &why),
                };
                socket.say(answer).await
            }
            Ok(Request::Req { id, filters }) => {
                self.subscribe(id, filters, text.len(), socket).await
            }
            Ok(Request::Close { id }) => {
                self.unsubscribe(&id);
                Ok(())
            }
            Ok(Request::NegOpen { id, filter, message }) => {
                self.reconcile(id, *filter, &message, socket).await
            }
            Ok(Request::NegMessage { id, message }) => self.step(&id, &message, socket).await,
            Ok(Request::NegClose { id }) => {
                self.reconciliations.remove(&id);
                Ok(())
            }
            Ok(Request::Unsupported { id, name }) => {
                let why = format!("unsupported: this relay has no {name}");
                socket.say(Answer::closed(&id, &why)).await
            }
            Err(Malformed { id: Some(id), is_reconciliation: true, why }) => {
                self.reconciliations.remove(&id);
                socket.say(Answer::negentropy_error(&id, &format!("invalid: {why}"))).await
            }
            Err(Malformed { id: Some(id), why, .. }) => {
                socket.say(Answer::closed(&id, &format!("invalid: {why}"))).await
            }
            Err(Malformed { id: None, why, .. }) => {
                socket.say(Answer::notice(&format!("invalid: {why}"))).await
            }
        }
    }
}

impl Drop for Client<'_> {
    fn drop(&mut self) {
        for open in self.subscriptions.values() {
            self.shared.hub.close(open.place);
        }
    }
}

fn later(at: Instant, by: Duration) -> Instant {
    at.checked_add(by).unwrap_or(at)
}

/// The client's end of the wire. Nothing waits for it longer than the limits say.
pub(crate) struct Socket<S> {
    socket: WebSocketStream<S>,
    write: Duration,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Socket<S> {
    pub(crate) async fn say(&mut self, text: Utf8Bytes) -> Result<(), Ended> {
        self.send(Message::Text(text)).await
    }

    async fn send(&mut self, message: Message) -> Result<(), Ended> {
        within(self.write, self.socket.send(message)).await
    }

    /// Sends once there is enough, or at the next [`flush`](Self::flush).
    pub(crate) async fn feed(&mut self, text: Utf8Bytes) -> Result<(), Ended> {
        within(self.write, self.socket.feed(Message::Text(text))).await
    }

    async fn flush(&mut self) -> Result<(), Ended> {
        within(self.write, self.socket.flush()).await
    }
}

async fn within<E>(
    time: Duration,
    writing: impl Future<Output = Result<(), E>>,
) -> Result<(), Ended> {
    match time::timeout(time, writing).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(Ended),
    }
}

/// The next message, not before `at`; none if the client is gone or speaks no WebSocket.
async fn read<S: AsyncRead + AsyncWrite + Unpin>(
    socket: &mut Socket<S>,
    at: Instant,
) -> Option<Message> {
    if at > Instant::now() {
        time::sleep_until(at.into()).await;
    }
    socket.socket.next().await?.ok()
}
