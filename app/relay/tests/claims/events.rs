//! NIP-01: events reach whoever waits for them, and nothing else does.

use nostr::{JsonUtil as _, Keys};
use relay::StoredKinds;
use serde_json::json;

use crate::client::{Client, MAIL, OFFER, event_of, mail, now, offer, relay, relay_with, signed};

#[tokio::test(flavor = "multi_thread")]
async fn an_offer_reaches_who_waits_for_its_topic_and_nobody_else() {
    let relay = relay().await;
    let (mut caller, mut friend, mut stranger) =
        (Client::to(&relay).await, Client::to(&relay).await, Client::to(&relay).await);
    friend.stored("mine", json!({"kinds": [OFFER], "#x": ["beach", "camp"]})).await;
    stranger.stored("other", json!({"kinds": [OFFER], "#x": ["forest"]})).await;

    let offer = offer("camp");
    caller.publish_well(&offer).await;

    let heard = friend.next().await.expect("an event");
    assert_eq!(event_of(&heard, "mine"), offer);
    assert!(event_of(&heard, "mine").verify().is_ok(), "it was altered on the way");
    stranger.hears_nothing().await;
    friend.hears_nothing().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_match_in_all_their_parts() {
    let relay = relay_with(|limits| limits.broad_subscriptions = 32).await;
    let ada = Keys::generate();
    let by_ada = signed(&ada, OFFER, now(), &[["x", "camp"], ["y", "1"]], "");
    let author = ada.public_key();
    let fits = [
        json!({}),
        json!({"ids": [by_ada.id]}),
        json!({"authors": [author]}),
        json!({"kinds": [OFFER, 1]}),
        json!({"#x": ["camp"], "#y": ["1", "2"]}),
        json!({"since": now() - 10, "until": now() + 10}),
        json!({"authors": [author], "kinds": [OFFER], "#x": ["camp"]}),
    ];
    let fits_not = [
        json!({"ids": [offer("camp").id]}),
        json!({"authors": [Keys::generate().public_key()]}),
        json!({"kinds": [1]}),
        json!({"#x": ["camp"], "#y": ["2"]}),
        json!({"#x": []}),
        json!({"until": now() - 10}),
        json!({"since": now() + 100}),
        json!({"authors": [author], "#x": ["beach"]}),
    ];
    let mut caller = Client::to(&relay).await;
    let mut waiting = Vec::new();
    for filter in &fits {
        let mut client = Client::to(&relay).await;
        client.stored("fits", filter.clone()).await;
        for (n, filter) in fits_not.iter().enumerate() {
            client.stored(&format!("not {n}"), filter.clone()).await;
        }
        waiting.push(client);
    }

    caller.publish_well(&by_ada).await;

    for (mut client, filter) in waiting.into_iter().zip(&fits) {
        let heard = client.next().await.expect("an event");
        assert_eq!(event_of(&heard, "fits"), by_ada, "{filter}");
        client.hears_nothing().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_comes_once_for_a_subscription_however_many_filters_it_matches() {
    let relay = relay().await;
    let mut client = Client::to(&relay).await;
    let filters = json!(["REQ", "all", {"#x": ["camp"]}, {"kinds": [OFFER]}, {}]);
    client.say(filters).await;
    client.expect(json!(["EOSE", "all"])).await;

    let offer = offer("camp");
    client.say(json!(["EVENT", offer])).await;

    let mut kinds = [client.next().await, client.next().await].map(|m| m.expect("two")[0].clone());
    kinds.sort_by_key(ToString::to_string);
    assert_eq!(kinds, ["EVENT", "OK"]);
    client.hears_nothing().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ephemeral_events_are_never_kept() {
    let relay = relay_with(|limits| limits.storage.kinds = StoredKinds::Any).await;
    let mut client = Client::to(&relay).await;
    client.publish_well(&offer("camp")).await;

    assert_eq!(client.stored("all", json!({})).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_was_altered_is_refused() {
    let relay = relay().await;
    let mut client = Client::to(&relay).await;
    client.stored("all", json!({})).await;
    let good = offer("camp");
    let other = offer("camp");
    for (part, value) in [
        ("content", json!("another")),
        ("created_at", json!(now() - 1)),
        ("pubkey", json!(Keys::generate().public_key())),
        ("sig", json!(other.sig)),
    ] {
        let mut forged = serde_json::to_value(&good).expect("JSON");
        forged[part] = value;
        client.say(json!(["EVENT", forged])).await;

        let answer = client.next().await.expect("it answers");
        assert_eq!(answer[2], false, "{part}: {answer}");
        assert!(answer[3].as_str().is_some_and(|why| why.starts_with("invalid:")), "{answer}");
    }
    client.hears_nothing().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_is_repeated_passes_once() {
    let relay = relay().await;
    let mut client = Client::to(&relay).await;
    let (offer, letter) = (offer("camp"), mail(&Keys::generate(), "camp", "sealed"));
    for event in [&offer, &letter] {
        client.publish_well(event).await;
        client.stored("live", json!({"since": now() - 100, "limit": 0})).await;

        let (is_taken, why) = client.publish(event).await;

        assert!(is_taken && why.starts_with("duplicate:"), "{why}");
        client.hears_nothing().await;
        client.say(json!(["CLOSE", "live"])).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn offers_from_another_time_are_refused() {
    let relay = relay().await;
    let mut client = Client::to(&relay).await;
    for at in [now() - 600, now() + 3_600] {
        let event = signed(&Keys::generate(), OFFER, at, &[["x", "camp"]], "");
        let (is_taken, why) = client.publish(&event).await;
        assert!(!is_taken && why.starts_with("invalid: created_at"), "{why}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_or_replaced_subscription_hears_no_more() {
    let relay = relay().await;
    let mut client = Client::to(&relay).await;
    let mut caller = Client::to(&relay).await;
    client.stored("a", json!({"#x": ["camp"]})).await;
    client.stored("b", json!({"#x": ["camp"]})).await;
    client.say(json!(["CLOSE", "a"])).await;
    client.stored("b", json!({"#x": ["beach"]})).await;

    caller.publish_well(&offer("camp")).await;
    client.hears_nothing().await;

    let offer = offer("beach");
    caller.publish_well(&offer).await;
    assert_eq!(event_of(&client.next().await.expect("an event"), "b"), offer);
}

#[tokio::test(flavor = "multi_thread")]
async fn nonsense_is_answered_and_the_connection_lives_on() {
    let relay = relay().await;
    let mut client = Client::to(&relay).await;
    for nonsense in [
        "",
        "{}",
        "[]",
        "[1]",
        "[\"HELLO\"]",
        "[\"EVENT\"]",
        "[\"EVENT\",{}]",
        "[\"REQ\"]",
        "[\"REQ\",\"\",{}]",
        "[\"CLOSE\",5]",
        "[\"EVENT\",",
        "\u{0}",
    ] {
        client.say_text(nonsense).await;
        let answer = client.next().await.expect("it answers");
        assert_eq!(answer[0], "NOTICE", "{nonsense}: {answer}");
    }
    for (nonsense, id) in [
        (r#"["REQ","a"]"#, "a"),
        (r#"["REQ","b",{"kinds":"x"}]"#, "b"),
        (r##"["REQ","c",{"#x":[1]}]"##, "c"),
        (r#"["COUNT","d",{}]"#, "d"),
        (r#"["CLOSE","e"]x"#, "e"),
    ] {
        client.say_text(nonsense).await;
        let answer = client.next().await.expect("it answers");
        assert_eq!((&answer[0], &answer[1]), (&json!("CLOSED"), &json!(id)), "{answer}");
    }
    let offer = offer("camp");
    let with_more = format!("[\"EVENT\",{},{{}}]", offer.as_json());
    client.say_text(&with_more).await;
    client.expect(json!(["OK", offer.id, true, ""])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn kinds_that_are_not_wanted_are_not_kept() {
    let relay = relay().await;
    let mut client = Client::to(&relay).await;
    let note = signed(&Keys::generate(), 1, now(), &[], "hello");

    let (is_taken, why) = client.publish(&note).await;

    assert!(!is_taken && why.starts_with("blocked:"), "{why}");
    client.publish_well(&signed(&Keys::generate(), MAIL, now(), &[], "")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_replaceable_events_the_newest_is_kept() {
    let relay = relay_with(|limits| limits.storage.kinds = StoredKinds::Any).await;
    let mut client = Client::to(&relay).await;
    let keys = Keys::generate();
    let profile = |at: u64| signed(&keys, 0, at, &[], &at.to_string());
    let (old, new) = (profile(now() - 10), profile(now()));
    let list = |name: &str, at: u64| signed(&keys, 30_000, at, &[["d", name]], "");
    let (one, two, newer_two) = (list("1", now() - 9), list("2", now() - 8), list("2", now() - 7));
    for event in [&old, &new, &one, &two, &newer_two] {
        client.publish_well(event).await;
    }

    let (is_taken, why) = client.publish(&old).await;

    assert!(is_taken && why.starts_with("duplicate:"), "{why}");
    assert_eq!(client.stored("all", json!({})).await, [new, newer_two, one]);
}
