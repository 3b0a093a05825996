//! One UDP port for many dialers: decides which connection a datagram belongs to, and whether a
//! stranger's deserves a new one.
//!
//! A stranger's first datagram must be a STUN binding request whose USERNAME names an admitted
//! key, or a connection agreed on by offer and answer, and whose MESSAGE-INTEGRITY proves the
//! stranger knows its password. Until then nothing is allocated, remembered or answered.

use std::{
    collections::{BTreeMap, HashMap},
    io::{self, IoSliceMut},
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::{Duration, Instant},
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    task::JoinHandle,
    time::sleep,
};
use webrtc::runtime::RecvMeta;

use super::{
    credentials::{Admitted, Credentials, Crypto, Fingerprint},
    gate::{Gate, Limits},
    inbox::{Batch, Inbox},
    socket::{Family, Socket, Udp, Wiring},
    stun_client::MuxStun,
};
use crate::{DialKey, stun};

/// Addresses one dialer may use at once: its interfaces, times two for IPv4 and IPv6.
const MAX_SOURCES: usize = 8;

/// The largest datagram expected; longer ones are cut, which makes them invalid.
const DATAGRAM_LEN: usize = 2048;

/// Offers have no address of their own: relays pass them on. Together they count as one source.
const OFFERED: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

/// How long a socket that cannot receive is left alone: its network may be gone for a while.
const RECEIVE_PAUSE: Duration = Duration::from_millis(100);

/// A dialer that knows an admitted key and may open a connection.
#[derive(Debug)]
pub(super) struct Newcomer {
    pub(super) started: Instant,
    pub(super) from: SocketAddr,
    pub(super) ours: Credentials,
    pub(super) theirs: Credentials,
    pub(super) fingerprint: Fingerprint,
    pub(super) place: Place,
}

/// A connection's place among those of a port; dropping it gives the place up.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) route: RouteGuard,
    pub(super) half_open: OwnedSemaphorePermit,
    pub(super) link: OwnedSemaphorePermit,
}

type Sockets = Vec<(Family, Arc<Udp>)>;

/// The sockets of one port and what is known of who sends to them.
#[derive(Debug)]
pub(super) struct Mux {
    sockets: Sockets,
    port: u16,
    /// Asks servers how they see the port.
    pub(super) stun: Arc<MuxStun>,
    crypto: Crypto,
    newcomers: mpsc::Sender<Newcomer>,
    half_open: Arc<Semaphore>,
    links: Arc<Semaphore>,
    table: Mutex<Table>,
    readers: Mutex<Vec<JoinHandle<()>>>,
}

#[derive(Debug)]
struct Table {
    gate: Gate,
    keys: BTreeMap<DialKey, Admitted>,
    /// Connections by the USERNAME of their dialer's requests.
    by_name: HashMap<String, Arc<Route>>,
    by_source: HashMap<SocketAddr, Arc<Route>>,
}

/// Where the datagrams of one connection go.
#[derive(Debug)]
struct Route {
    name: String,
    /// What requests to it are signed with.
    pwd: String,
    inboxes: Vec<(Family, Arc<Inbox>)>,
    sources: Mutex<Vec<SocketAddr>>,
}

impl Route {
    fn push(&self, from: SocketAddr, stride: usize, bytes: &[u8]) {
        let family = Family::of(from);
        if let Some((_family, inbox)) = self.inboxes.iter().find(|(of, _inbox)| *of == family) {
            inbox.push(Batch { from, stride, bytes: bytes.to_vec() });
        }
    }
}

impl Mux {
    /// Binds `port`, or any if it is taken, for IPv4 and IPv6 where the machine has them.
    ///
    /// # Errors
    ///
    /// If neither family can be bound.
    pub(super) fn bind(
        port: u16,
        limits: Limits,
        crypto: Crypto,
        newcomers: mpsc::Sender<Newcomer>,
    ) -> io::Result<Arc<Self>> {
        let sockets = bind_families(port).or_else(|error| {
            log::info!("port {port} cannot be had ({error}); taking any");
            bind_families(0)
        })?;
        let (_family, first) = sockets.first().ok_or(io::ErrorKind::AddrNotAvailable)?;
        let port = first.port()?;
        let mux = Arc::new(Self {
            stun: MuxStun::new(sockets.clone(), port),
            sockets,
            port,
            crypto,
            newcomers,
            half_open: Arc::new(Semaphore::new(limits.half_open)),
            links: Arc::new(Semaphore::new(limits.links)),
            table: Mutex::new(Table {
                gate: Gate::new(limits),
                keys: BTreeMap::new(),
                by_name: HashMap::new(),
                by_source: HashMap::new(),
            }),
            readers: Mutex::default(),
        });
        let readers = mux
            .sockets
            .iter()
            .map(|(_family, udp)| tokio::spawn(read(Arc::clone(udp), Arc::downgrade(&mux))));
        mux.readers.lock().unwrap_or_else(PoisonError::into_inner).extend(readers);
        Ok(mux)
    }

