//! Two devices and relays on loopback, good ones and bad ones.

use std::{future::Future, time::Duration};

use tokio::{sync::mpsc, time::timeout};

use super::{Hearing, Offer, Rendezvous};
use crate::{
    Callee, DialKey,
    nat::NatKind,
    nostr::{
        Event, EventBuilder, Keys, Kind, RelayPool, RelayUrl, Tag,
        test_relay::{Fault, TestRelay},
    },
    offer::{self, Candidate, CandidateKind, Description, Part, Setup, Side, Topic},
    tls::client_config,
};

const KEY: DialKey = DialKey::from_bytes([7; 32]);
const OTHER_KEY: DialKey = DialKey::from_bytes([8; 32]);
const HOST: Callee = Callee::from_bytes([1; 16]);
const OTHER: Callee = Callee::from_bytes([2; 16]);

/// Far longer than anything here takes: only a hang meets it.
const HANG: Duration = Duration::from_secs(30);

async fn soon<T>(future: impl Future<Output = T>) -> T {
    timeout(HANG, future).await.expect("in time")
}

fn rendezvous() -> Rendezvous {
    Rendezvous::new(RelayPool::new(client_config(None).expect("a configuration")))
}

fn description(port: u16) -> Description {
    let addr = std::net::SocketAddr::from(([192, 0, 2, 7], port));
    Description {
        session: [0; 16],
        side: Side::Offer,
        part: Part::First,
        relayed: false,
        nat: NatKind::Unknown,
        setup: Setup::ActPass,
        ufrag: "abcd".to_owned(),
        pwd: "p".repeat(24),
        fingerprint: [7; 32],
        candidates: vec![Candidate { kind: CandidateKind::Host, addr }],
    }
}

fn port(description: &Description) -> u16 {
    description.candidates.first().expect("a candidate").addr.port()
}

/// A device that hears.
struct Host {
    offers: mpsc::Receiver<Offer>,
    _hearing: Hearing,
}

impl Host {
    async fn hear(key: DialKey, callee: Callee, relays: &[&TestRelay]) -> Self {
        let before: Vec<_> = relays.iter().map(|relay| relay.subscriptions()).collect();
        let host = Self::begin_to_hear(key, callee, relays);
        for (relay, before) in relays.iter().zip(before) {
            relay.until(|relay| relay.subscriptions() > before).await;
        }
        host
    }

    fn begin_to_hear(key: DialKey, callee: Callee, relays: &[&TestRelay]) -> Self {
        let (sender, offers) = mpsc::channel(64);
        let hearing = rendezvous().hear(key, callee, urls(relays), sender);
        Self { offers, _hearing: hearing }
    }

    async fn next(&mut self) -> Offer {
        soon(self.offers.recv()).await.expect("hearing")
    }

    fn has_heard(&mut self) -> bool {
        self.offers.try_recv().is_ok()
    }
}

fn urls(relays: &[&TestRelay]) -> Vec<RelayUrl> {
    relays.iter().map(|relay| relay.url()).collect()
}

/// Calls, and is answered.
async fn calls_through(caller: &Rendezvous, host: &mut Host, relays: &[&TestRelay]) {
    let mut call = caller.call(KEY, HOST, urls(relays));
    assert!(soon(call.offer(description(1))).await);
    let offer = host.next().await;
    assert_eq!(port(&offer.description), 1);
    let (answer, ()) =
        soon(async { tokio::join!(call.answer(), offer.answer(description(2))) }).await;
    assert_eq!((answer.side, port(&answer)), (Side::Answer, 2));
}

#[tokio::test]
async fn offers_and_answers_meet_at_relays_in_two_parts_each() {
    let relays = [TestRelay::start().await, TestRelay::start().await, TestRelay::start().await];
    let relays: Vec<_> = relays.iter().collect();
    let mut host = Host::hear(KEY, HOST, &relays).await;
    let mut call = rendezvous().call(KEY, HOST, urls(&relays));

    assert!(soon(call.offer(description(1))).await);
    let mut offer = host.next().await;
    assert_eq!((port(&offer.description), offer.description.part), (1, Part::First));
    soon(offer.answer(description(2))).await;
    assert_eq!(port(&soon(call.answer()).await), 2);

    assert!(soon(call.offer(description(3))).await);
    assert_eq!(port(&soon(offer.more()).await.expect("more")), 3);
    soon(offer.answer(Description { part: Part::More, ..description(4) })).await;
    let more = soon(call.answer()).await;
    assert_eq!((port(&more), more.part), (4, Part::More));

    // Three relays brought three copies of each.
    assert!(!host.has_heard());
    assert!(!soon(call.offer(description(5))).await, "no third offer");
}

