//! Relays that do what none should.

use std::time::{Duration, Instant};

use tokio::{io::AsyncReadExt, net::TcpListener};

use super::{
    Fault, PublishError, RelayPool, RelayState, TestRelay, about, event, heard, pool, publish,
    published, soon,
};
use crate::nostr::RelayUrl;

/// Waits until the pool has turned away from its only relay, and gives the reason.
async fn turned_away(pool: &RelayPool, relay: &TestRelay) -> (String, Duration) {
    let waiting = || match pool.report().into_iter().next().map(|relay| relay.state) {
        Some(RelayState::Waiting { until, why }) => {
            Some((why, until.saturating_duration_since(Instant::now())))
        }
        _ => None,
    };
    relay.until(|_relay| waiting().is_some()).await;
    waiting().expect("still waiting")
}

#[tokio::test]
async fn forged_and_unasked_events_are_not_delivered() {
    let relay = TestRelay::start().await;
    let (here, there) = (pool(), pool());
    let mut subscription = here.subscribe(&[relay.url()], &about("tents"));
    relay.until(|relay| relay.subscriptions() == 1).await;

    relay.set_fault(Fault::Forges);
    published(&there, &relay, &event("tents", "forged")).await.expect("taken");
    relay.set_fault(Fault::None);
    let other = serde_json::to_string(&event("stages", "unasked")).expect("JSON");
    relay.say(&format!(r#"["EVENT","SUBSCRIPTION",{other}]"#));
    published(&there, &relay, &event("tents", "true")).await.expect("taken");

    assert_eq!(heard(&mut subscription).await, "true");
}

#[tokio::test]
async fn replayed_events_come_once() {
    let relay = TestRelay::start().await;
    let (here, there) = (pool(), pool());
    let mut subscription = here.subscribe(&[relay.url()], &about("tents"));
    relay.until(|relay| relay.subscriptions() == 1).await;

    relay.set_fault(Fault::Repeats(50));
    published(&there, &relay, &event("tents", "first")).await.expect("taken");
    published(&there, &relay, &event("tents", "second")).await.expect("taken");

    assert_eq!(heard(&mut subscription).await, "first");
    assert_eq!(heard(&mut subscription).await, "second");
}

#[tokio::test]
async fn relay_that_talks_nonsense_is_left_for_a_while() {
    for nonsense in [
        "{".repeat(1000),
        r#"["NOTICE","hello"]"#.to_owned(),
        r#"["EOSE"]"#.to_owned(),
        r#"["OK","",true,""]"#.to_owned(),
        "[".repeat(10_000),
        r#"["EVENT","0",{"id":1}]"#.to_owned(),
    ] {
        let relay = TestRelay::start().await;
        relay.set_fault(Fault::Floods(nonsense.clone()));
        let pool = pool();
        let _subscription = pool.subscribe(&[relay.url()], &about("tents"));

        let (why, pause) = turned_away(&pool, &relay).await;

        assert_eq!(why, "talks nonsense", "{nonsense:.20}");
        assert!(pause > Duration::from_secs(10), "{nonsense:.20}: {pause:?}");
    }
}

#[tokio::test]
async fn relay_that_sends_too_much_is_cut_off() {
    // What makes sense, but was asked for once and comes for ever.
    let stored = serde_json::to_string(&event("tents", &"a".repeat(10_000))).expect("JSON");
    let floods = [format!(r#"["EVENT","0",{stored}]"#), "x".repeat(3_000_000)];
    for flood in floods {
        let relay = TestRelay::start().await;
        relay.set_fault(Fault::Floods(flood));
        let pool = pool();
        let _subscription = pool.subscribe(&[relay.url()], &about("tents"));

        let (_why, pause) = turned_away(&pool, &relay).await;

        assert!(pause > Duration::from_secs(10), "{pause:?}");
        let received = pool.report()[0].bytes_received;
        assert!(received < 5 << 20, "{received} bytes");
    }
}

#[tokio::test]
async fn slow_and_dead_relays_delay_no_other() {
    let (good, slow) = (TestRelay::start().await, TestRelay::start().await);
    slow.set_fault(Fault::Mute);
    // Accepts and says nothing, not even hello.
    let dead = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let dead: (RelayUrl, TcpListener) =
        (format!("ws://{}", dead.local_addr().expect("bound")).parse().expect("a relay"), dead);
    let (here, there) = (pool(), pool());
    let urls = [dead.0.clone(), slow.url(), good.url()];
    let mut subscription = here.subscribe(&urls, &about("tents"));
    good.until(|relay| relay.subscriptions() == 1).await;

    let started = Instant::now();
    let event = event("tents", "hello");
    let publishing = tokio::spawn(async move { publish(&there, &urls, &event).await });
    assert_eq!(heard(&mut subscription).await, "hello");
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());

    let mut results = soon(publishing).await.expect("no panic");
    results.sort_by_key(|result| format!("{result:?}"));
    assert_eq!(
        results,
        [Err(PublishError::TimedOut), Err(PublishError::Unreachable), Ok(())],
        "told apart"
    );
}

#[tokio::test]
async fn relay_that_speaks_another_protocol_is_no_relay() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url: RelayUrl =
        format!("ws://{}", listener.local_addr().expect("bound")).parse().expect("a relay");
    tokio::spawn(async move {
        while let Ok((mut stream, _from)) = listener.accept().await {
            tokio::spawn(async move {
                let _read = stream.read(&mut [0; 1024]).await;
                // Headers that never end.
                while tokio::io::AsyncWriteExt::write_all(&mut stream, b"220 x: y\r\n")
                    .await
                    .is_ok()
                {}
            });
        }
    });
    let pool = pool();

    let result = soon(pool.publish_at(&url, event("tents", ""))).await;

    assert_eq!(result, Err(PublishError::Unreachable));
}
