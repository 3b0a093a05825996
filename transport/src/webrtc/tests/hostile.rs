//! Strangers, and peers that know the key but not the rules.

use std::{
    net::{SocketAddr, UdpSocket},
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::BytesMut;
use rtc::stun::{
    attributes::ATTR_USERNAME,
    integrity::MessageIntegrity,
    message::{BINDING_REQUEST, Message, TransactionId},
    textattrs::Username,
};

use super::{HOST, Host, KEY, OTHER_KEY, next, stats, until};
use crate::{
    Addr, DialKey, LinkFailure, Listener, Role, Transport,
    webrtc::{
        Limits, WebRtcConfig, WebRtcTransport,
        connection::{Connection, Plan},
        credentials::{Credentials, Crypto, Fingerprint},
        dial::Dial,
        flow::WINDOW,
    },
};

/// A dialer's first datagram as the listener of `KEY` expects it, signed with `signer`'s password.
fn request(dialer: &str, signer: &DialKey) -> Vec<u8> {
    let crypto = Crypto::new().expect("built in").provider();
    let listener = Credentials::of_listener(&KEY, dialer).ufrag;
    let pwd = Credentials::of_listener(signer, dialer).pwd;
    let mut message = Message::new();
    message
        .build(&[
            Box::new(BINDING_REQUEST),
            Box::new(TransactionId::new()),
            Box::new(Username::new(ATTR_USERNAME, format!("{listener}:{dialer}"))),
            Box::new(MessageIntegrity::new_short_term_integrity_with_provider(
                pwd,
                crypto.crypto(),
            )),
        ])
        .expect("short");
    message.raw
}

fn dialer(n: u64) -> String {
    let mut fingerprint = [0; 32];
    fingerprint[..8].copy_from_slice(&n.to_be_bytes());
    data_encoding::BASE64_NOPAD.encode(&fingerprint)
}

fn to_host(host: &Host) -> (UdpSocket, SocketAddr) {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("loopback");
    (socket, SocketAddr::from(([127, 0, 0, 1], host.listener.mux.port())))
}

#[tokio::test]
async fn junk_neither_opens_anything_nor_keeps_an_honest_dialer_out() {
    let mut host = Host::on_loopback();
    let (socket, port) = to_host(&host);
    // Marsaglia's xorshift: any cheap scatter of bytes does.
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let signed_wrong = request(&dialer(1), &OTHER_KEY);

    for n in 0..10_000 {
        let mut junk: Vec<u8> = (0..random() % 32).flat_map(|_| random().to_be_bytes()).collect();
        match n % 4 {
            0 => junk.splice(..0, [0, 1, 0, 8, 0x21, 0x12, 0xa4, 0x42]).for_each(drop),
            1 => junk.clone_from(&signed_wrong),
            2 => {
                junk.clone_from(&signed_wrong);
                let at = usize::try_from(random()).expect("64 bit") % junk.len();
                junk[at] = n as u8;
            }
            _ => {}
        }
        socket.send_to(&junk, port).expect("loopback");
        if n % 100 == 0 {
            tokio::task::yield_now().await;
        }
    }

    let (dialer, mut listener) = host.linked().await;
    dialer.send(vec![1]).await.expect("open");
    assert_eq!(next(&mut listener).await, Some(vec![1]));
    assert_eq!(host.listener.mux.routes(), 1);
}

#[tokio::test]
async fn half_open_dials_are_limited_and_forgotten() {
    let limits = Limits { source_burst: 8, ..Limits::default() };
    let open_timeout = Duration::from_millis(300);
    let mut host = Host::new(WebRtcConfig { limits, open_timeout, ..WebRtcConfig::default() });
    for n in 0..100 {
        let (socket, port) = to_host(&host);
        socket.send_to(&request(&dialer(n), &KEY), port).expect("loopback");
    }

    until(|| host.listener.mux.routes() == 8).await;
    until(|| host.listener.mux.routes() == 0).await;
    assert!(host.incoming.try_recv().is_err());
}

#[tokio::test]
async fn friends_address_cannot_be_taken_over() {
    let mut host = Host::on_loopback();
    let (socket, port) = to_host(&host);
    socket.send_to(&request(&dialer(1), &KEY), port).expect("loopback");
    socket.send_to(&request(&dialer(2), &KEY), port).expect("loopback");

    // Datagrams come in order on loopback, so both have been seen before this dial.
    host.linked().await;

    assert_eq!(host.listener.mux.routes(), 2);
}

#[tokio::test]
async fn refused_key_gets_no_connection_even_if_signed() {
    let mut host = Host::on_loopback();
    host.listener.refuse(&KEY);
    host.listener.admit(OTHER_KEY, HOST);
    let (socket, port) = to_host(&host);
    socket.send_to(&request(&dialer(1), &KEY), port).expect("loopback");

    let addrs = [host.addr("127.0.0.1")];
    let honest = super::transport().dial(&addrs, OTHER_KEY, HOST).await;

    assert!(honest.is_ok());
    host.next().await;
    assert_eq!(host.listener.mux.routes(), 1);
}

/// A path to the host that lets through only address checks of whoever comes first, and all of
/// the others: as if the first handshake were lost.
async fn path_that_loses_one_handshake(host: SocketAddr) -> SocketAddr {
    let outside = Arc::new(tokio::net::UdpSocket::bind("127.0.0.1:0").await.expect("loopback"));
    let addr = outside.local_addr().expect("bound");
    tokio::spawn(async move {
        let mut dialers: Vec<(SocketAddr, Arc<tokio::net::UdpSocket>)> = Vec::new();
        let mut datagram = [0; 2048];
        loop {
            let (len, from) = outside.recv_from(&mut datagram).await.expect("bound");
            if !dialers.iter().any(|(dialer, _inside)| *dialer == from) {
                let inside = tokio::net::UdpSocket::bind("127.0.0.1:0").await.expect("loopback");
                let inside = Arc::new(inside);
                dialers.push((from, Arc::clone(&inside)));
                let outside = Arc::clone(&outside);
                tokio::spawn(async move {
                    let mut datagram = [0; 2048];
                    while let Ok(len) = inside.recv(&mut datagram).await {
                        outside.send_to(&datagram[..len], from).await.expect("loopback");
                    }
                });
                dialers.last().expect("pushed").1.connect(host).await.expect("loopback");
            }
            let at = dialers.iter().position(|(dialer, _inside)| *dialer == from).expect("known");
            let is_stun = datagram[0] < 2;
            if at > 0 || is_stun {
                dialers[at].1.send(&datagram[..len]).await.expect("loopback");
            }
        }
    });
    addr
}

#[tokio::test]
async fn handshake_that_hangs_is_replaced_by_a_fresh_one() {
    let mut host = Host::on_loopback();
    let (_socket, port) = to_host(&host);
    let path = path_that_loses_one_handshake(port).await;
    // The library itself gives the handshake up only after 8 s.
    let (attempt_timeout, dial_timeout) = (Duration::from_millis(500), Duration::from_secs(6));
    let config = WebRtcConfig { attempt_timeout, dial_timeout, ..WebRtcConfig::default() };
    let dialer = WebRtcTransport::new(config);

    let dialer = dialer.dial(&[Addr::from_socket_addr(path)], KEY, HOST).await.expect("at last");

    let mut listener = host.next().await;
    dialer.send(vec![1]).await.expect("open");
    assert_eq!(next(&mut listener).await, Some(vec![1]));
}

/// A connection that keeps to no rules, and the link the host has of it.
async fn rogue(host: &mut Host, ufrag: Option<String>) -> Option<Connection> {
    let crypto = Crypto::new().expect("built in");
    let candidates = vec![SocketAddr::from(([127, 0, 0, 1], host.listener.mux.port()))];
    let identity = crypto.identity().expect("a certificate");
    let ufrag = ufrag.unwrap_or_else(|| identity.fingerprint.to_ufrag());
    let attempt_timeout = super::HANG;
    let dial = Dial { crypto: crypto.clone(), key: KEY, candidates, binder: None, attempt_timeout };
    let plan = Plan {
        role: Role::Dialer,
        started: Instant::now(),
        theirs: Credentials::of_listener(&KEY, &ufrag),
        ours: Credentials::of_dialer(&KEY, ufrag),
        their_fingerprint: None,
        wirings: dial.wirings().expect("loopback"),
        candidates: dial.candidates,
        more: None,
        identity,
    };
    Connection::open(plan, &crypto).await.ok().map(|(connection, _opened)| connection)
}

#[tokio::test]
async fn peer_that_floods_beyond_its_window_is_cut_off() {
    let mut host = Host::on_loopback();
    let rogue = rogue(&mut host, None).await.expect("knows the key");
    let mut listener = host.next().await;

    let frame = BytesMut::from(&[7; 65_536][..]);
    while rogue.channel.send(frame.clone()).await.is_ok() {}

    until(|| stats(&listener).closed == Some(LinkFailure::Broken)).await;
    let mut received = 0;
    while let Some(frame) = next(&mut listener).await {
        received += frame.len();
    }
    assert!(received <= WINDOW as usize + 32 * 65_536, "{received} bytes held");
}

#[tokio::test]
async fn peer_that_opens_another_channel_is_cut_off() {
    let mut host = Host::on_loopback();
    let rogue = rogue(&mut host, None).await.expect("knows the key");
    let mut listener = host.next().await;

    let _channel = rogue.open_another_channel().await;

    assert_eq!(next(&mut listener).await, None);
    assert_eq!(stats(&listener).closed, Some(LinkFailure::Broken));
}

#[tokio::test]
async fn peer_that_grants_itself_credit_is_cut_off() {
    let mut host = Host::on_loopback();
    let rogue = rogue(&mut host, None).await.expect("knows the key");
    let mut listener = host.next().await;

    rogue.channel.send_text("credit 4294967295").await.expect("open");

    assert_eq!(next(&mut listener).await, None);
    assert_eq!(stats(&listener).closed, Some(LinkFailure::Broken));
}

#[tokio::test]
async fn dialer_must_hold_the_certificate_its_name_promises() {
    let open_timeout = Duration::from_secs(1);
    let mut host = Host::new(WebRtcConfig { open_timeout, ..WebRtcConfig::default() });
    let other = Fingerprint::UNKNOWN.to_ufrag();

    let opening = tokio::time::timeout(Duration::from_secs(2), rogue(&mut host, Some(other)));

    assert!(!matches!(opening.await, Ok(Some(_))));
    assert!(host.incoming.try_recv().is_err());
    until(|| host.listener.mux.routes() == 0).await;
}
