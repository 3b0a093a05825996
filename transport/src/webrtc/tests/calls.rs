//! Links to those whose address is not known: through a relay, and through a TURN server.

use std::{
    net::IpAddr,
    time::{Duration, Instant},
};

use coturn::{Coturn, PASSWORD, Setup, USERNAME};

use super::{HOST, Host, KEY, OTHER_KEY, impatient, next, stats, transport};
use crate::{
    Addr, Callee, Link, LinkPath, Transport,
    chooser::{Choice, Way},
    nat::NatKind,
    nostr::test_relay::TestRelay,
    servers::{Servers, TurnServer},
    webrtc::{WebRtcTransport, stun_client::Public},
};

fn servers(relay: &TestRelay) -> Servers {
    Servers { relays: vec![relay.url().to_string()], ..Servers::none() }
}

fn turn(coturn: &Coturn) -> Vec<TurnServer> {
    turn_at(coturn.udp())
}

fn turn_at(url: String) -> Vec<TurnServer> {
    vec![TurnServer {
        url,
        username: USERNAME.to_owned(),
        password: Some(PASSWORD.to_owned()),
        secret: None,
    }]
}

fn relay_addrs(relay: &TestRelay) -> Vec<Addr> {
    Addr::of_relays([relay.url().to_string().as_str()])
}

/// A host on loopback that uses these servers.
fn host(servers: &Servers) -> Host {
    let host = Host::on_loopback();
    host.listener.net.set_servers(servers).expect("usable");
    host
}

fn dialer(servers: &Servers) -> WebRtcTransport {
    let dialer = transport();
    dialer.set_servers(servers).expect("usable");
    dialer
}

/// As if no datagram came back from any server.
fn block_udp(transport: &WebRtcTransport) {
    let public = Public { nat: NatKind::Blocked, ..Public::default() };
    transport.net.set_public(public);
}

#[tokio::test]
async fn call_through_a_relay_opens_a_direct_link() {
    let relay = TestRelay::start().await;
    let mut host = host(&servers(&relay));

    let called = dialer(&servers(&relay)).dial(&relay_addrs(&relay), KEY, HOST).await;

    let (mut called, mut answered) = (called.expect("an answer"), host.next().await);
    called.send(b"hello".to_vec()).await.expect("open");
    assert_eq!(next(&mut answered).await, Some(b"hello".to_vec()));
    answered.send(b"hi".to_vec()).await.expect("open");
    assert_eq!(next(&mut called).await, Some(b"hi".to_vec()));
    assert!(called.binding.is_some());
    assert_eq!(called.binding, answered.binding);
    assert_eq!([stats(&called).path, stats(&answered).path], [LinkPath::Direct; 2]);
}

#[tokio::test]
async fn only_the_one_meant_answers_a_call_and_only_to_those_who_know_the_key() {
    let relay = TestRelay::start().await;
    let host = host(&servers(&relay));
    let caller = impatient();
    caller.set_servers(&servers(&relay)).expect("usable");

    let other = Callee::from_bytes([9; 16]);
    assert!(caller.dial(&relay_addrs(&relay), KEY, other).await.is_err());
    assert!(caller.dial(&relay_addrs(&relay), OTHER_KEY, HOST).await.is_err());

    assert_eq!(host.listener.mux.routes(), 0);
}

#[tokio::test]
async fn call_goes_through_a_turn_server_of_the_dialer_where_udp_is_blocked() {
    let (relay, coturn) = (TestRelay::start().await, Coturn::start());
    let mut host = host(&servers(&relay));
    let dialer = dialer(&Servers { turn: turn(&coturn), ..servers(&relay) });
    block_udp(&dialer);

    let called = dialer.dial(&relay_addrs(&relay), KEY, HOST).await;

    let (called, mut answered) = (called.expect("an answer"), host.next().await);
    called.send(vec![7; 60_000]).await.expect("open");
    assert_eq!(next(&mut answered).await, Some(vec![7; 60_000]));
    assert_eq!([stats(&called).path, stats(&answered).path], [LinkPath::Relayed; 2]);
}

/// Both ends of a link say something, and it goes through a server.
async fn talk_through_a_server(called: &mut Link, answered: &mut Link) {
    called.send(vec![7; 60_000]).await.expect("open");
    assert_eq!(next(answered).await, Some(vec![7; 60_000]));
    answered.send(b"hi".to_vec()).await.expect("open");
    assert_eq!(next(called).await, Some(b"hi".to_vec()));
    assert_eq!(called.binding, answered.binding);
    assert_eq!([stats(called).path, stats(answered).path], [LinkPath::Relayed; 2]);
}

/// How often a server has handed a stream over.
fn streams(coturn: &Coturn) -> usize {
    coturn.log().matches("CONNECTION_BIND processed, success").count()
}

