//! A small relay on loopback, which can be told to misbehave.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::{SinkExt, StreamExt};
use nostr::{
    ClientMessage, Event, Filter, JsonUtil, RelayMessage, SubscriptionId, filter::MatchEventOptions,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::{mpsc, watch},
    task::JoinHandle,
};
use tokio_tungstenite::{
    accept_hdr_async,
    tungstenite::{
        Message,
        handshake::server::{ErrorResponse, Request, Response},
        http::HeaderValue,
    },
};

use super::RelayUrl;

/// What a relay does wrong.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Fault {
    None,
    /// Says that it took events, and forgets them.
    Drops,
    /// Says and passes on nothing.
    Mute,
    /// Refuses each event.
    Refuses(&'static str),
    /// Passes on each event so many times.
    Repeats(usize),
    /// Passes on events whose content it changed.
    Forges,
    /// Passes on events this late.
    Delays(Duration),
    /// Sends these messages, over and over, as soon as somebody subscribes.
    Floods(String),
    /// Closes each subscription.
    Closes(&'static str),
}

#[derive(Debug)]
struct Reader {
    connection: u64,
    id: SubscriptionId,
    filters: Vec<Filter>,
    out: mpsc::Sender<String>,
}

#[derive(Debug, Default)]
struct State {
    fault: Option<Fault>,
    stored: Vec<Event>,
    readers: Vec<Reader>,
    connections: u64,
    open: u64,
    heard: Vec<String>,
    date: Option<&'static str>,
    information: Option<&'static str>,
}

#[derive(Debug)]
pub(crate) struct TestRelay {
    state: Arc<Mutex<State>>,
    port: u16,
    accepting: JoinHandle<()>,
    /// Dropped to cut all connections.
    alive: watch::Sender<()>,
}

impl TestRelay {
    pub(crate) async fn start() -> Self {
        Self::on_port(0).await
    }

    pub(crate) async fn on_port(port: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let (alive, watching) = watch::channel(());
        let state = Arc::new(Mutex::new(State::default()));
        let served = Arc::clone(&state);
        let accepting = tokio::spawn(async move {
            loop {
                let (stream, _from) = listener.accept().await.expect("accepting");
                let (state, mut watching) = (Arc::clone(&served), watching.clone());
                tokio::spawn(async move {
                    tokio::select! {
                        () = serve(stream, state) => {}
                        _cut = watching.changed() => {}
                    }
                });
            }
        });
        Self { state, port, accepting, alive }
    }

    pub(crate) fn url(&self) -> RelayUrl {
        format!("ws://127.0.0.1:{}", self.port).parse().expect("a relay")
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    pub(crate) fn set_fault(&self, fault: Fault) {
        self.state().fault = Some(fault);
    }

    /// What it says the date is.
    pub(crate) fn set_date(&self, date: &'static str) {
        self.state().date = Some(date);
    }

    /// What it says of itself.
    pub(crate) fn set_information(&self, information: &'static str) {
        self.state().information = Some(information);
    }

    /// All messages it has received.
    pub(crate) fn heard(&self) -> Vec<String> {
        self.state().heard.clone()
    }

    /// All events it has received.
    pub(crate) fn events(&self) -> Vec<Event> {
        let heard = self.heard();
        let messages =
            heard.iter().filter_map(|text| ClientMessage::from_json(text.as_bytes()).ok());
        let events = messages.filter_map(|message| match message {
            ClientMessage::Event(event) => Some(event.into_owned()),
            _ => None,
        });
        events.collect()
    }

    /// Passes on an event of its own making.
    pub(crate) fn pass_on(&self, event: Event) {
        pass_on(event, &Fault::None, &self.state);
    }

    /// Waits, without caring how long, until `is_so`.
    pub(crate) async fn until(&self, mut is_so: impl FnMut(&Self) -> bool) {
        let so = async {
            while !is_so(self) {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), so).await.expect("in time");
    }

    /// Connections there are.
    pub(crate) fn open(&self) -> u64 {
        self.state().open
    }

    pub(crate) fn subscriptions(&self) -> usize {
        self.state().readers.len()
    }

    /// Sends a text to all who subscribe to something, as it is.
    pub(crate) fn say(&self, text: &str) {
        for reader in &self.state().readers {
            // Whoever is slow misses it.
            let _slow = reader.out.try_send(text.replace("SUBSCRIPTION", reader.id.as_str()));
        }
    }

    /// Cuts all connections and accepts no new ones.
    pub(crate) async fn stop(self) {
        self.accepting.abort();
        let Self { accepting, alive, .. } = self;
        drop(alive);
        let _aborted = accepting.await;
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(mut stream: TcpStream, state: Arc<Mutex<State>>) {
    stream.set_nodelay(true).expect("an open socket");
    let mut head = [0; 2048];
    let len = stream.peek(&mut head).await.unwrap_or(0);
    let head = String::from_utf8_lossy(&head[..len]).to_ascii_lowercase();
    if !head.contains("upgrade: websocket") {
        let (information, date) = {
            let state = lock(&state);
            (state.information.unwrap_or("{}"), state.date)
        };
        let date = date.map_or_else(String::new, |date| format!("Date: {date}\r\n"));
        let answer = format!("HTTP/1.1 200 OK\r\n{date}\r\n{information}");
        let _read = stream.read(&mut [0; 2048]).await;
        let _cut = stream.write_all(answer.as_bytes()).await;
        return;
    }
    let connection = {
        let mut state = lock(&state);
        state.connections = state.connections.saturating_add(1);
        state.open = state.open.saturating_add(1);
        state.connections
    };
    let date = lock(&state).date;
    #[expect(clippy::result_large_err, reason = "the library's type")]
    let with_date = |_request: &Request, mut answer: Response| -> Result<Response, ErrorResponse> {
        if let Some(date) = date {
            answer.headers_mut().insert("date", HeaderValue::from_static(date));
        }
        Ok(answer)
    };
    let Ok(socket) = accept_hdr_async(stream, with_date).await else { return };
    let (mut write, mut read) = socket.split();
    let (out, mut outgoing) = mpsc::channel::<String>(1024);
    let writer = tokio::spawn(async move {
        while let Some(text) = outgoing.recv().await {
            if write.send(Message::Text(text.into())).await.is_err() {
                return;
            }
        }
    });
    while let Some(Ok(message)) = read.next().await {
        if let Message::Text(text) = message {
            lock(&state).heard.push(text.to_string());
            let message = ClientMessage::from_json(text.as_bytes()).expect("a message of ours");
            receive(message, connection, &state, &out).await;
        }
    }
    let mut state = lock(&state);
    state.readers.retain(|reader| reader.connection != connection);
    state.open = state.open.saturating_sub(1);
    writer.abort();
}

async fn receive(
    message: ClientMessage<'_>,
    connection: u64,
    state: &Arc<Mutex<State>>,
    out: &mpsc::Sender<String>,
) {
    let fault = lock(state).fault.clone().unwrap_or(Fault::None);
    let mut answers = Vec::new();
    match message {
        ClientMessage::Event(event) => {
            event.verify().expect("signed");
            let event = event.into_owned();
            if fault == Fault::Mute {
                return;
            }
            let (taken, why) = match fault {
                Fault::Refuses(why) => (false, why),
                _ => (true, ""),
            };
            answers.push(RelayMessage::ok(event.id, taken, why).as_json());
            if taken && fault != Fault::Drops {
                pass_on(event, &fault, state);
            }
        }
        ClientMessage::Req { subscription_id, filters } => {
            if let Fault::Closes(why) = fault {
                answers.push(RelayMessage::closed(subscription_id.into_owned(), why).as_json());
            } else {
                let id = subscription_id.into_owned();
                let filters: Vec<_> =
                    filters.into_iter().map(|filter| filter.into_owned()).collect();
                let mut state = lock(state);
                state.readers.retain(|reader| reader.connection != connection || reader.id != id);
                let limit = filters.iter().filter_map(|filter| filter.limit).min();
                let stored = state.stored.iter().rev().filter(|event| matches(&filters, event));
                answers.extend(
                    stored
                        .take(limit.unwrap_or(usize::MAX))
                        .map(|event| RelayMessage::event(id.clone(), event.clone()).as_json()),
                );
                answers.push(RelayMessage::eose(id.clone()).as_json());
                state.readers.push(Reader { connection, id, filters, out: out.clone() });
            }
        }
        ClientMessage::Close(id) => {
            let mut state = lock(state);
            state.readers.retain(|reader| reader.connection != connection || reader.id != *id);
        }
        _ => {}
    }
    for answer in answers {
        let _gone = out.send(answer).await;
    }
    if let Fault::Floods(text) = fault {
        while out.send(text.clone()).await.is_ok() {}
    }
}

fn matches(filters: &[Filter], event: &Event) -> bool {
    filters.iter().any(|filter| filter.match_event(event, MatchEventOptions::new()))
}

fn pass_on(mut event: Event, fault: &Fault, state: &Arc<Mutex<State>>) {
    if *fault == Fault::Forges {
        event.content.push('A');
    }
    let mut locked = lock(state);
    if !event.kind.is_ephemeral() {
        locked.stored.push(event.clone());
    }
    let mut out = BTreeMap::new();
    for (at, reader) in locked.readers.iter().enumerate() {
        if matches(&reader.filters, &event) {
            let text = RelayMessage::event(reader.id.clone(), event.clone()).as_json();
            out.insert(at, (text, reader.out.clone()));
        }
    }
    drop(locked);
    let (times, delay) = match *fault {
        Fault::Repeats(times) => (times, None),
        Fault::Delays(delay) => (1, Some(delay)),
        _ => (1, None),
    };
    for (text, out) in out.into_values() {
        let Some(delay) = delay else {
            // Whoever is slow misses it.
            let _slow = (0..times).try_for_each(|_| out.try_send(text.clone()));
            continue;
        };
        tokio::spawn(async move {
            tokio::time::sleep(delay).await;
            let _gone = out.send(text).await;
        });
    }
}
