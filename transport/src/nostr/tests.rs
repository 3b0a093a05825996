//! The pool against relays on loopback, good ones and bad ones.

use std::time::Duration;

use tokio::time::timeout;

use super::{
    Alphabet, Event, EventBuilder, Filter, Keys, Kind, PublishError, RelayPool, SingleLetterTag,
    Tag, test_relay::TestRelay,
};
use crate::tls::client_config;

/// Far longer than anything here takes: only a hang meets it.
const HANG: Duration = Duration::from_secs(30);

fn pool() -> RelayPool {
    RelayPool::new(client_config(None).expect("a configuration"))
}

fn event(kind: u16, topic: &str, content: &str) -> Event {
    let tag = Tag::parse(["x", topic]).expect("a tag");
    EventBuilder::new(Kind::from(kind), content)
        .tag(tag)
        .sign_with_keys(&Keys::generate())
        .expect("signed")
}

fn about(topic: &str) -> Filter {
    Filter::new().custom_tag(SingleLetterTag::lowercase(Alphabet::X), topic)
}

/// Waits, without caring how long, until `is_so`.
async fn until(mut is_so: impl FnMut() -> bool) {
    let so = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    timeout(HANG, so).await.expect("in time");
}

#[tokio::test]
async fn event_published_at_a_relay_is_heard_by_who_subscribed_there() {
    let relay = TestRelay::start().await;
    let (here, there) = (pool(), pool());
    let mut subscription = here.subscribe(&[relay.url()], &about("tents"));
    until(|| relay.subscriptions() == 1).await;

    let event = event(20420, "tents", "hello");
    let results = there.publish(&[relay.url()], &event).await;

    assert_eq!(results, [(relay.url(), Ok(()))]);
    let heard = timeout(HANG, subscription.recv()).await.expect("in time");
    assert_eq!(heard, Some((relay.url(), event)));
}

#[tokio::test]
async fn relay_that_is_not_there_is_said_so() {
    let relay = TestRelay::start().await;
    let url = relay.url();
    relay.stop().await;

    let results = pool().publish(std::slice::from_ref(&url), &event(1, "tents", "")).await;

    assert_eq!(results, [(url, Err(PublishError::Unreachable))]);
}
