//! The same on real links, whose own first datagrams are in clear.

#![expect(clippy::indexing_slicing, reason = "a test that panics has failed")]

use std::{collections::BTreeSet, net::SocketAddr, sync::Arc, sync::Mutex};

use tokio::{net::UdpSocket, sync::mpsc};
use transport::{
    Addr, Callee, DialKey, Listener, Transport as _,
    webrtc::{WebRtcConfig, WebRtcTransport},
};

const CALLEE: Callee = Callee::from_bytes([1; 16]);

/// Bytes that are looked at together.
const RUN: usize = 16;

/// Whether a part of a datagram could be a name or a key. Lengths and the like, which links may have
/// in common by chance, are mostly zeros; what surrounds the numbers of a certificate repeats some
/// bytes. A key has so many runs of bytes that are all different that not all can be overlooked.
fn could_be_a_name(datagram: &[u8], run: &[u8]) -> bool {
    let variety = if datagram[0] == HANDSHAKE { RUN } else { 12 };
    run.iter().collect::<BTreeSet<_>>().len() >= variety
}

/// The first byte of a record of DTLS that shakes hands (RFC 6347, section 4.1).
const HANDSHAKE: u8 = 22;

/// Somebody on the path between a dialer and `host`, who writes down all they see.
async fn path_to(host: SocketAddr) -> (SocketAddr, Arc<Mutex<Vec<Vec<u8>>>>) {
    let outside = Arc::new(UdpSocket::bind("127.0.0.1:0").await.expect("loopback"));
    let inside = Arc::new(UdpSocket::bind("127.0.0.1:0").await.expect("loopback"));
    inside.connect(host).await.expect("loopback");
    let addr = outside.local_addr().expect("bound");
    let seen = Arc::new(Mutex::new(Vec::new()));
    let notes = Arc::clone(&seen);
    tokio::spawn(async move {
        let mut dialer = None;
        let (mut there, mut back) = ([0; 2_048], [0; 2_048]);
        loop {
            let note = |bytes: &[u8]| notes.lock().expect("no panic").push(bytes.to_vec());
            tokio::select! {
                Ok((len, from)) = outside.recv_from(&mut there) => {
                    dialer = Some(from);
                    note(&there[..len]);
                    let _ = inside.send(&there[..len]).await;
                }
                Ok(len) = inside.recv(&mut back) => {
                    note(&back[..len]);
                    if let Some(dialer) = dialer {
                        let _ = outside.send_to(&back[..len], dialer).await;
                    }
                }
                else => return,
            }
        }
    });
    (addr, seen)
}

struct Host {
    listener: Box<dyn Listener>,
    incoming: mpsc::Receiver<transport::Link>,
    key: DialKey,
}

impl Host {
    fn new(key: u8) -> Self {
        let (sender, incoming) = mpsc::channel(4);
        let config = WebRtcConfig { loopback: true, discovery: false, ..WebRtcConfig::default() };
        let listener = WebRtcTransport::new(config).listen(sender).expect("a port");
        let key = DialKey::from_bytes([key; 32]);
        listener.admit(key, CALLEE);
        Self { listener, incoming, key }
    }

    /// Every run of bytes in what can be read of one link, until it is open and carries something.
    async fn runs_of_a_link(&mut self) -> BTreeSet<Vec<u8>> {
        let addrs = self.listener.addrs();
        let port = addrs.iter().find_map(Addr::to_socket_addr).expect("a port").port();
        let (path, seen) = path_to(SocketAddr::from(([127, 0, 0, 1], port))).await;
        let config = WebRtcConfig { loopback: true, discovery: false, ..WebRtcConfig::default() };
        let dialer = WebRtcTransport::new(config);
        let addr = Addr::from_socket_addr(path);
        let link = dialer.dial(&[addr], self.key, CALLEE).await.expect("reachable");
        let mut theirs = self.incoming.recv().await.expect("dialed");
        link.send(b"meet at nine".to_vec()).await.expect("open");
        assert_eq!(theirs.recv().await.as_deref(), Some(&b"meet at nine"[..]));
        let mut seen = seen.lock().expect("no panic");
        // Hellos of DTLS say what time it is.
        for hello in
            seen.iter_mut().filter(|seen| seen[0] == HANDSHAKE && matches!(seen[13], 1 | 2))
        {
            hello[27..31].fill(0);
        }
        let is_in_clear = |datagram: &&Vec<u8>| datagram[0] < 2 || datagram[0] == HANDSHAKE;
        let words = b"meet at";
        assert!(!seen.iter().any(|bytes| bytes.windows(words.len()).any(|part| part == words)));
        let read = seen.iter().filter(is_in_clear);
        let runs = read.flat_map(|datagram| datagram.windows(RUN).map(move |run| (datagram, run)));
        runs.filter(|(datagram, run)| could_be_a_name(datagram, run))
            .map(|(_, run)| run.to_vec())
            .collect()
    }
}

/// Two links to one device have nothing in common: neither a name nor a certificate that lasts (the
/// rotating names of Bitchat hid no key that went with them in clear).
#[tokio::test]
async fn two_links_to_one_device_cannot_be_told_from_links_to_two() {
    let mut host = Host::new(100);

    let (first, second) = (host.runs_of_a_link().await, host.runs_of_a_link().await);

    assert!(first.len() > 500, "{} runs could be a name", first.len());
    let lasting: Vec<_> = first.intersection(&second).collect();
    assert!(lasting.is_empty(), "{lasting:?}");
}
