use std::time::Duration;

use tokio::time::timeout;

use super::{Collected, Collecting, MAX_PACK_LEN, MailboxSecret, collect, deposit, keys::Keyring};
use crate::{
    nostr::{
        EventBuilder, Keys, Kind, PublishError, RelayPool, RelayUrl,
        test_relay::{Fault, TestRelay},
    },
    tls::client_config,
};

const SECRET: MailboxSecret = MailboxSecret::from_bytes([7; 32]);

fn pool() -> RelayPool {
    RelayPool::new(client_config(None).expect("the usual authorities"))
}

/// A time no pack of a test reaches, in seconds since 1970.
const LATER: u64 = 4_000_000_000;

async fn leave(at: &RelayUrl, pack: &[u8]) {
    deposit(&pool(), at, &SECRET, pack, LATER).await.expect("taken");
}

async fn next(collecting: &mut Collecting) -> Collected {
    let next = timeout(Duration::from_secs(30), collecting.recv()).await;
    next.expect("in time").expect("goes on")
}

#[tokio::test]
async fn packs_are_shown_to_who_knows_the_secret_first_the_old_ones_then_the_new() {
    let relay = TestRelay::start().await;
    leave(&relay.url(), b"first").await;

    let mut collecting = collect(&pool(), &relay.url(), &SECRET, 0, Duration::ZERO);
    assert_eq!(next(&mut collecting).await, Collected::Pack(b"first".to_vec()));
    assert_eq!(next(&mut collecting).await, Collected::End);
    leave(&relay.url(), b"second").await;

    assert_eq!(next(&mut collecting).await, Collected::Pack(b"second".to_vec()));
}

#[tokio::test]
async fn what_is_new_is_shown_while_reading_has_to_wait() {
    let relay = TestRelay::start().await;

    let forever = Duration::MAX;
    let mut collecting = collect(&pool(), &relay.url(), &SECRET, 0, forever);
    leave(&relay.url(), b"new").await;

    assert_eq!(next(&mut collecting).await, Collected::Pack(b"new".to_vec()));
}

#[tokio::test]
async fn who_does_not_know_the_secret_sees_nothing_and_can_put_nothing_in() {
    let relay = TestRelay::start().await;
    leave(&relay.url(), b"pack").await;
    let left = relay.events().pop().expect("left");
    let forged = EventBuilder::new(left.kind, left.content.clone()).tags(left.tags.clone());
    relay.pass_on(forged.sign_with_keys(&Keys::generate()).expect("signed"));

    let other = MailboxSecret::from_bytes([8; 32]);
    let mut theirs = collect(&pool(), &relay.url(), &other, 0, Duration::ZERO);
    let mut ours = collect(&pool(), &relay.url(), &SECRET, 0, Duration::ZERO);

    assert_eq!(next(&mut theirs).await, Collected::End);
    assert_eq!(next(&mut ours).await, Collected::Pack(b"pack".to_vec()));
    assert_eq!(next(&mut ours).await, Collected::End);
}

#[tokio::test]
async fn relay_is_given_no_word_of_a_pack_and_no_two_relays_the_same() {
    let (one, two) = (TestRelay::start().await, TestRelay::start().await);
    for relay in [&one, &two] {
        leave(&relay.url(), &[b'a'; 3_000]).await;
        leave(&relay.url(), &[b'a'; 3_000]).await;
    }

    let [first, again] = <[_; 2]>::try_from(one.events()).expect("two");
    let [elsewhere, _] = <[_; 2]>::try_from(two.events()).expect("two");

    assert_eq!((first.kind, first.content.len()), (Kind::Custom(1_420), 4_056));
    assert_eq!((first.pubkey, &first.tags), (again.pubkey, &again.tags));
    assert_ne!(first.content, again.content);
    assert_ne!(first.pubkey, elsewhere.pubkey);
    assert_ne!(first.tags.first(), elsewhere.tags.first());
    let end = first.tags.expiration().expect("an end").as_secs();
    assert!(end >= LATER && end % 3_600 == 0);
}

#[tokio::test]
async fn reading_begins_anew_when_a_relay_comes_back() {
    let relay = TestRelay::start().await;
    leave(&relay.url(), b"pack").await;
    let stored = relay.events().pop().expect("left");
    let (port, url) = (relay.port(), relay.url());
    relay.stop().await;

    let mut collecting = collect(&pool(), &url, &SECRET, 0, Duration::ZERO);
    let relay = TestRelay::on_port(port).await;
    relay.pass_on(stored);

    assert_eq!(next(&mut collecting).await, Collected::Pack(b"pack".to_vec()));
}

#[tokio::test]
async fn relay_that_refuses_and_a_pack_that_is_too_long_are_told_apart_from_success() {
    let relay = TestRelay::start().await;
    let (pool, url) = (pool(), relay.url());

    let long = deposit(&pool, &url, &SECRET, &vec![0; MAX_PACK_LEN + 1], LATER).await;
    relay.set_fault(Fault::Refuses("blocked: go away"));
    let refused = deposit(&pool, &url, &SECRET, b"pack", LATER).await;

    assert_eq!(long, Err(PublishError::Invalid));
    assert!(matches!(refused, Err(PublishError::Refused(_))), "{refused:?}");
}

#[test]
fn content_that_was_changed_or_sealed_otherwise_does_not_open() {
    let url = "ws://127.0.0.1:7777".parse().expect("a relay");
    let keyring = Keyring::new(&SECRET, &url);
    let content = keyring.seal(b"pack");

    assert_eq!(keyring.open(&content).as_deref(), Some(&b"pack"[..]));
    assert_eq!(keyring.open(&content.replace(|c: char| c.is_ascii_lowercase(), "A")), None);
    assert_eq!(keyring.open("not base64!"), None);
    assert_eq!(keyring.open(&"A".repeat(100_000)), None);
    let other = "ws://127.0.0.1:7778".parse().expect("a relay");
    assert_eq!(Keyring::new(&SECRET, &other).open(&content), None);
}
