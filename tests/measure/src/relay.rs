//! What one relay holds: a process of its own, and from here 2,000 clients of it.
//!
//! Half of them wait for offers under a topic of their own; the others send offers at a fixed
//! rate, whether or not the relay keeps up, and an offer's time counts from when it was due.

use std::{
    collections::HashMap,
    io::{BufRead as _, BufReader},
    process::{Child, Stdio},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use futures_util::{SinkExt as _, StreamExt as _};
use nostr::{Event, EventBuilder, EventId, JsonUtil as _, Keys, Kind, Tag};
use serde_json::{Value, json};
use tokio::{net::TcpStream, runtime::Builder, sync::mpsc, task::JoinSet, time};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{Message, protocol::WebSocketConfig},
};

use crate::{app_command, percentile, process};

const PAIRS: usize = 1_000;
const OFFERS_PER_S: u32 = 500;
const SECONDS: u32 = 20;

/// With `quick`: to see that it runs, not how much it holds.
const QUICK_PAIRS: usize = 50;
const QUICK_SECONDS: u32 = 2;

/// Offers and answers one after the other.
const ROUNDS: usize = 200;

/// The length of an offer's content.
const CONTENT_LEN: usize = 700;

/// The kind of offers and answers.
const OFFER: Kind = Kind::Custom(20_420);

/// After the last offer, how long missing ones are waited for.
const GRACE: Duration = Duration::from_secs(5);

/// Measures, and says it as the object that `--json` prints.
pub(crate) fn run(quick: bool) -> Value {
    let relay = Process::start();
    let runtime = Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(load(&relay, quick))
}

/// `festival relay`, killed when dropped.
struct Process {
    child: Child,
    authority: String,
}

