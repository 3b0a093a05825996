//! The pool against relays on loopback, good ones and bad ones.

mod hostile;
#[cfg(feature = "webrtc")]
mod tls;

use std::time::Duration;

use futures_util::future::join_all;
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
    time::timeout,
};

use super::{
    Alphabet, Event, EventBuilder, FetchError, Filter, Keys, Kind, PublishError, RelayPool,
    RelayState, RelayUrl, SingleLetterTag, Subscription, Tag,
    test_relay::{Fault, TestRelay},
};
use crate::tls::client_config;

/// Far longer than anything here takes: only a hang meets it.
const HANG: Duration = Duration::from_secs(30);

async fn soon<T>(future: impl Future<Output = T>) -> T {
    timeout(HANG, future).await.expect("in time")
}

/// Publishes at all of these side by side, and tells how it went at each.
async fn publish(
    pool: &RelayPool,
    at: &[RelayUrl],
    event: &Event,
) -> Vec<Result<(), PublishError>> {
    join_all(at.iter().map(|url| pool.publish_at(url, event.clone()))).await
}

fn pool() -> RelayPool {
    RelayPool::new(client_config(None).expect("a configuration"))
}

/// An event nobody stores.
fn event(topic: &str, content: &str) -> Event {
    event_of_kind(20420, topic, content)
}

fn event_of_kind(kind: u16, topic: &str, content: &str) -> Event {
    let tag = Tag::parse(["x", topic]).expect("a tag");
    EventBuilder::new(Kind::from(kind), content)
        .tag(tag)
        .sign_with_keys(&Keys::generate())
        .expect("signed")
}

fn about(topic: &str) -> Filter {
    Filter::new().custom_tag(SingleLetterTag::lowercase(Alphabet::X), topic)
}

async fn heard(subscription: &mut Subscription) -> String {
    soon(subscription.recv()).await.expect("an event").1.content
}

/// What became of one event at one relay.
async fn published(pool: &RelayPool, relay: &TestRelay, event: &Event) -> Result<(), PublishError> {
    soon(pool.publish_at(&relay.url(), event.clone())).await
}

#[tokio::test]
async fn event_published_at_a_relay_is_heard_by_who_subscribed_there() {
    let relay = TestRelay::start().await;
    let (here, there) = (pool(), pool());
    let mut subscription = here.subscribe(&[relay.url()], &about("tents"));
    relay.until(|relay| relay.subscriptions() == 1).await;

    let event = event("tents", "hello");
    let results = soon(publish(&there, &[relay.url()], &event)).await;

    assert_eq!(results, [Ok(())]);
    assert_eq!(soon(subscription.recv()).await, Some((relay.url(), event)));
    assert!(
        matches!(here.report()[..], [ref relay] if matches!(relay.state, RelayState::Open { .. }))
    );
}

#[tokio::test]
async fn relay_that_is_not_there_is_said_so() {
    let relay = TestRelay::start().await;
    let (pool, url) = (pool(), relay.url());
    relay.stop().await;

    let results = soon(publish(&pool, std::slice::from_ref(&url), &event("tents", ""))).await;
    let fetched = soon(pool.fetch(&url, about("tents"))).await;

    assert_eq!(results, [Err(PublishError::Unreachable)]);
    assert_eq!(fetched, Err(FetchError::Unreachable));
    assert!(
        matches!(pool.report()[..], [ref relay] if matches!(relay.state, RelayState::Waiting { .. }))
    );
}

#[tokio::test]
async fn subscription_outlives_its_connection_and_takes_another_filter() {
    let relay = TestRelay::start().await;
    let (here, there, port) = (pool(), pool(), relay.port());
    let mut subscription = here.subscribe(&[relay.url()], &about("tents"));
    relay.until(|relay| relay.subscriptions() == 1).await;
    relay.stop().await;

    let relay = TestRelay::on_port(port).await;
    relay.until(|relay| relay.subscriptions() == 1).await;
    published(&there, &relay, &event("tents", "after the outage")).await.expect("taken");
    assert_eq!(heard(&mut subscription).await, "after the outage");

    subscription.set_filter(&about("stages"));
    relay.until(|relay| relay.heard().iter().any(|text| text.contains("stages"))).await;
    published(&there, &relay, &event("tents", "not heard")).await.expect("taken");
    published(&there, &relay, &event("stages", "heard")).await.expect("taken");
    assert_eq!(heard(&mut subscription).await, "heard");
}

#[tokio::test]
async fn event_that_several_relays_pass_on_comes_once() {
    let relays = [TestRelay::start().await, TestRelay::start().await];
    let urls = [relays[0].url(), relays[1].url()];
    let (here, there) = (pool(), pool());
    let mut subscription = here.subscribe(&urls, &about("tents"));
    for relay in &relays {
        relay.until(|relay| relay.subscriptions() == 1).await;
    }

    for content in ["first", "second", "third"] {
        soon(publish(&there, &urls, &event("tents", content))).await;
        assert_eq!(heard(&mut subscription).await, content);
    }
}

#[tokio::test]
async fn stored_events_are_fetched_up_to_the_limit() {
    let relay = TestRelay::start().await;
    let pool = pool();
    for n in 0..5 {
        let event = event_of_kind(1420, "tents", &n.to_string());
        published(&pool, &relay, &event).await.expect("taken");
    }
    let url = relay.url();
    let fetch = |filter| soon(pool.fetch(&url, filter));
    let contents = |events: Vec<Event>| {
        events.into_iter().map(|event| event.content).collect::<Vec<_>>().concat()
    };

    assert_eq!(fetch(about("tents")).await.map(contents), Ok("43210".to_owned()));
    assert_eq!(fetch(about("tents").limit(2)).await.map(contents), Ok("43".to_owned()));
    assert_eq!(fetch(about("stages")).await, Ok(Vec::new()));
    relay.until(|relay| relay.subscriptions() == 0).await;

    relay.set_fault(Fault::Closes("error: tired"));
    assert_eq!(fetch(about("tents")).await, Err(FetchError::Refused("error: tired".to_owned())));
}

