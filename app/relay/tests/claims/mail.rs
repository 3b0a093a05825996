//! Mail is kept until it expires, and found again.

use nostr::Keys;
use relay::{Relay, RelayConfig};
use serde_json::json;

use crate::client::{
    Client, MAIL, anywhere, event_of, mail, mail_until, now, relay, relay_with, signed,
};

#[tokio::test(flavor = "multi_thread")]
async fn mail_survives_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let config =
        || RelayConfig { data: Some(folder.path().join("new")), ..RelayConfig::new(anywhere()) };
    let letter = mail(&Keys::generate(), "camp", "sealed");
    let first = Relay::start(config()).await.expect("it starts");
    Client::to(&first).await.publish_well(&letter).await;
    first.stop().await;

    let second = Relay::start(config()).await.expect("it starts again");

    let found = Client::to(&second).await.stored("mine", json!({"#x": ["camp"]})).await;
    assert_eq!(found, [letter]);
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_comes_newest_first_and_no_more_than_was_asked_for() {
    let relay = relay().await;
    let mut client = Client::to(&relay).await;
    let (ada, ben) = (Keys::generate(), Keys::generate());
    let start = now() - 100;
    let mut letters = Vec::new();
    for n in 0..10_u64 {
        let (keys, topic) = if n % 2 == 0 { (&ada, "camp") } else { (&ben, "beach") };
        letters.insert(0, signed(keys, MAIL, start + n / 2, &[["x", topic]], &n.to_string()));
    }
    for letter in &letters {
        client.publish_well(letter).await;
    }
    letters.sort_by_key(|letter| (u64::MAX - letter.created_at.as_secs(), letter.id));
    let those = |is_it: &dyn Fn(&nostr::Event) -> bool| -> Vec<_> {
        letters.iter().filter(|letter| is_it(letter)).cloned().collect()
    };
    let by_ada = those(&|l| l.pubkey == ada.public_key());
    let some = [letters[7].id, letters[2].id];

    for (filter, expected) in [
        (json!({}), letters.clone()),
        (json!({"limit": 3}), letters[..3].to_vec()),
        (json!({"limit": 0}), vec![]),
        (json!({"#x": ["camp"]}), by_ada.clone()),
        (json!({"#x": ["camp", "beach", "none"], "limit": 4}), letters[..4].to_vec()),
        (json!({"authors": [ada.public_key()], "limit": 2}), by_ada[..2].to_vec()),
        (json!({"#x": ["camp"], "authors": [ben.public_key()]}), vec![]),
        (json!({"kinds": [MAIL]}), letters.clone()),
        (json!({"kinds": [1]}), vec![]),
        (json!({"#x": ["camp"], "kinds": [1]}), vec![]),
        (json!({"ids": some}), vec![letters[2].clone(), letters[7].clone()]),
        (json!({"since": start + 3}), those(&|l| l.created_at.as_secs() >= start + 3)),
        (json!({"until": start + 1}), those(&|l| l.created_at.as_secs() <= start + 1)),
        (json!({"since": start + 3, "until": start + 1}), vec![]),
        (
            json!({"#x": ["camp"], "since": start + 1, "until": start + 2}),
            those(&|l| {
                (start + 1..=start + 2).contains(&l.created_at.as_secs())
                    && l.pubkey == ada.public_key()
            }),
        ),
    ] {
        assert_eq!(client.stored("mine", filter.clone()).await, expected, "{filter}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_hears_of_new_mail_at_once() {
    let relay = relay().await;
    let (mut writer, mut reader) = (Client::to(&relay).await, Client::to(&relay).await);
    reader.stored("mine", json!({"#x": ["camp"]})).await;

    let letter = mail(&Keys::generate(), "camp", "sealed");
    writer.publish_well(&letter).await;

    assert_eq!(event_of(&reader.next().await.expect("an event"), "mine"), letter);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_mailbox_comes_whole() {
    let relay = relay_with(|limits| {
        limits.events_per_key.burst = 1_000;
        limits.events_per_connection.burst = 1_000;
    })
    .await;
    let (mut writer, mut reader) = (Client::to(&relay).await, Client::to(&relay).await);
    let keys = Keys::generate();
    let content = "x".repeat(40_000);
    let letters: Vec<_> = (0..60).map(|n| mail(&keys, "camp", &format!("{n}{content}"))).collect();
    for letter in &letters {
        writer.publish_well(letter).await;
    }

    let found = reader.stored("mine", json!({"#x": ["camp"]})).await;

    assert_eq!(found.len(), letters.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_is_gone_once_it_has_expired() {
    let relay = relay().await;
    let mut client = Client::to(&relay).await;
    let keys = Keys::generate();
    let (is_taken, why) = client.publish(&mail_until(&keys, "camp", now() - 1, "late")).await;
    assert!(!is_taken && why.starts_with("invalid: it has expired"), "{why}");

    let letter = mail_until(&keys, "camp", now() + 2, "short");
    let other = mail_until(&keys, "camp", now() + 3_600, "long");
    client.publish_well(&letter).await;
    client.publish_well(&other).await;
    let found = client.stored("mine", json!({"ids": [letter.id]})).await;
    assert!(found == [letter.clone()] || now() >= letter.created_at.as_secs() + 2);

    while now() < letter.created_at.as_secs() + 3 {
        client.hears_nothing().await;
        tokio::time::timeout(std::time::Duration::from_millis(100), std::future::pending::<()>())
            .await
            .expect_err("a clock's tick");
    }
    assert_eq!(client.stored("mine", json!({"#x": ["camp"]})).await, [other]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_has_its_share_and_no_more() {
    let relay = relay_with(|limits| limits.storage.events_per_key = 3).await;
    let mut client = Client::to(&relay).await;
    let keys = Keys::generate();
    for n in 0..3 {
        client.publish_well(&mail(&keys, "camp", &n.to_string())).await;
    }

    let (is_taken, why) = client.publish(&mail(&keys, "camp", "more")).await;

    assert!(!is_taken && why.starts_with("restricted:"), "{why}");
    client.publish_well(&mail(&Keys::generate(), "camp", "another key's")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_relay_keeps_what_it_has_and_refuses_more() {
    let relay = relay_with(|limits| limits.storage.total_bytes = 20_000).await;
    let mut client = Client::to(&relay).await;
    let content = "x".repeat(1_000);
    let mut taken = Vec::new();
    let why = loop {
        let letter = mail(&Keys::generate(), "camp", &content);
        let (is_taken, why) = client.publish(&letter).await;
        if !is_taken {
            break why;
        }
        taken.push(letter.id);
        assert!(taken.len() < 20, "it has no bound");
    };

    assert!(why.starts_with("restricted: this relay is full"), "{why}");
    let mut found: Vec<_> =
        client.stored("mine", json!({})).await.into_iter().map(|letter| letter.id).collect();
    found.sort_unstable();
    taken.sort_unstable();
    assert_eq!(found, taken);
}
