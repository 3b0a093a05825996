//! Links between real sockets of this machine.

mod calls;
mod flow;
mod hostile;
mod streams;
mod stun;
mod turn;

use std::{net::SocketAddr, sync::PoisonError, time::Duration};

use tokio::{sync::mpsc, task::JoinSet, time::timeout};

use super::{WebRtcConfig, WebRtcTransport, listen::WebRtcListener};
use crate::{
    Addr, AddrKind, Callee, DialKey, Link, LinkFailure, LinkStats, Listener, Transport,
    TransportError,
};

const KEY: DialKey = DialKey::from_bytes([7; 32]);
const OTHER_KEY: DialKey = DialKey::from_bytes([8; 32]);
const HOST: Callee = Callee::from_bytes([1; 16]);

/// Far longer than anything here takes: only a hang meets it.
const HANG: Duration = Duration::from_secs(30);

fn transport() -> WebRtcTransport {
    WebRtcTransport::new(WebRtcConfig { loopback: true, ..WebRtcConfig::default() })
}

/// A dialer that gives up soon: for dials that cannot succeed.
fn impatient() -> WebRtcTransport {
    let dial_timeout = Duration::from_millis(500);
    WebRtcTransport::new(WebRtcConfig { dial_timeout, ..WebRtcConfig::default() })
}

struct Host {
    listener: WebRtcListener,
    incoming: mpsc::Receiver<Link>,
}

impl Host {
    fn new(config: WebRtcConfig) -> Self {
        let (links, incoming) = mpsc::channel(64);
        let transport = WebRtcTransport::new(config);
        let listener = transport.start_listening(links).expect("a port");
        listener.admit(KEY, HOST);
        Self { listener, incoming }
    }

    fn on_loopback() -> Self {
        Self::new(WebRtcConfig { loopback: true, ..WebRtcConfig::default() })
    }

    fn addr(&self, ip: &str) -> Addr {
        let ip = ip.parse().expect("an address");
        Addr::from_socket_addr(SocketAddr::new(ip, self.listener.mux.port()))
    }

    async fn next(&mut self) -> Link {
        timeout(HANG, self.incoming.recv()).await.expect("in time").expect("listening")
    }

    /// A link from both ends: the dialer's, then the listener's.
    async fn linked(&mut self) -> (Link, Link) {
        let addr = self.addr("127.0.0.1");
        let dialer = transport().dial(&[addr], KEY, HOST).await.expect("reachable");
        (dialer, self.next().await)
    }
}