#[tokio::test]
async fn relay_that_complains_is_left_in_peace() {
    let relay = TestRelay::start().await;
    let pool = pool();
    relay.set_fault(Fault::Refuses("rate-limited: slow down"));

    let refused = published(&pool, &relay, &event("tents", "1")).await;
    let held_back = published(&pool, &relay, &event("tents", "2")).await;

    assert_eq!(refused, Err(PublishError::Refused("rate-limited: slow down".to_owned())));
    assert!(matches!(held_back, Err(PublishError::Refused(_))), "{held_back:?}");
    assert_eq!(relay.events().len(), 1);
}

#[tokio::test]
async fn event_a_relay_has_already_counts_as_taken() {
    let relay = TestRelay::start().await;
    relay.set_fault(Fault::Refuses("duplicate: have it"));

    assert_eq!(published(&pool(), &relay, &event("tents", "1")).await, Ok(()));
}

#[tokio::test]
async fn what_a_relay_says_it_does_not_take_is_not_sent() {
    let relay = TestRelay::start().await;
    relay.set_information(
        r#"{"limitation":{"max_message_length":1000,"max_subscriptions":1,"max_limit":3}}"#,
    );
    let pool = pool();
    // The question for the limits is answered beside the first use.
    let _first = pool.subscribe(&[relay.url()], &about("tents").limit(10));
    let _second = pool.subscribe(&[relay.url()], &about("stages"));
    let is_known = || {
        let limits = pool.limits(&relay.url());
        limits.max_limit == Some(3)
    };
    relay.until(|_relay| is_known()).await;

    let long = published(&pool, &relay, &event("tents", &"a".repeat(1000))).await;
    let short = published(&pool, &relay, &event("tents", "a")).await;

    assert_eq!(long, Err(PublishError::Refused("longer than it takes".to_owned())));
    assert_eq!(short, Ok(()));
    assert_eq!(relay.events().len(), 1);
    let _third = pool.subscribe(&[relay.url()], &about("bars"));
    published(&pool, &relay, &event("tents", "b")).await.expect("taken");
    assert!(!relay.heard().iter().any(|text| text.contains("bars")), "one subscription only");
}

#[tokio::test]
async fn connections_end_with_the_pool_and_keep_to_what_is_needed() {
    let relay = TestRelay::start().await;
    let pool = pool();
    let subscription = pool.subscribe(&[relay.url()], &about("tents"));
    relay.until(|relay| relay.open() == 1).await;

    drop(pool);
    assert_eq!(relay.open(), 1, "a subscription keeps it");
    drop(subscription);

    relay.until(|relay| relay.open() == 0).await;
}

#[tokio::test]
async fn home_relays_are_connected_without_being_asked_for_anything() {
    let relay = TestRelay::start().await;
    let pool = pool();

    pool.set_home(&[relay.url()]);

    relay.until(|relay| relay.open() == 1).await;
    assert_eq!(relay.heard(), Vec::<String>::new(), "nothing is announced");
}

#[tokio::test]
async fn change_of_network_ends_a_wait() {
    let relay = TestRelay::start().await;
    let (pool, port) = (pool(), relay.port());
    relay.stop().await;
    let _subscription =
        pool.subscribe(&[format!("ws://127.0.0.1:{port}").parse().expect("a relay")], &about("x"));
    // Until it waits for a while.
    let waits = |pool: &RelayPool| match pool.report().first().map(|relay| relay.state.clone()) {
        Some(RelayState::Waiting { until, .. }) => {
            until.saturating_duration_since(std::time::Instant::now())
        }
        _ => Duration::ZERO,
    };
    let relay = TestRelay::start().await;
    relay.until(|_relay| waits(&pool) > Duration::from_millis(1500)).await;

    let relay = TestRelay::on_port(port).await;
    let started = std::time::Instant::now();
    pool.network_changed();

    relay.until(|relay| relay.subscriptions() == 1).await;
    assert!(started.elapsed() < Duration::from_millis(1000));
}

/// Passes connections on to a relay; after a word to `sender`, those there are lead nowhere, as
/// after a change of network.
async fn way_to(relay: &TestRelay, sender: &watch::Sender<()>) -> RelayUrl {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("ws://{}", listener.local_addr().expect("bound"));
    let (moved, port) = (sender.subscribe(), relay.port());
    tokio::spawn(async move {
        while let Ok((mut front, _from)) = listener.accept().await {
            let mut moved = moved.clone();
            moved.mark_unchanged();
            tokio::spawn(async move {
                let mut back = TcpStream::connect(("127.0.0.1", port)).await.expect("a relay");
                tokio::select! {
                    _ended = copy_bidirectional(&mut front, &mut back) => {}
                    _moved = moved.changed() => {
                        // Neither end learns of it.
                        std::mem::forget((front, back));
                    }
                }
            });
        }
    });
    url.parse().expect("a relay")
}

#[tokio::test]
async fn connection_that_does_not_survive_a_change_of_network_is_replaced_within_seconds() {
    let relay = TestRelay::start().await;
    let (sender, pool) = (watch::Sender::new(()), pool());
    let _subscription = pool.subscribe(&[way_to(&relay, &sender).await], &about("tents"));
    relay.until(|relay| relay.subscriptions() == 1).await;

    let started = std::time::Instant::now();
    sender.send_replace(());
    pool.network_changed();
    relay.until(|relay| relay.subscriptions() == 2).await;

    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
}
