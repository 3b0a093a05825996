//! Links between real sockets of this machine.

use std::{net::SocketAddr, sync::PoisonError, time::Duration};

use tokio::{sync::mpsc, time::timeout};

use super::{MAX_FRAME_LEN, WebRtcConfig, WebRtcTransport, listen::WebRtcListener};
use crate::{Addr, DialKey, Link, LinkStats, Listener, Transport, TransportError};

const KEY: DialKey = DialKey::from_bytes([7; 32]);
const OTHER_KEY: DialKey = DialKey::from_bytes([8; 32]);

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
        listener.admit(KEY);
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
        let dialer = transport().dial(&[addr], KEY).await.expect("reachable");
        (dialer, self.next().await)
    }
}

fn stats(link: &Link) -> LinkStats {
    link.stats.lock().unwrap_or_else(PoisonError::into_inner).clone()
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