#[tokio::test]
async fn relayed_call_is_a_stream_where_the_server_passes_streams_on_however_it_is_reached() {
    let (relay, coturn) = (TestRelay::start().await, Coturn::start());
    let mut host = host(&servers(&relay));
    for (calls, url) in [coturn.udp(), coturn.tcp(), coturn.tls()].into_iter().enumerate() {
        let trust = Some(coturn.trust());
        let dialer = dialer(&Servers { turn: turn_at(url.clone()), trust, ..servers(&relay) });
        block_udp(&dialer);

        let called = dialer.dial(&relay_addrs(&relay), KEY, HOST).await;

        let (mut called, mut answered) = (called.expect("an answer"), host.next().await);
        talk_through_a_server(&mut called, &mut answered).await;
        assert_eq!(streams(&coturn), calls + 1, "{url}");
        // Datagrams would come from the listening port.
        let port = host.listener.mux.port();
        assert!(!stats(&called).remote.ends_with(&format!(":{port}")), "{url}");
    }
}

#[tokio::test]
async fn call_is_a_stream_through_a_server_of_the_callee_if_the_dialer_has_none() {
    let (relay, coturn) = (TestRelay::start().await, Coturn::start());
    for (calls, url) in [coturn.udp(), coturn.tcp(), coturn.tls()].into_iter().enumerate() {
        let trust = Some(coturn.trust());
        let mut host = host(&Servers { turn: turn_at(url.clone()), trust, ..servers(&relay) });
        let dialer = dialer(&servers(&relay));
        block_udp(&dialer);

        let called = dialer.dial(&relay_addrs(&relay), KEY, HOST).await;

        let (mut called, mut answered) = (called.expect("an answer"), host.next().await);
        talk_through_a_server(&mut called, &mut answered).await;
        assert_eq!(streams(&coturn), calls + 1, "{url}");
    }
}

#[tokio::test]
async fn one_without_a_server_gets_datagrams_where_the_callees_passes_no_streams_on() {
    let setup = Setup { args: vec!["--no-tcp-relay".to_owned()], ..Setup::default() };
    let (relay, coturn) = (TestRelay::start().await, Coturn::start_with(&setup));
    let mut host = host(&Servers { turn: turn(&coturn), ..servers(&relay) });
    let dialer = dialer(&servers(&relay));
    block_udp(&dialer);

    let called = dialer.dial(&relay_addrs(&relay), KEY, HOST).await;

    let (mut called, mut answered) = (called.expect("an answer"), host.next().await);
    talk_through_a_server(&mut called, &mut answered).await;
    assert_eq!(streams(&coturn), 0);
}

#[tokio::test]
async fn one_without_a_server_gets_datagrams_where_it_cannot_come_to_the_callees_place() {
    let (relay, coturn) = (TestRelay::start().await, Coturn::start());
    let mut host = host(&Servers { turn: turn(&coturn), ..servers(&relay) });
    let dialer = dialer(&servers(&relay));
    block_udp(&dialer);
    dialer.net.out_of_reach().insert([127, 0, 0, 1].into(), Instant::now());

    let called = dialer.dial(&relay_addrs(&relay), KEY, HOST).await;

    let (mut called, mut answered) = (called.expect("an answer"), host.next().await);
    talk_through_a_server(&mut called, &mut answered).await;
    assert_eq!(streams(&coturn), 0);
}

/// Two devices whose networks let no datagrams out, each with this server.
fn both_blocked(coturn: &Coturn, url: String, relay: &TestRelay) -> (Host, WebRtcTransport) {
    let trust = Some(coturn.trust());
    // Nobody answers there.
    let stun = vec!["stun:127.0.0.1:9".to_owned()];
    let servers = Servers { turn: turn_at(url), trust, stun, ..servers(relay) };
    let (host, dialer) = (host(&servers), dialer(&servers));
    assert!(!host.listener.net.hears_internet());
    block_udp(&dialer);
    (host, dialer)
}

#[tokio::test]
async fn relayed_call_is_a_stream_between_two_who_need_a_server_each() {
    let (relay, coturn) = (TestRelay::start().await, Coturn::start());
    for url in [coturn.udp(), coturn.tcp(), coturn.tls()] {
        let before = streams(&coturn);
        let (mut host, dialer) = both_blocked(&coturn, url.clone(), &relay);

        let called = dialer.dial(&relay_addrs(&relay), KEY, HOST).await;

        let (mut called, mut answered) = (called.expect("an answer"), host.next().await);
        talk_through_a_server(&mut called, &mut answered).await;
        // Each end has taken over its own; one that is asked for again meanwhile may be taken over, too.
        assert!(streams(&coturn) >= before + 2, "{url}");
    }
}

#[tokio::test]
async fn relayed_call_is_no_stream_where_the_server_passes_none_on() {
    let setup = Setup { args: vec!["--no-tcp-relay".to_owned()], ..Setup::default() };
    let (relay, coturn) = (TestRelay::start().await, Coturn::start_with(&setup));
    let mut host = host(&servers(&relay));
    let dialer = dialer(&Servers { turn: turn(&coturn), ..servers(&relay) });
    block_udp(&dialer);

    let called = dialer.dial(&relay_addrs(&relay), KEY, HOST).await;

    let (called, mut answered) = (called.expect("an answer"), host.next().await);
    called.send(vec![7; 60_000]).await.expect("open");
    assert_eq!(next(&mut answered).await, Some(vec![7; 60_000]));
    assert_eq!([stats(&called).path, stats(&answered).path], [LinkPath::Relayed; 2]);
    assert_eq!(streams(&coturn), 0);
}

