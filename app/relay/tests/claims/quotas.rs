//! Whoever asks too much is told so, and costs the others nothing.

use std::time::Duration;

use nostr::Keys;
use relay::{Rate, Relay, RelayConfig};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::client::{Client, anywhere, event_of, mail, offer, relay, relay_with};

/// So many, and no more for a long time.
fn only(burst: u32) -> Rate {
    Rate { per_second: 0, burst }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_floods_is_told_to_slow_down() {
    let relay = relay_with(|limits| limits.events_per_connection = only(3)).await;
    let mut flooding = Client::to(&relay).await;
    for _ in 0..3 {
        flooding.publish_well(&offer("camp")).await;
    }

    let (is_taken, why) = flooding.publish(&offer("camp")).await;

    assert!(!is_taken && why.starts_with("rate-limited:"), "{why}");
    Client::to(&relay).await.publish_well(&offer("camp")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_floods_is_told_to_slow_down_on_whichever_connection() {
    let relay = relay_with(|limits| limits.events_per_key = only(2)).await;
    let keys = Keys::generate();
    for n in 0..2 {
        Client::to(&relay).await.publish_well(&mail(&keys, "camp", &n.to_string())).await;
    }

    let (is_taken, why) = Client::to(&relay).await.publish(&mail(&keys, "camp", "more")).await;

    assert!(!is_taken && why.starts_with("rate-limited:"), "{why}");
    Client::to(&relay).await.publish_well(&mail(&Keys::generate(), "camp", "")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forger_cannot_use_up_another_keys_quota() {
    let relay = relay_with(|limits| limits.events_per_key = only(1)).await;
    let mut client = Client::to(&relay).await;
    let event = offer("camp");
    let mut forged = serde_json::to_value(&event).expect("JSON");
    forged["content"] = json!("another");
    for _ in 0..5 {
        client.say(json!(["EVENT", forged])).await;
        assert_eq!(client.next().await.expect("it answers")[2], false);
    }

    client.publish_well(&event).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_floods_is_told_to_slow_down_on_whichever_connection() {
    let relay = relay_with(|limits| limits.events_per_address = only(2)).await;
    for _ in 0..2 {
        Client::to(&relay).await.publish_well(&offer("camp")).await;
    }

    let (is_taken, why) = Client::to(&relay).await.publish(&offer("camp")).await;

    assert!(!is_taken && why.starts_with("rate-limited:"), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_requests_or_subscriptions_are_closed() {
    let relay = relay_with(|limits| {
        limits.requests_per_connection = only(6);
        limits.subscriptions = 4;
        limits.broad_subscriptions = 1;
        limits.subscription_bytes = 1_000;
    })
    .await;
    let mut client = Client::to(&relay).await;
    client.stored("1", json!({})).await;
    let many: Vec<_> = (0..500).map(|n| n.to_string()).collect();
    for (id, filter, why) in [
        ("2", json!({"kinds": [1]}), "rate-limited: too many subscriptions without"),
        ("3", json!({"#x": many}), "rate-limited: the filters are too long"),
    ] {
        client.say(json!(["REQ", id, filter])).await;
        let answer = client.next().await.expect("it answers");
        assert_eq!((&answer[0], &answer[1]), (&json!("CLOSED"), &json!(id)), "{answer}");
        assert!(answer[2].as_str().is_some_and(|w| w.starts_with(why)), "{answer}");
    }
    for id in ["4", "5", "6"] {
        client.stored(id, json!({"#x": ["camp"]})).await;
    }
    client.say(json!(["REQ", "7", {"#x": ["camp"]}])).await;
    let answer = client.next().await.expect("it answers");
    assert_eq!(answer, json!(["CLOSED", "7", "rate-limited: slower, please"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_has_so_many_connections_and_no_more() {
    let relay = relay_with(|limits| limits.connections_per_address = 2).await;
    let one = Client::to(&relay).await;
    let _two = Client::to(&relay).await;

    assert_eq!(status(&relay, "").await, "", "it was served");

    drop(one);
    // The relay notices soon.
    while status(&relay, "").await != "HTTP/1.1 200 OK" {}
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_trusted_proxy_says_whose_connection_it_is() {
    for (trust_proxy, second) in [(false, ""), (true, "HTTP/1.1 200 OK")] {
        let mut config = RelayConfig { trust_proxy, ..RelayConfig::new(anywhere()) };
        config.limits.connections_per_address = 1;
        let relay = Relay::start(config).await.expect("it starts");
        let _one = Client::to(&relay).await;

        let answer = status(&relay, "X-Forwarded-For: 127.0.0.1, 198.51.100.7\r\n").await;

        assert_eq!(answer, second);
        if trust_proxy {
            let forged = status(&relay, "X-Forwarded-For: 198.51.100.7, 127.0.0.1\r\n").await;
            assert_eq!(forged, "HTTP/1.1 429 Too Many Requests", "the nearest proxy's word counts");
        }
    }
}

/// The first line of the answer to a plain request with these headers; nothing if there is none.
async fn status(relay: &Relay, headers: &str) -> String {
    let mut stream = TcpStream::connect(relay.local_addr()).await.expect("it listens");
    let request = format!("GET / HTTP/1.1\r\nHost: relay\r\n{headers}\r\n");
    let mut answer = Vec::new();
    if stream.write_all(request.as_bytes()).await.is_ok() {
        // It may hang up before it has read everything.
        let _ = stream.read_to_end(&mut answer).await;
    }
    String::from_utf8_lossy(&answer).lines().next().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_too_long_ends_the_connection_before_it_is_read() {
    let relay = relay().await;
    let mut client = Client::to(&relay).await;
    let long = format!("[\"NOTICE\",\"{}\"]", "x".repeat(70_000));
    // The relay may hang up in the middle of it.
    let _ = futures_util::SinkExt::send(
        &mut client.0,
        tokio_tungstenite::tungstenite::Message::text(long),
    )
    .await;

    assert_eq!(client.next().await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_reader_is_left_behind_and_the_others_are_not() {
    let relay = relay_with(|limits| {
        limits.queued_bytes = 100_000;
        limits.bytes_per_connection = Rate { per_second: 1 << 30, burst: 1 << 30 };
        limits.events_per_connection = Rate { per_second: 10_000, burst: 10_000 };
        limits.events_per_address = Rate { per_second: 10_000, burst: 10_000 };
    })
    .await;
    let filter = json!({"#x": ["camp"]});
    let mut slow = Client::to(&relay).await;
    slow.stored("mine", filter.clone()).await;
    let (mut caller, mut reader) = (Client::to(&relay).await, Client::to(&relay).await);
    reader.stored("mine", filter).await;

    // More than the system's own buffers hold, so that the relay's queue must fill.
    let content = "x".repeat(50_000);
    let count = 400;
    for n in 0..count {
        let keys = Keys::generate();
        let tags = [["x", "camp"]];
        let at = crate::client::now();
        let event = crate::client::signed(&keys, 20_420, at, &tags, &format!("{n}{content}"));
        caller.publish_well(&event).await;
        assert_eq!(event_of(&reader.next().await.expect("an event"), "mine"), event);
    }

    let mut heard = 0;
    while slow.next().await.is_some() {
        heard += 1;
    }
    assert!(heard < count, "all {heard} were kept for it");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_for_nothing_or_falls_silent_is_disconnected() {
    let relay = relay_with(|limits| {
        limits.handshake = Duration::from_millis(200);
        limits.silence = Duration::from_millis(600);
    })
    .await;
    let mut mute = TcpStream::connect(relay.local_addr()).await.expect("it listens");
    let mut rest = Vec::new();
    mute.read_to_end(&mut rest).await.expect("it hangs up");
    assert_eq!(rest, b"");

    let mut dead = TcpStream::connect(relay.local_addr()).await.expect("it listens");
    let opening = "GET / HTTP/1.1\r\nHost: relay\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\
                   Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    dead.write_all(opening.as_bytes()).await.expect("it reads");
    dead.read_to_end(&mut rest).await.expect("it hangs up");
    assert!(rest.starts_with(b"HTTP/1.1 101 "), "{}", String::from_utf8_lossy(&rest));
    assert!(rest.ends_with(&[0x89, 0]), "it was not pinged before");
}
