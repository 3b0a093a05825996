//! Links inside one process: for tests and demonstrations.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use tokio::sync::mpsc;

use crate::{
    Addr, AddrKind, Callee, DialKey, Dialing, Link, LinkStats, LinkTraits, Listener, Role,
    Transport, TransportError, TransportKind,
};

/// The longest frame, in bytes: as on WebRTC, so that tests meet the same limit.
const MAX_FRAME_LEN: usize = 128 * 1024;

/// What the devices of one test or demonstration share: whoever has the hub is reachable.
#[derive(Debug, Clone, Default)]
pub struct MemoryHub(Arc<Mutex<Devices>>);

#[derive(Debug, Default)]
struct Devices {
    next: u64,
    listening: BTreeMap<Vec<u8>, Listening>,
}

struct Listening {
    keys: BTreeSet<DialKey>,
    incoming: mpsc::Sender<Link>,
}

impl MemoryHub {
    /// A hub with nobody listening.
    pub fn new() -> Self {
        Self::default()
    }

    /// A device of its own, with an address of its own.
    pub fn transport(&self) -> MemoryTransport {
        let mut devices = self.lock();
        devices.next = devices.next.saturating_add(1);
        let addr = Addr { kind: AddrKind::Memory, bytes: devices.next.to_be_bytes().to_vec() };
        MemoryTransport { hub: self.clone(), addr }
    }

    /// Whoever listens at `addr` and admits `key`.
    fn find(&self, addr: &Addr, key: &DialKey) -> Option<mpsc::Sender<Link>> {
        let devices = self.lock();
        let found = devices.listening.get(&addr.bytes)?;
        found.keys.contains(key).then(|| found.incoming.clone())
    }

    fn lock(&self) -> MutexGuard<'_, Devices> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One device on a [`MemoryHub`].
#[derive(Debug, Clone)]
pub struct MemoryTransport {
    hub: MemoryHub,
    addr: Addr,
}

impl Transport for MemoryTransport {
    fn kind(&self) -> TransportKind {
        TransportKind::Memory
    }

    fn traits(&self) -> LinkTraits {
        LinkTraits { max_frame_len: MAX_FRAME_LEN, bytes_per_sec: 1_000_000_000, metered: false }
    }

    fn listen(&self, incoming: mpsc::Sender<Link>) -> Result<Box<dyn Listener>, TransportError> {
        let listening = Listening { keys: BTreeSet::new(), incoming };
        self.hub.lock().listening.insert(self.addr.bytes.clone(), listening);
        Ok(Box::new(MemoryListener { hub: self.hub.clone(), addr: self.addr.clone() }))
    }

    fn dial(&self, addrs: &[Addr], key: DialKey, _callee: Callee) -> Dialing {
        let started = Instant::now();
        let hub = self.hub.clone();
        let addrs: Vec<Addr> =
            addrs.iter().filter(|addr| addr.kind == AddrKind::Memory).cloned().collect();
        Box::pin(async move {
            if addrs.is_empty() {
                return Err(TransportError::NoUsableAddr);
            }
            let found = addrs.iter().find_map(|addr| Some((addr, hub.find(addr, &key)?)));
            let (addr, incoming) = found.ok_or(TransportError::Unreachable)?;
            let stats = LinkStats::starting(started, format!("memory {:?}", addr.bytes));
            let (ours, theirs) = Link::pair(TransportKind::Memory, Role::Dialer, None, stats);
            let theirs = theirs.limited(MAX_FRAME_LEN);
            // The listener may be gone by now: then nobody ever answers.
            incoming.send(theirs).await.map_err(|_closed| TransportError::Unreachable)?;
            Ok(ours.limited(MAX_FRAME_LEN))
        })
    }
}

#[derive(Debug)]
struct MemoryListener {
    hub: MemoryHub,
    addr: Addr,
}

impl Listener for MemoryListener {
    fn addrs(&self) -> Vec<Addr> {
        vec![self.addr.clone()]
    }

    fn admit(&self, key: DialKey, _callee: Callee) {
        if let Some(listening) = self.hub.lock().listening.get_mut(&self.addr.bytes) {
            listening.keys.insert(key);
        }
    }

    fn refuse(&self, key: &DialKey) {
        if let Some(listening) = self.hub.lock().listening.get_mut(&self.addr.bytes) {
            listening.keys.remove(key);
        }
    }
}

impl Drop for MemoryListener {
    fn drop(&mut self) {
        self.hub.lock().listening.remove(&self.addr.bytes);
    }
}

impl fmt::Debug for Listening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listening").field("keys", &self.keys.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::MemoryHub;
    use crate::{Callee, DialKey, Transport, TransportError};

    const KEY: DialKey = DialKey::from_bytes([7; 32]);
    const HOST: Callee = Callee::from_bytes([1; 16]);

    #[tokio::test]
    async fn dialer_with_the_key_gets_a_link_both_ways() {
        let (alice, bob) = two();
        let (incoming, mut links) = mpsc::channel(1);
        let listener = alice.listen(incoming).expect("memory");
        listener.admit(KEY, HOST);

        let mut ours = bob.dial(&listener.addrs(), KEY, HOST).await.expect("admitted");
        let mut theirs = links.recv().await.expect("a link");

        ours.send(b"hello".to_vec()).await.expect("open");
        theirs.send(b"hi".to_vec()).await.expect("open");
        assert_eq!(theirs.recv().await, Some(b"hello".to_vec()));
        assert_eq!(ours.recv().await, Some(b"hi".to_vec()));
    }

    #[tokio::test]
    async fn dialer_without_the_key_gets_nothing() {
        let (alice, bob) = two();
        let (incoming, mut links) = mpsc::channel(1);
        let listener = alice.listen(incoming).expect("memory");
        listener.admit(KEY, HOST);
        let other = DialKey::from_bytes([8; 32]);

        let refused = bob.dial(&listener.addrs(), other, HOST).await;

        assert!(matches!(refused, Err(TransportError::Unreachable)));
        assert!(links.try_recv().is_err());
    }

    #[tokio::test]
    async fn refused_key_and_dropped_listener_answer_no_longer() {
        let (alice, bob) = two();
        let (incoming, _links) = mpsc::channel(1);
        let listener = alice.listen(incoming).expect("memory");
        let addrs = listener.addrs();
        listener.admit(KEY, HOST);

        listener.refuse(&KEY);
        assert!(bob.dial(&addrs, KEY, HOST).await.is_err());
        listener.admit(KEY, HOST);
        drop(listener);
        assert!(bob.dial(&addrs, KEY, HOST).await.is_err());
    }

    #[tokio::test]
    async fn frame_too_long_for_the_link_is_refused() {
        let (alice, bob) = two();
        let (incoming, _links) = mpsc::channel(1);
        let listener = alice.listen(incoming).expect("memory");
        listener.admit(KEY, HOST);
        let link = bob.dial(&listener.addrs(), KEY, HOST).await.expect("admitted");

        assert!(link.send(vec![0; super::MAX_FRAME_LEN]).await.is_ok());
        assert!(link.send(vec![0; super::MAX_FRAME_LEN + 1]).await.is_err());
    }

    fn two() -> (super::MemoryTransport, super::MemoryTransport) {
        let hub = MemoryHub::new();
        (hub.transport(), hub.transport())
    }
}