#[tokio::test]
async fn only_the_callee_hears_and_only_calls_with_its_key() {
    let relay = TestRelay::start().await;
    let mut host = Host::hear(KEY, HOST, &[&relay]).await;
    let mut other = Host::hear(KEY, OTHER, &[&relay]).await;
    let caller = rendezvous();

    let mut wrong_key = caller.call(OTHER_KEY, HOST, vec![relay.url()]);
    assert!(soon(wrong_key.offer(description(1))).await);
    let mut right = caller.call(KEY, OTHER, vec![relay.url()]);
    assert!(soon(right.offer(description(2))).await);

    assert_eq!(port(&other.next().await.description), 2);
    calls_through(&caller, &mut host, &[&relay]).await;
    assert!(!other.has_heard());
}

#[tokio::test]
async fn relay_sees_neither_keys_nor_addresses_nor_that_two_calls_are_of_one_device() {
    let relay = TestRelay::start().await;
    let mut host = Host::hear(KEY, HOST, &[&relay]).await;
    calls_through(&rendezvous(), &mut host, &[&relay]).await;
    calls_through(&rendezvous(), &mut host, &[&relay]).await;

    let heard = relay.heard();
    let events: Vec<Event> = relay.events();
    assert_eq!(events.len(), 4);
    for event in &events {
        assert_eq!(event.content.len(), 684);
        assert_eq!(event.tags.len(), 1);
        assert!(!event.content.contains("192"));
    }
    let signers: std::collections::BTreeSet<_> = events.iter().map(|event| event.pubkey).collect();
    assert_eq!(signers.len(), 3, "the host signs both answers on one connection");
    let all = heard.concat();
    assert!(!all.contains(&data_encoding::HEXLOWER.encode(KEY.as_bytes())));
    assert!(!all.contains(&data_encoding::HEXLOWER.encode(HOST.as_bytes())));
}

