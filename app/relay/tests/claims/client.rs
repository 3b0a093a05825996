//! A client that says what it is told and reads what it gets.

use std::{net::SocketAddr, time::Duration};

use futures_util::{SinkExt as _, StreamExt as _};
use nostr::{Event, EventBuilder, JsonUtil as _, Keys, Kind, Tag, Timestamp};
use relay::{Limits, Relay, RelayConfig};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time,
};
use tokio_tungstenite::{WebSocketStream, client_async, tungstenite::Message};

/// How long anything may take before it counts as not happening.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) const OFFER: u16 = 20_420;
pub(crate) const MAIL: u16 = 1_420;

/// Loopback, any free port.
pub(crate) fn anywhere() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

/// A relay in memory with these limits.
pub(crate) async fn relay_with(change: impl FnOnce(&mut Limits)) -> Relay {
    let mut config = RelayConfig::new(anywhere());
    change(&mut config.limits);
    Relay::start(config).await.expect("it starts")
}

pub(crate) async fn relay() -> Relay {
    relay_with(|_| ()).await
}

pub(crate) struct Client<S = TcpStream>(pub(crate) WebSocketStream<S>);

impl Client {
    pub(crate) async fn to(relay: &Relay) -> Self {
        let stream = TcpStream::connect(relay.local_addr()).await.expect("it listens");
        stream.set_nodelay(true).expect("an option");
        Self::over(stream, &relay.url()).await
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    pub(crate) async fn over(stream: S, url: &str) -> Self {
        let (socket, _) = client_async(url, stream).await.expect("it agrees");
        Self(socket)
    }

    pub(crate) async fn say(&mut self, message: Value) {
        self.say_text(&message.to_string()).await;
    }

    pub(crate) async fn say_text(&mut self, text: &str) {
        self.0.send(Message::text(text)).await.expect("it reads");
    }

    /// The next message; none if the relay has hung up.
    pub(crate) async fn next(&mut self) -> Option<Value> {
        let next = async {
            loop {
                match self.0.next().await {
                    Some(Ok(Message::Text(text))) => {
                        return Some(serde_json::from_str(&text).expect("it speaks JSON"));
                    }
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                    Some(Ok(_)) => {}
                }
            }
        };
        time::timeout(PATIENCE, next).await.expect("it answers in time")
    }

    pub(crate) async fn expect(&mut self, message: Value) {
        assert_eq!(self.next().await, Some(message));
    }

    /// Publishes and gives the relay's word: whether it took it, and what it said.
    pub(crate) async fn publish(&mut self, event: &Event) -> (bool, String) {
        self.say(json!(["EVENT", event])).await;
        let answer = self.next().await.expect("it answers");
        assert_eq!((part(&answer, 0), part(&answer, 1)), ("OK", event.id.to_hex().as_str()));
        (answer.get(2) == Some(&json!(true)), part(&answer, 3).to_owned())
    }

    pub(crate) async fn publish_well(&mut self, event: &Event) {
        assert_eq!(self.publish(event).await, (true, String::new()));
    }

    /// Opens a subscription and gives what is stored.
    pub(crate) async fn stored(&mut self, id: &str, filter: Value) -> Vec<Event> {
        self.say(json!(["REQ", id, filter])).await;
        let mut events = Vec::new();
        loop {
            let message = self.next().await.expect("it answers");
            if message == json!(["EOSE", id]) {
                return events;
            }
            events.push(event_of(&message, id));
        }
    }

    /// Whether nothing came before the answer to a question asked now.
    pub(crate) async fn hears_nothing(&mut self) {
        let filter = json!({"ids": [format!("{:064x}", 0)], "limit": 0});
        self.say(json!(["REQ", "quiet?", filter])).await;
        self.expect(json!(["EOSE", "quiet?"])).await;
        self.say(json!(["CLOSE", "quiet?"])).await;
    }
}

/// A text in a message, empty if there is none at this place.
pub(crate) fn part(message: &Value, place: usize) -> &str {
    message.get(place).and_then(Value::as_str).unwrap_or_default()
}

/// The event in a message for this subscription.
pub(crate) fn event_of(message: &Value, id: &str) -> Event {
    assert_eq!((part(message, 0), part(message, 1)), ("EVENT", id), "{message}");
    let event = message.get(2).expect("an event").to_string();
    Event::from_json(event).expect("an event")
}

pub(crate) fn now() -> u64 {
    Timestamp::now().as_secs()
}

pub(crate) fn signed(keys: &Keys, kind: u16, at: u64, tags: &[[&str; 2]], content: &str) -> Event {
    let tags = tags.iter().map(|tag| Tag::parse(*tag).expect("a tag"));
    EventBuilder::new(Kind::from(kind), content)
        .tags(tags)
        .custom_created_at(Timestamp::from_secs(at))
        .sign_with_keys(keys)
        .expect("signed")
}

/// An offer under this topic, by a key of its own.
pub(crate) fn offer(topic: &str) -> Event {
    signed(&Keys::generate(), OFFER, now(), &[["x", topic]], "sealed")
}

/// Mail under this topic.
pub(crate) fn mail(keys: &Keys, topic: &str, content: &str) -> Event {
    signed(keys, MAIL, now(), &[["x", topic]], content)
}

/// Mail that expires then.
pub(crate) fn mail_until(keys: &Keys, topic: &str, expires: u64, content: &str) -> Event {
    let expires = expires.to_string();
    signed(keys, MAIL, now(), &[["x", topic], ["expiration", &expires]], content)
}