#[tokio::test]
async fn two_who_need_a_server_each_are_linked_where_it_passes_no_streams_on() {
    let setup = Setup { args: vec!["--no-tcp-relay".to_owned()], ..Setup::default() };
    let (relay, coturn) = (TestRelay::start().await, Coturn::start_with(&setup));
    let (mut host, dialer) = both_blocked(&coturn, coturn.tcp(), &relay);

    let called = dialer.dial(&relay_addrs(&relay), KEY, HOST).await;

    let (called, mut answered) = (called.expect("an answer"), host.next().await);
    called.send(vec![7; 60_000]).await.expect("open");
    assert_eq!(next(&mut answered).await, Some(vec![7; 60_000]));
    assert_eq!([stats(&called).path, stats(&answered).path], [LinkPath::Relayed; 2]);
    assert_eq!(streams(&coturn), 0);
}

/// Calls from where datagrams are blocked; how long it took, and both ends, with what arrived.
async fn called(dialer: &WebRtcTransport, relay: &TestRelay, host: &mut Host) -> Duration {
    let started = Instant::now();
    let called = dialer.dial(&relay_addrs(relay), KEY, HOST).await;
    let took = started.elapsed();
    let (called, mut answered) = (called.expect("an answer"), host.next().await);
    called.send(b"hello".to_vec()).await.expect("open");
    assert_eq!(next(&mut answered).await, Some(b"hello".to_vec()));
    took
}

#[tokio::test]
async fn server_whose_ports_cannot_be_reached_is_waited_for_once() {
    // One passes on datagrams only; the other says that its addresses are where nothing listens.
    let nowhere = IpAddr::from([127, 0, 0, 9]);
    let [one, other] = ["--no-tcp-relay".to_owned(), format!("--external-ip={nowhere}/127.0.0.1")]
        .map(|arg| Coturn::start_with(&Setup { args: vec![arg], ..Setup::default() }));
    let relay = TestRelay::start().await;
    let mut host = host(&servers(&relay));
    let turn = [turn(&one), turn(&other)].concat();
    let dialer = dialer(&Servers { turn, ..servers(&relay) });
    block_udp(&dialer);

    let first = called(&dialer, &relay, &mut host).await;
    assert!(host.listener.net.out_of_reach().contains(nowhere, Instant::now()));
    let second = called(&dialer, &relay, &mut host).await;

    assert!(second < first, "{second:?} after {first:?}");
    host.listener.net.network_changed();
    assert!(!host.listener.net.out_of_reach().contains(nowhere, Instant::now()));
}

#[tokio::test]
async fn one_who_cannot_visit_a_place_comes_from_a_place_of_its_own() {
    let (relay, coturn) = (TestRelay::start().await, Coturn::start());
    let servers = Servers { turn: turn(&coturn), ..servers(&relay) };
    let (mut host, dialer) = (host(&servers), dialer(&servers));
    block_udp(&dialer);
    called(&dialer, &relay, &mut host).await;
    assert_eq!(streams(&coturn), 1);

    host.listener.net.out_of_reach().insert([127, 0, 0, 1].into(), Instant::now());
    called(&dialer, &relay, &mut host).await;

    assert_eq!(streams(&coturn), 3);
}

#[tokio::test]
async fn one_who_insists_on_a_direct_link_gets_none_through_a_turn_server() {
    let (relay, coturn) = (TestRelay::start().await, Coturn::start());
    let mut host = host(&servers(&relay));
    let dialer = dialer(&Servers { turn: turn(&coturn), ..servers(&relay) });
    block_udp(&dialer);

    let mut choice = Choice::everything();
    choice.attempts.retain(|attempt| attempt.way != Way::Relayed);
    let dialing = dialer.dial_by(&choice, &relay_addrs(&relay), KEY, HOST);
    let called = dialing.await.expect("an answer");

    let answered = host.next().await;
    assert_eq!([stats(&called).path, stats(&answered).path], [LinkPath::Direct; 2]);
}

#[tokio::test]
async fn listener_hears_on_other_relays_once_the_servers_change() {
    let (old, new) = (TestRelay::start().await, TestRelay::start().await);
    let mut host = host(&servers(&old));
    old.until(|relay| relay.subscriptions() == 1).await;

    host.listener.net.set_servers(&servers(&new)).expect("usable");

    new.until(|relay| relay.subscriptions() == 1).await;
    old.until(|relay| relay.open() == 0).await;
    let called = dialer(&servers(&new)).dial(&relay_addrs(&new), KEY, HOST).await;
    let (_called, _answered) = (called.expect("an answer"), host.next().await);
}