    /// What others dial.
    pub(super) fn sockets(&self) -> impl Iterator<Item = &Arc<Udp>> {
        self.sockets.iter().map(|(_family, udp)| udp)
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn has(&self, family: Family) -> bool {
        self.sockets.iter().any(|(of, _udp)| *of == family)
    }

    pub(super) fn admit(&self, key: DialKey) {
        self.lock().keys.insert(key, Admitted::new(&key));
    }

    pub(super) fn refuse(&self, key: &DialKey) {
        self.lock().keys.remove(key);
    }

    pub(super) fn refuse_all(&self) {
        self.lock().keys.clear();
    }

    /// Connections open or opening.
    #[cfg(test)]
    pub(super) fn routes(&self) -> usize {
        self.lock().by_name.len()
    }

    /// Passes on what one receive brought: datagrams of `stride` bytes.
    fn deliver(self: &Arc<Self>, from: SocketAddr, stride: usize, bytes: &[u8]) {
        let mut table = self.lock();
        // Never another dialer's: whoever knows the key could take over a friend's address by
        // forging it. A router that gives the address away again must wait a few seconds.
        if let Some(route) = table.by_source.get(&from) {
            route.push(from, stride, bytes);
            return;
        }
        for datagram in bytes.chunks(stride.max(1)) {
            if !self.stun.accept(from, datagram) {
                self.meet(&mut table, from, datagram);
            }
        }
    }

    /// A datagram from an address not known yet.
    fn meet(self: &Arc<Self>, table: &mut Table, from: SocketAddr, datagram: &[u8]) -> Option<()> {
        let request = stun::inspect(datagram)?;
        let name = request.username();
        let route = match table.by_name.get(&name) {
            Some(route) if self.crypto.is_signed(&request, &route.pwd) => Arc::clone(route),
            Some(_forged) => return None,
            None => {
                let (key, ours) = table.named(&request)?;
                if !self.crypto.is_signed(&request, &ours.pwd) {
                    return None;
                }
                let fingerprint = Fingerprint::from_ufrag(request.dialer)?;
                let theirs = Credentials::of_dialer(key, request.dialer.to_owned());
                self.welcome(table, from, name, (ours, theirs, fingerprint))?
            }
        };
        table.attach(from, &route)?;
        route.push(from, datagram.len(), datagram);
        Some(())
    }

    /// Makes room for a new connection, if there is any.
    fn welcome(
        self: &Arc<Self>,
        table: &mut Table,
        from: SocketAddr,
        name: String,
        (ours, theirs, fingerprint): (Credentials, Credentials, Fingerprint),
    ) -> Option<Arc<Route>> {
        let slot = self.newcomers.try_reserve().ok()?;
        let place = self.place(table, from.ip(), name, ours.pwd.clone())?;
        let (started, route) = (Instant::now(), Arc::clone(&place.route.route));
        slot.send(Newcomer { started, from, ours, theirs, fingerprint, place });
        Some(route)
    }

    /// Makes room for a connection agreed on by offer and answer: whoever signs with the password
    /// of `ours` and calls us `ours`, itself `theirs`, belongs to it. `None` if there is no room.
    pub(super) fn expect(self: &Arc<Self>, ours: &Credentials, theirs: &str) -> Option<Place> {
        let name = format!("{}:{theirs}", ours.ufrag);
        let mut table = self.lock();
        if table.by_name.contains_key(&name) {
            return None;
        }
        self.place(&mut table, OFFERED, name, ours.pwd.clone())
    }

    fn place(
        self: &Arc<Self>,
        table: &mut Table,
        source: IpAddr,
        name: String,
        pwd: String,
    ) -> Option<Place> {
        let half_open = Arc::clone(&self.half_open).try_acquire_owned().ok()?;
        let link = Arc::clone(&self.links).try_acquire_owned().ok()?;
        if !table.gate.admit(Instant::now(), source) {
            return None;
        }
        let inboxes = self.sockets.iter().map(|(family, _udp)| (*family, Arc::default())).collect();
        let route = Arc::new(Route { name, pwd, inboxes, sources: Mutex::default() });
        table.by_name.insert(route.name.clone(), Arc::clone(&route));
        Some(Place { route: RouteGuard { mux: Arc::clone(self), route }, half_open, link })
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The last user of the port is gone: its readers go too, and the sockets with them.
impl Drop for Mux {
    fn drop(&mut self) {
        for reader in self.readers.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            reader.abort();
        }
    }
}

impl Table {
    /// The admitted key a dialer means, and what we are called by who knows it: a hash for each
    /// key, since names do not last.
    fn named(&self, request: &stun::BindingRequest<'_>) -> Option<(&DialKey, Credentials)> {
        let is_meant = |admitted: &Admitted| admitted.ufrag(request.dialer) == request.listener;
        let (key, admitted) = self.keys.iter().find(|(_, admitted)| is_meant(admitted))?;
        Some((key, admitted.credentials(request.dialer)))
    }

    /// Routes what comes from `source`, unless the dialer has too many addresses already.
    fn attach(&mut self, source: SocketAddr, route: &Arc<Route>) -> Option<()> {
        let mut sources = route.sources.lock().unwrap_or_else(PoisonError::into_inner);
        if sources.len() >= MAX_SOURCES {
            return None;
        }
        sources.push(source);
        self.by_source.insert(source, Arc::clone(route));
        Some(())
    }
}

/// One connection's place on the port; dropping it gives the place up.
#[derive(Debug)]
pub(super) struct RouteGuard {
    mux: Arc<Mux>,
    route: Arc<Route>,
}

impl RouteGuard {
    /// The shared sockets, as seen by this connection.
    pub(super) fn wirings(&self) -> Vec<Wiring> {
        let inboxes = self.route.inboxes.iter();
        let sockets = self.mux.sockets.iter().zip(inboxes);
        sockets
            .map(|((family, udp), (_same, inbox))| Wiring {
                family: *family,
                socket: Socket::Shared(Arc::clone(udp), Arc::clone(inbox)),
            })
            .collect()
    }
}

impl Drop for RouteGuard {
    fn drop(&mut self) {
        let mut table = self.mux.lock();
        table.by_name.remove(&self.route.name);
        let sources = self.route.sources.lock().unwrap_or_else(PoisonError::into_inner);
        for source in &*sources {
            table.by_source.remove(source);
        }
    }
}

/// Binds all families on one port, as far as possible.
fn bind_families(port: u16) -> io::Result<Sockets> {
    let v4 = match Udp::bind(Family::V4, port) {
        Ok(udp) => udp,
        // A machine without IPv4 is rare; a port that is taken is not.
        Err(_no_ipv4) if port == 0 => {
            return Ok(vec![(Family::V6, Arc::new(Udp::bind(Family::V6, 0)?))]);
        }
        Err(error) => return Err(error),
    };
    let v6 = Udp::bind(Family::V6, v4.port()?);
    let mut sockets = vec![(Family::V4, Arc::new(v4))];
    match v6 {
        Ok(udp) => sockets.push((Family::V6, Arc::new(udp))),
        Err(error) => log::info!("not listening on IPv6: {error}"),
    }
    Ok(sockets)
}

/// Reads one socket for as long as anyone uses the port.
async fn read(udp: Arc<Udp>, mux: Weak<Mux>) {
    let mut bytes = vec![0; DATAGRAM_LEN.saturating_mul(udp.max_gro_segments())];
    loop {
        let mut meta = [RecvMeta::default()];
        let received = std::future::poll_fn(|cx| {
            udp.poll_recv(cx, &mut [IoSliceMut::new(&mut bytes)], &mut meta)
        });
        if let Err(error) = received.await {
            // Windows reports unreachable peers here; they are their connections' business.
            if error.kind() != io::ErrorKind::ConnectionReset {
                log::debug!("cannot receive: {error}");
                sleep(RECEIVE_PAUSE).await;
            }
            continue;
        }
        let Some(mux) = mux.upgrade() else { return };
        let [RecvMeta { addr, len, stride, .. }] = meta;
        if let Some(bytes) = bytes.get(..len) {
            mux.deliver(addr, stride, bytes);
        }
    }
}