impl Process {
    fn start() -> Self {
        let mut child = app_command()
            .args(["relay", "--listen", "127.0.0.1:0"])
            // All clients have one address here.
            .args(["--connections-per-address", "4096", "--events-per-address", "10000"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("the relay starts");
        let output = child.stdout.take().expect("it has an output");
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line).expect("it says where it is");
        let (_, authority) = line.trim().rsplit_once("ws://").expect("it says its URL");
        Self { child, authority: authority.to_owned() }
    }

    fn rss_mb(&self) -> Option<f64> {
        process::rss_mb(&self.child.id().to_string())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn load(relay: &Process, quick: bool) -> Value {
    let (pairs, seconds) = if quick { (QUICK_PAIRS, QUICK_SECONDS) } else { (PAIRS, SECONDS) };
    let started = relay.rss_mb();
    let mut hearing = JoinSet::new();
    let due = Arc::new(Mutex::new(HashMap::new()));
    let (heard, mut times) = mpsc::channel(1_024);
    let mut callers = Vec::new();
    for pair in 0..pairs {
        let mut listener = Client::open(&relay.authority).await;
        listener.subscribe(&topic(pair)).await;
        hearing.spawn(hear(listener, due.clone(), heard.clone()));
        callers.push(Client::open(&relay.authority).await);
    }
    drop(heard);
    let connected = relay.rss_mb();

    let count = OFFERS_PER_S.saturating_mul(seconds);
    let keys: Vec<_> = (0..pairs).map(|_| Keys::generate()).collect();
    let offers: Vec<_> = (0..usize::try_from(count).unwrap_or_default())
        .map(|n| n % pairs)
        .zip(0..count)
        .map(|(pair, n)| offer(keys.get(pair).expect("one for each"), &topic(pair), n))
        .collect();

    let begun = Instant::now();
    let expected = offers.len();
    let sent = send(callers, offers, begun, due);
    let received = async {
        let mut all = Vec::new();
        while let Some(time) = times.recv().await {
            all.push(time);
            if all.len() == expected {
                break;
            }
        }
        all
    };
    let patience = Duration::from_secs(seconds.into()) + GRACE;
    let all = Mutex::new(Vec::new());
    let (mut sent, ()) = tokio::join!(sent, async {
        if let Ok(times) = time::timeout(patience, received).await {
            *all.lock().expect("nobody panicked") = times;
        }
    });
    let times = all.into_inner().expect("nobody panicked");
    let took = begun.elapsed().as_secs_f64();
    let loaded = relay.rss_mb();
    let meetings = meetings(relay, if quick { ROUNDS / 10 } else { ROUNDS }).await;
    hearing.shutdown().await;
    sent.shutdown().await;

    json!({
        "connections": pairs * 2,
        "offers_per_s": (times.len() as f64 / took).round(),
        "offers": expected,
        "lost": expected - times.len(),
        "p50_ms": percentile(&times, 50),
        "p99_ms": percentile(&times, 99),
        "offer_and_answer_p50_ms": percentile(&meetings, 50),
        "offer_and_answer_p99_ms": percentile(&meetings, 99),
        "rss_mb": loaded,
        "rss_empty_mb": started,
        "rss_connected_mb": connected,
    })
}

/// When each offer is due.
type Due = Arc<Mutex<HashMap<String, Instant>>>;

/// Notes when offers arrive, in milliseconds after they were due.
async fn hear(mut listener: Client, due: Due, heard: mpsc::Sender<f64>) {
    while let Some(text) = listener.read().await {
        let now = Instant::now();
        let message: Value = serde_json::from_str(&text).expect("relays speak JSON");
        let id = message.pointer("/2/id").and_then(Value::as_str).unwrap_or_default();
        let due = due.lock().expect("nobody panicked").remove(id);
        if let Some(due) = due {
            let late = now.saturating_duration_since(due).as_secs_f64() * 1e3;
            if heard.send(late).await.is_err() {
                return;
            }
        }
    }
}

/// Sends each offer when it is due; the clients live on in what is returned.
async fn send(callers: Vec<Client>, offers: Vec<Event>, begun: Instant, due: Due) -> JoinSet<()> {
    let mut lives = JoinSet::new();
    let mut queues = Vec::new();
    for mut caller in callers {
        let (queue, mut todo) = mpsc::channel::<String>(64);
        queues.push(queue);
        lives.spawn(async move {
            loop {
                tokio::select! {
                    Some(text) = todo.recv() => caller.say(text).await,
                    answer = caller.read() => match answer {
                        Some(text) => assert!(text.contains(",true,"), "refused: {text}"),
                        None => return,
                    },
                }
            }
        });
    }
    let step = Duration::from_secs(1) / OFFERS_PER_S;
    for (n, event) in (0_u32..).zip(offers) {
        let at = begun + step * n;
        time::sleep_until(at.into()).await;
        due.lock().expect("nobody panicked").insert(event.id.to_hex(), at);
        let caller = usize::try_from(n).unwrap_or_default() % queues.len();
        let queue = queues.get(caller).expect("it is one of them");
        queue.send(json!(["EVENT", event]).to_string()).await.expect("the caller lives");
    }
    // A caller without a queue would end, and with it its connection.
    lives.spawn(async move {
        let _queues = queues;
        std::future::pending::<()>().await;
    });
    lives
}

/// Offer and answer, both signed and verified by the clients, beside everybody else's connections.
async fn meetings(relay: &Process, rounds: usize) -> Vec<f64> {
    let (mut ada, mut ben) =
        (Client::open(&relay.authority).await, Client::open(&relay.authority).await);
    ada.subscribe("answers").await;
    ben.subscribe("offers").await;
    let mut times = Vec::new();
    let mut keys = (Keys::generate(), Keys::generate());
    for n in (0_u32..).take(rounds) {
        // One key's quota is smaller than this.
        if n % 50 == 49 {
            keys = (Keys::generate(), Keys::generate());
        }
        let begun = Instant::now();
        ada.say(json!(["EVENT", offer(&keys.0, "offers", n)]).to_string()).await;
        ben.verified().await;
        ben.say(json!(["EVENT", offer(&keys.1, "answers", n)]).to_string()).await;
        ada.verified().await;
        times.push(begun.elapsed().as_secs_f64() * 1e3);
        // As fast as one person could: the quotas are as everywhere.
        time::sleep(Duration::from_millis(60)).await;
    }
    times
}

fn topic(pair: usize) -> String {
    format!("{pair:064x}")
}

fn offer(keys: &Keys, topic: &str, n: u32) -> Event {
    let content = format!("{n:0width$}", width = CONTENT_LEN);
    let tag = Tag::parse(["x", topic]).expect("a tag");
    EventBuilder::new(OFFER, content).tag(tag).sign_with_keys(keys).expect("signed")
}

/// A client's connection.
struct Client(WebSocketStream<TcpStream>);

impl Client {
    async fn open(authority: &str) -> Self {
        let stream = TcpStream::connect(authority).await.expect("the relay listens");
        stream.set_nodelay(true).expect("an option");
        // The usual buffers would make 2,000 clients large.
        let config = WebSocketConfig::default().read_buffer_size(4096).write_buffer_size(4096);
        let url = format!("ws://{authority}");
        let (socket, _) =
            client_async_with_config(url, stream, Some(config)).await.expect("it agrees");
        Self(socket)
    }

    async fn subscribe(&mut self, topic: &str) {
        let filter = json!({"kinds": [OFFER.as_u16()], "#x": [topic]});
        self.say(json!(["REQ", "offers", filter]).to_string()).await;
        let answer = self.read().await.expect("it answers");
        assert!(answer.contains("EOSE"), "refused: {answer}");
    }

    async fn say(&mut self, text: String) {
        self.0.send(Message::text(text)).await.expect("the relay reads");
    }

    async fn read(&mut self) -> Option<String> {
        loop {
            match self.0.next().await? {
                Ok(Message::Text(text)) => return Some(text.to_string()),
                Ok(_) => {}
                Err(_) => return None,
            }
        }
    }

    /// The next event, whose signature is right.
    async fn verified(&mut self) -> EventId {
        loop {
            let text = self.read().await.expect("the relay lives");
            let message: Value = serde_json::from_str(&text).expect("relays speak JSON");
            if message.get(0).and_then(Value::as_str) == Some("EVENT") {
                let event = message.get(2).expect("an event").to_string();
                let event = Event::from_json(event).expect("an event");
                event.verify().expect("signed");
                return event.id;
            }
        }
    }
}