fn stats(link: &Link) -> LinkStats {
    link.stats.lock().unwrap_or_else(PoisonError::into_inner).clone()
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

async fn next(link: &mut Link) -> Option<Vec<u8>> {
    timeout(HANG, link.recv()).await.expect("in time")
}

#[tokio::test]
async fn dial_opens_a_link_that_carries_frames_both_ways() {
    let mut host = Host::on_loopback();

    let (mut dialer, mut listener) = host.linked().await;

    dialer.send(b"hello".to_vec()).await.expect("open");
    assert_eq!(next(&mut listener).await, Some(b"hello".to_vec()));
    listener.send(Vec::new()).await.expect("open");
    listener.send(b"hi".to_vec()).await.expect("open");
    assert_eq!(next(&mut dialer).await, Some(Vec::new()));
    assert_eq!(next(&mut dialer).await, Some(b"hi".to_vec()));
    assert!(dialer.binding.is_some());
    assert_eq!(dialer.binding, listener.binding);
    let phases: Vec<_> = stats(&dialer).phases.iter().map(|phase| phase.name).collect();
    assert_eq!(phases, ["ice connected", "dtls connected", "channel open"]);
    assert_eq!(stats(&dialer).bytes_sent, 5);
    assert_eq!(stats(&dialer).bytes_received, 2);
}

#[tokio::test]
async fn ten_dialers_at_once_share_one_port() {
    let mut host = Host::on_loopback();
    let addr = host.addr("127.0.0.1");
    let mut dials = JoinSet::new();
    for n in 0..10_u8 {
        let dial = transport().dial(std::slice::from_ref(&addr), KEY, HOST);
        dials.spawn(async move {
            let link = dial.await.expect("reachable");
            link.send(vec![n]).await.expect("open");
            link
        });
    }

    let mut said = Vec::new();
    for _ in 0..10 {
        said.push(next(&mut host.next().await).await.expect("a frame"));
    }

    let links = dials.join_all().await;
    said.sort_unstable();
    assert_eq!(said, (0..10_u8).map(|n| vec![n]).collect::<Vec<_>>());
    assert_eq!(links.len(), 10);
}

#[tokio::test]
async fn dialer_with_another_key_gets_no_link_and_costs_no_connection() {
    let mut host = Host::on_loopback();
    let addr = host.addr("127.0.0.1");

    let refused = impatient().dial(&[addr], OTHER_KEY, HOST).await;

    assert!(matches!(refused, Err(TransportError::Unreachable)));
    assert_eq!(host.listener.mux.routes(), 0);
    assert!(host.incoming.try_recv().is_err());
}

#[tokio::test]
async fn several_keys_are_admitted_and_one_refused_while_its_links_stay() {
    let mut host = Host::on_loopback();
    host.listener.admit(OTHER_KEY, HOST);
    let addrs = [host.addr("127.0.0.1")];
    let (dialer, mut listener) = host.linked().await;

    host.listener.refuse(&KEY);

    assert!(impatient().dial(&addrs, KEY, HOST).await.is_err());
    assert!(transport().dial(&addrs, OTHER_KEY, HOST).await.is_ok());
    dialer.send(vec![1]).await.expect("still open");
    assert_eq!(next(&mut listener).await, Some(vec![1]));
}

#[tokio::test]
async fn dialer_that_tries_both_families_gets_one_link() {
    let mut host = Host::on_loopback();
    let mut addrs = vec![host.addr("127.0.0.1")];
    if std::net::UdpSocket::bind("[::1]:0").is_ok() {
        let only =
            transport().dial(&[host.addr("::1")], KEY, HOST).await.expect("reachable over IPv6");
        let mut listener = host.next().await;
        only.send(vec![6]).await.expect("open");
        assert_eq!(next(&mut listener).await, Some(vec![6]));
        assert!(stats(&only).remote.starts_with("[::1]:"), "{}", stats(&only).remote);
        addrs.insert(0, host.addr("::1"));
    }
    // Nobody is there: port 9 discards.
    addrs.insert(0, Addr::from_socket_addr("127.0.0.1:9".parse().expect("an address")));

    let dialer = transport().dial(&addrs, KEY, HOST).await.expect("reachable");
    let mut listener = host.next().await;

    dialer.send(vec![1]).await.expect("open");
    assert_eq!(next(&mut listener).await, Some(vec![1]));
    assert!(host.incoming.try_recv().is_err());
}

#[tokio::test]
async fn every_address_offered_can_be_dialed() {
    let mut host = Host::on_loopback();
    let addrs = host.listener.addrs();
    assert!(!addrs.is_empty());

    for addr in addrs {
        let dialed = transport().dial(std::slice::from_ref(&addr), KEY, HOST).await;
        assert!(dialed.is_ok(), "{:?}", addr.to_socket_addr());
        host.next().await;
    }
}

#[tokio::test]
async fn hanging_up_delivers_what_was_sent_and_tells_the_peer() {
    let mut host = Host::on_loopback();
    let (dialer, mut listener) = host.linked().await;
    let dialer_stats = std::sync::Arc::clone(&dialer.stats);
    let sending = tokio::spawn(async move {
        for n in 0..100_u8 {
            dialer.send(vec![n; 60_000]).await.expect("open");
        }
    });

    for n in 0..100_u8 {
        assert_eq!(
            next(&mut listener).await.map(|frame| (frame.len(), frame[0])),
            Some((60_000, n))
        );
    }
    assert_eq!(next(&mut listener).await, None);

    sending.await.expect("no panic");
    assert_eq!(stats(&listener).closed, Some(LinkFailure::PeerHungUp));
    assert!(listener.send(Vec::new()).await.is_err());
    until(|| dialer_stats.lock().expect("sound").closed == Some(LinkFailure::HungUp)).await;
    until(|| host.listener.mux.routes() == 0).await;
}

#[tokio::test]
async fn dropping_either_half_hangs_up() {
    let mut host = Host::on_loopback();
    let (dialer, mut listener) = host.linked().await;
    let (sender, receiver) = dialer.split();

    drop(receiver);

    assert_eq!(next(&mut listener).await, None);
    assert_eq!(stats(&listener).closed, Some(LinkFailure::PeerHungUp));
    timeout(HANG, sender.closed()).await.expect("in time");

    let (dialer, mut listener) = host.linked().await;
    let (sender, mut receiver) = dialer.split();
    drop(sender);
    assert_eq!(next(&mut listener).await, None);
    assert_eq!(timeout(HANG, receiver.recv()).await.expect("in time"), None);
}

#[tokio::test]
async fn dead_peer_is_noticed() {
    let mut host = Host::on_loopback();
    let addr = host.addr("127.0.0.1");
    let (linked, link) = tokio::sync::oneshot::channel();
    let process = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("one");
    process.spawn(async move {
        linked
            .send(transport().dial(&[addr], KEY, HOST).await.expect("reachable"))
            .expect("wanted");
    });
    let mut listener = host.next().await;
    let dialer = link.await.expect("linked");

    // As if killed: no task of the dialer ever runs again, and its sockets are gone.
    process.shutdown_background();

    assert_eq!(next(&mut listener).await, None);
    assert_eq!(stats(&listener).closed, Some(LinkFailure::Silent));
    until(|| host.listener.mux.routes() == 0).await;
    drop(dialer);
}

#[tokio::test]
async fn open_links_outlive_their_listener() {
    let mut host = Host::on_loopback();
    let addrs = [host.addr("127.0.0.1")];
    let (dialer, mut listener) = host.linked().await;

    drop(host);

    dialer.send(vec![1]).await.expect("open");
    assert_eq!(next(&mut listener).await, Some(vec![1]));
    assert!(impatient().dial(&addrs, KEY, HOST).await.is_err());
}

#[tokio::test]
async fn port_that_is_taken_is_replaced_by_another() {
    let first = Host::on_loopback();
    let port = first.listener.mux.port();

    let mut second = Host::new(WebRtcConfig { port, loopback: true, ..WebRtcConfig::default() });

    assert_ne!(second.listener.mux.port(), port);
    second.linked().await;
}

#[tokio::test]
async fn addresses_of_other_transports_are_not_dialed() {
    let addr = Addr { kind: AddrKind::Memory, bytes: vec![127, 0, 0, 1, 0, 9] };

    let refused = transport().dial(&[addr], KEY, HOST).await;

    assert!(matches!(refused, Err(TransportError::NoUsableAddr)));
}

/// Sends `len` bytes each way, in frames as long as they may be, and sees that they arrive.
async fn exchange(one: &mut Link, other: &mut Link, len: usize) {
    for forth in [true, false] {
        let (from, to) = if forth { (&*one, &mut *other) } else { (&*other, &mut *one) };
        let frames: Vec<Vec<u8>> =
            (0..len.div_ceil(65_536)).map(|n| vec![n as u8; 65_536]).collect();
        let sending = async {
            for frame in &frames {
                from.send(frame.clone()).await.expect("open");
            }
        };
        let receiving = async {
            for frame in &frames {
                assert_eq!(next(to).await.as_ref(), Some(frame));
            }
        };
        tokio::join!(sending, receiving);
    }
}