#[tokio::test]
async fn any_one_bad_relay_of_three_does_not_matter() {
    let shout = format!(r#"["NOTICE","{}"]"#, "a".repeat(10_000));
    let stranger = forged_by_a_stranger();
    for fault in [
        Fault::Drops,
        Fault::Mute,
        Fault::Refuses("blocked: no"),
        Fault::Repeats(50),
        Fault::Forges,
        Fault::Delays(Duration::from_secs(5)),
        Fault::Floods(shout),
        Fault::Floods(stranger),
        Fault::Floods("{".repeat(100_000)),
        Fault::Floods("x".repeat(3_000_000)),
        Fault::Closes("error: full"),
    ] {
        let relays = [TestRelay::start().await, TestRelay::start().await, TestRelay::start().await];
        let [bad, good, also_good] = &relays;
        bad.set_fault(fault.clone());
        let mut host = Host::begin_to_hear(KEY, HOST, &[bad, good, also_good]);
        good.until(|relay| relay.subscriptions() == 1).await;
        also_good.until(|relay| relay.subscriptions() == 1).await;

        let started = std::time::Instant::now();
        calls_through(&rendezvous(), &mut host, &[bad, good, also_good]).await;

        assert!(started.elapsed() < Duration::from_secs(4), "{fault:?}: {:?}", started.elapsed());
        assert!(!host.has_heard(), "{fault:?}: one call is one offer");
    }
}

fn forged_by_a_stranger() -> String {
    let event = EventBuilder::new(Kind::from(20420), "A".repeat(684))
        .tag(Tag::parse(["x", "00"]).expect("a tag"))
        .sign_with_keys(&Keys::generate())
        .expect("signed");
    nostr_json(&event)
}

fn nostr_json(event: &Event) -> String {
    format!(r#"["EVENT","0",{}]"#, serde_json::to_string(event).expect("JSON"))
}

/// An offer as a relay, or another member, could put it there again.
fn leave(relay: &TestRelay, topic: &Topic, content: &str) {
    let event = EventBuilder::new(Kind::from(20420), content)
        .tag(Tag::parse(["x", topic.as_str()]).expect("a tag"))
        .sign_with_keys(&Keys::generate())
        .expect("signed");
    relay.pass_on(event);
}

#[tokio::test]
async fn stale_replayed_and_misplaced_offers_are_not_heard() {
    let relay = TestRelay::start().await;
    let mut host = Host::hear(KEY, HOST, &[&relay]).await;
    let now = rendezvous().pool.time();
    let day = super::days::day(now);
    let topic = Topic::of_offers(&KEY, HOST, day, &relay.url());
    let sealed = |time: u64, session: u8| {
        let description = Description { session: [session; 16], ..description(1) };
        offer::seal(&KEY, &topic, time, &description).expect("valid")
    };

    leave(&relay, &topic, &sealed(now - 130, 1));
    leave(&relay, &topic, &sealed(now + 130, 2));
    leave(&relay, &topic, "not sealed at all");
    let elsewhere = Topic::of_offers(&KEY, OTHER, day, &relay.url());
    leave(&relay, &topic, &offer::seal(&KEY, &elsewhere, now, &description(1)).expect("valid"));
    let an_answer = Description { side: Side::Answer, ..description(1) };
    leave(&relay, &topic, &offer::seal(&KEY, &topic, now, &an_answer).expect("valid"));
    let good = sealed(now, 3);
    leave(&relay, &topic, &good);
    leave(&relay, &topic, &good);
    leave(&relay, &topic, &sealed(now, 4));

    assert_eq!(host.next().await.description.session, [3; 16]);
    assert_eq!(host.next().await.description.session, [4; 16]);
    assert!(!host.has_heard());
}

#[tokio::test]
async fn friend_who_floods_a_key_is_slowed_and_takes_bounded_memory() {
    let relay = TestRelay::start().await;
    let (sender, mut offers) = mpsc::channel(1024);
    let rendezvous = rendezvous();
    let _hearing = rendezvous.hear(KEY, HOST, vec![relay.url()], sender);
    relay.until(|relay| relay.subscriptions() == 1).await;
    let now = rendezvous.pool.time();
    let topic = Topic::of_offers(&KEY, HOST, super::days::day(now), &relay.url());

    for n in 0..200_u8 {
        let description = Description { session: [n; 16], ..description(1) };
        leave(&relay, &topic, &offer::seal(&KEY, &topic, now, &description).expect("valid"));
    }
    // Relays keep order: when an offer with another key comes, all before it have.
    let (sender, mut last) = mpsc::channel(1);
    let _other = rendezvous.hear(OTHER_KEY, HOST, vec![relay.url()], sender);
    let mut call =
        Rendezvous::new(rendezvous.pool.clone()).call(OTHER_KEY, HOST, vec![relay.url()]);
    relay.until(|relay| relay.heard().len() >= 3).await;
    assert!(soon(call.offer(description(1))).await);
    soon(last.recv()).await.expect("hearing");

    let mut heard = 0;
    while offers.try_recv().is_ok() {
        heard += 1;
    }
    assert!((64..100).contains(&heard), "{heard} heard");
}

#[tokio::test]
async fn device_whose_clock_is_off_is_heard_since_relays_tell_the_time() {
    let relay = TestRelay::start().await;
    // Both devices' clock is wrong in the eyes of this relay; both take its time.
    relay.set_date("Sun, 06 Nov 2044 08:49:37 GMT");
    let mut host = Host::hear(KEY, HOST, &[&relay]).await;
    // Subscribed to today's topics, and then to those of the relay's day.
    relay.until(|relay| relay.heard().len() == 2).await;

    calls_through(&rendezvous(), &mut host, &[&relay]).await;

    let events = relay.events();
    assert!(events.iter().all(|event| event.created_at.as_secs().abs_diff(2_362_034_977) < 60));
}

#[tokio::test]
async fn hearing_goes_on_when_its_relay_comes_back() {
    let relay = TestRelay::start().await;
    let port = relay.port();
    let mut host = Host::hear(KEY, HOST, &[&relay]).await;
    relay.stop().await;

    let relay = TestRelay::on_port(port).await;
    relay.until(|relay| relay.subscriptions() == 1).await;

    calls_through(&rendezvous(), &mut host, &[&relay]).await;
}

#[tokio::test]
async fn who_no_longer_hears_is_no_longer_subscribed() {
    let relay = TestRelay::start().await;
    let rendezvous = rendezvous();
    let (sender, _offers) = mpsc::channel(1);
    let hearings: Vec<_> = [KEY, OTHER_KEY]
        .map(|key| rendezvous.hear(key, HOST, vec![relay.url()], sender.clone()))
        .into();
    relay.until(|relay| relay.subscriptions() == 1).await;

    drop(hearings);

    relay.until(|relay| relay.subscriptions() == 0).await;
}
