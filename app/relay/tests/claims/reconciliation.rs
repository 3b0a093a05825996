//! NIP-77: who has most of the mail finds out which is missing.

use std::collections::BTreeSet;

use negentropy::{Id, Negentropy, NegentropyStorageVector};
use nostr::{Event, Keys};
use relay::{Rate, Relay};
use serde_json::{Value, json};

use crate::client::{Client, mail, part, relay_with};

fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

fn held(events: &[Event]) -> NegentropyStorageVector {
    let mut held = NegentropyStorageVector::new();
    for event in events {
        held.insert(event.created_at.as_secs(), Id::from_byte_array(event.id.to_bytes()))
            .expect("inserted");
    }
    held.seal().expect("sealed");
    held
}

async fn relay_with_mail(count: usize) -> (Relay, Client, Vec<Event>) {
    let many = Rate { per_second: 10_000, burst: 10_000 };
    let relay = relay_with(|limits| {
        limits.events_per_connection = many;
        limits.events_per_address = many;
        limits.events_per_key = many;
        limits.reconciled_events = 1_000;
    })
    .await;
    let mut client = Client::to(&relay).await;
    let keys = Keys::generate();
    let letters: Vec<_> = (0..count).map(|n| mail(&keys, "camp", &n.to_string())).collect();
    for letter in &letters {
        client.publish_well(letter).await;
    }
    client.publish_well(&mail(&keys, "beach", "not asked for")).await;
    (relay, client, letters)
}

#[tokio::test(flavor = "multi_thread")]
async fn both_ends_find_out_what_the_other_lacks() {
    let (_relay, mut client, there) = relay_with_mail(300).await;
    // All but these are here too, and some are only here.
    let missing = &there[100..107];
    let extra: Vec<_> = (0..5).map(|_| mail(&Keys::generate(), "camp", "new")).collect();
    let here: Vec<_> =
        there.iter().filter(|e| !missing.contains(e)).chain(&extra).cloned().collect();
    let mut negentropy = Negentropy::owned(held(&here), 0).expect("begun");
    let first = negentropy.initiate().expect("a message");

    client.say(json!(["NEG-OPEN", "neg", {"#x": ["camp"]}, hex(&first)])).await;
    let (mut have, mut need) = (Vec::new(), Vec::new());
    loop {
        let answer = client.next().await.expect("it answers");
        assert_eq!((&answer[0], &answer[1]), (&json!("NEG-MSG"), &json!("neg")), "{answer}");
        let message = answer[2].as_str().expect("digits").as_bytes();
        let message = data_encoding::HEXLOWER.decode(message).expect("digits");
        let next = negentropy.reconcile_with_ids(&message, &mut have, &mut need).expect("a step");
        let Some(next) = next else { break };
        client.say(json!(["NEG-MSG", "neg", hex(&next)])).await;
    }
    client.say(json!(["NEG-CLOSE", "neg"])).await;

    assert_eq!(ids(&need), missing.iter().map(|e| e.id.to_bytes()).collect());
    assert_eq!(ids(&have), extra.iter().map(|e| e.id.to_bytes()).collect());
    client.say(json!(["NEG-MSG", "neg", hex(&first)])).await;
    expect_error(&mut client, "neg", "closed:").await;
}

fn ids(ids: &[Id]) -> BTreeSet<[u8; 32]> {
    ids.iter().map(|id| id.to_bytes()).collect()
}

async fn expect_error(client: &mut Client, id: &str, why: &str) {
    let answer: Value = client.next().await.expect("it answers");
    assert_eq!((part(&answer, 0), part(&answer, 1)), ("NEG-ERR", id), "{answer}");
    assert!(part(&answer, 2).starts_with(why), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_much_or_makes_no_sense_is_refused() {
    let (_relay, mut client, _) = relay_with_mail(1_001).await;
    let first =
        hex(&Negentropy::owned(held(&[]), 0).expect("begun").initiate().expect("a message"));
    let beach = json!({"#x": ["beach"]});
    for (message, why) in [
        (json!(["NEG-OPEN", "a", {"#x": ["camp"]}, first]), "blocked: this query is too big"),
        (json!(["NEG-OPEN", "a", beach, "xyz"]), "invalid:"),
        (json!(["NEG-OPEN", "a", beach, "00"]), "invalid:"),
        (json!(["NEG-OPEN", "a", beach]), "invalid:"),
        (json!(["NEG-MSG", "a", "61"]), "closed:"),
        (json!(["NEG-MSG", "a"]), "invalid:"),
    ] {
        client.say(message).await;
        expect_error(&mut client, "a", why).await;
    }
    for id in ["a", "b"] {
        client.say(json!(["NEG-OPEN", id, beach, first])).await;
        assert_eq!(client.next().await.expect("it answers")[0], "NEG-MSG");
    }
    client.say(json!(["NEG-OPEN", "c", beach, first])).await;
    expect_error(&mut client, "c", "rate-limited:").await;
}
