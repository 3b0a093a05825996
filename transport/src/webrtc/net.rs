//! What reaches beyond the local network: the servers in use, and what is known of the way there.

use std::{
    fmt, io,
    net::SocketAddr,
    str::FromStr,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{broadcast, watch},
    time::timeout,
};

use super::{
    WebRtcConfig,
    connection::Progress,
    interfaces::Interfaces,
    out_of_reach::OutOfReach,
    pace::Pace,
    rendezvous::Rendezvous,
    socket::{Family, Udp},
    stun_client::{MuxStun, Public},
};
use crate::{
    Addr, DialKey, LinkFailure, SocketBinder,
    addr::names_one_device,
    lan::Lan,
    nat::NatKind,
    nostr::{RelayPool, RelayUrl},
    route::{self, Route},
    servers::{Servers, StunUrl, TurnServer},
    tls::{self, Tls},
};

/// Relays used at once, our own and the other end's: enough that some of them work.
const MAX_RELAYS: usize = 6;

/// How long a call waits for what servers say of us, the first time.
const FIRST_LOOK: Duration = Duration::from_millis(300);

/// Calls that may wait for whoever listens to them.
const MAX_CALLS: usize = 64;

/// Shared by a transport, its listeners and its dials.
#[derive(Debug)]
pub(super) struct Net {
    pub(super) interfaces: Interfaces,
    /// Looks for friends on the local network, once there is a port to tell them of.
    lan: OnceLock<Lan>,
    reach: watch::Sender<Option<Arc<Reach>>>,
    public: watch::Sender<Public>,
    pace: Mutex<Pace>,
    links: Mutex<Vec<OpenLink>>,
    changed: watch::Sender<()>,
    calls: broadcast::Sender<DialKey>,
    never_relay: AtomicBool,
    out_of_reach: Mutex<OutOfReach>,
    binder: OnceLock<SocketBinder>,
    /// Sockets that others dial.
    dialed: Mutex<Vec<Weak<Udp>>>,
}

/// The servers in use.
#[derive(Debug)]
pub(super) struct Reach {
    pub(super) relays: Vec<RelayUrl>,
    pub(super) stun: Vec<StunUrl>,
    pub(super) turn: Vec<TurnServer>,
    pub(super) tls: Tls,
    pub(super) pool: RelayPool,
    pub(super) rendezvous: Rendezvous,
}

/// What tells that a link's network is gone.
#[derive(Debug)]
struct OpenLink {
    progress: Progress,
    remote: SocketAddr,
    route: Route,
}

impl Net {
    /// Without any server yet.
    pub(super) fn new(config: &WebRtcConfig) -> Self {
        Self {
            interfaces: Interfaces::new(config.loopback),
            lan: OnceLock::new(),
            reach: watch::Sender::default(),
            public: watch::Sender::default(),
            pace: Mutex::default(),
            links: Mutex::default(),
            changed: watch::Sender::default(),
            calls: broadcast::Sender::new(MAX_CALLS),
            never_relay: AtomicBool::new(false),
            out_of_reach: Mutex::default(),
            binder: OnceLock::new(),
            dialed: Mutex::default(),
        }
    }

    /// See [`SocketBinder`].
    pub(super) fn binder(&self) -> Option<&SocketBinder> {
        self.binder.get()
    }

    pub(super) fn set_binder(&self, binder: SocketBinder) {
        let _only_the_first_counts = self.binder.set(binder);
    }

    /// Has these sockets, as long as there are any, bound to the network that others dial them by.
    pub(super) fn keep_bound<'s>(&self, sockets: impl Iterator<Item = &'s Arc<Udp>>) {
        if self.binder.get().is_some() {
            let mut dialed = self.dialed.lock().unwrap_or_else(PoisonError::into_inner);
            dialed.extend(sockets.map(Arc::downgrade));
            drop(dialed);
            self.bind_anew();
        }
    }

    /// Binds them anew whenever the network is another one.
    pub(super) async fn follow_binder(&self) {
        let Some(binder) = self.binder() else { return std::future::pending().await };
        loop {
            binder.changed().await;
            self.bind_anew();
        }
    }

    fn bind_anew(&self) {
        let mut dialed = self.dialed.lock().unwrap_or_else(PoisonError::into_inner);
        dialed.retain(|udp| {
            let udp = udp.upgrade();
            udp.inspect(|udp| udp.be_bound(self.binder(), &[])).is_some()
        });
    }

    /// Begins to look for friends on the local network and to tell them of `port`.
    ///
    /// # Errors
    ///
    /// Outside a tokio runtime.
    pub(super) fn meet_neighbors(&self, port: u16, loopback: bool) -> io::Result<()> {
        if self.lan.get().is_none() {
            let _first_port_counts = self.lan.set(Lan::start(port, loopback)?);
        }
        Ok(())
    }

    pub(super) fn lan(&self) -> Option<&Lan> {
        self.lan.get()
    }

    /// Uses these servers from now on.
    ///
    /// # Errors
    ///
    /// If the file of certificates cannot be used.
    pub(super) fn set_servers(&self, servers: &Servers) -> io::Result<()> {
        let reach = match servers == &Servers::none() {
            true => None,
            false => Some(Arc::new(Reach::new(servers)?)),
        };
        self.reach.send_replace(reach);
        self.pace().reset();
        Ok(())
    }

    /// Whether frames may go through a TURN server, which may cost the person money.
    pub(super) fn may_relay(&self) -> bool {
        !self.never_relay.load(Ordering::Relaxed)
    }

    pub(super) fn set_may_relay(&self, may: bool) {
        self.never_relay.store(!may, Ordering::Relaxed);
    }

    /// The servers in use, if any.
    pub(super) fn reach(&self) -> Option<Arc<Reach>> {
        self.reach.borrow().clone()
    }

    /// Tells when the servers change.
    pub(super) fn reaches(&self) -> watch::Receiver<Option<Arc<Reach>>> {
        self.reach.subscribe()
    }

    /// How the world sees the listening port, as far as known.
    pub(super) fn public(&self) -> Public {
        self.public.borrow().clone()
    }

    #[cfg(test)]
    pub(super) fn set_public(&self, public: Public) {
        self.public.send_replace(public);
    }

    pub(super) fn nat(&self) -> NatKind {
        self.public.borrow().nat
    }

    /// Whether UDP comes back from the internet, as far as is known: before the first answer, and
    /// where there is none to be had, it may not.
    pub(super) fn hears_internet(&self) -> bool {
        let asks = self.reach().is_some_and(|reach| !reach.stun.is_empty());
        let public = self.public.borrow();
        public.nat != NatKind::Blocked && (!asks || !public.addrs.is_empty())
    }

    /// The same, after a moment's wait if nothing is known yet though servers are asked.
    pub(super) async fn soon_public(&self) -> Public {
        let mut public = self.public.subscribe();
        if self.reach().is_some_and(|reach| !reach.stun.is_empty()) {
            let known = public.wait_for(|public| *public != Public::default());
            let _still_unknown = timeout(FIRST_LOOK, known).await;
        }
        self.public()
    }

    /// Believes what a listening port learns about itself, until it is given up.
    pub(super) async fn learn(&self, stun: &MuxStun) {
        let (mut learned, mut changed) = (stun.public(), self.changed.subscribe());
        loop {
            self.public.send_replace(learned.borrow_and_update().clone());
            tokio::select! {
                learned = learned.changed() => if learned.is_err() { return },
                _never_fails = changed.changed() => stun.network_changed(),
            }
        }
    }

    /// Tells of whoever calls, before they are answered.
    pub(super) fn calls(&self) -> &broadcast::Sender<DialKey> {
        &self.calls
    }

    pub(super) fn pace(&self) -> MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where this device can be found on its own networks, at `port`.
    pub(super) fn host_addrs(&self, port: impl Fn(Family) -> Option<u16>) -> Vec<SocketAddr> {
        let ips = self.interfaces.addrs().into_iter();
        ips.filter_map(|ip| Some(SocketAddr::new(ip, port(Family::of_ip(ip))?))).collect()
    }

    /// Those of them that are worth telling to whoever may be anywhere.
    pub(super) fn offered_addrs(&self, port: impl Fn(Family) -> Option<u16>) -> Vec<SocketAddr> {
        let mut addrs = self.host_addrs(port);
        addrs.retain(|addr| names_one_device(addr.ip()));
        addrs
    }

    /// Watches an open link to `remote` for its network going away.
    pub(super) fn watch_link(&self, progress: &Progress, remote: SocketAddr) {
        let Ok(route) = route::to(remote, self.binder()) else { return };
        let mut links = self.links();
        links.retain(|link| !link.progress.has_ended());
        links.push(OpenLink { progress: progress.clone(), remote, route });
    }

    /// The device's addresses may have changed: links that began on another one are over, since
    /// the other end would hear of it only by silence.
    pub(super) fn network_changed(&self) {
        self.interfaces.forget();
        self.bind_anew();
        self.pace().reset();
        *self.out_of_reach() = OutOfReach::default();
        self.changed.send_replace(());
        if let Some(lan) = self.lan() {
            lan.network_changed();
        }
        if let Some(reach) = self.reach() {
            reach.pool.network_changed();
        }
        self.links().retain(|link| {
            let route = route::to(link.remote, self.binder());
            let stays = route.is_ok_and(|route| route == link.route);
            if !stays {
                link.progress.end(LinkFailure::Moved);
            }
            stays
        });
    }

    /// Servers on which no place can be visited from here.
    pub(super) fn out_of_reach(&self) -> MutexGuard<'_, OutOfReach> {
        self.out_of_reach.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn links(&self) -> MutexGuard<'_, Vec<OpenLink>> {
        self.links.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reach {
    fn new(servers: &Servers) -> io::Result<Self> {
        let tls = tls::client_config(servers.trust.as_deref())?;
        let pool = RelayPool::new(tls.clone());
        let mut relays = parsed("relay", servers.relays.iter().map(String::as_str));
        relays.truncate(MAX_RELAYS);
        // Connected before anybody scans: that alone would take two or more round trips.
        pool.set_home(&relays);
        Ok(Self {
            relays,
            stun: parsed("STUN server", servers.stun.iter().map(String::as_str)),
            turn: servers.turn.clone(),
            tls,
            rendezvous: Rendezvous::new(pool.clone()),
            pool,
        })
    }

    /// Where one who can be dialed at `addrs` is called: at its relays and at ours. Nowhere if
    /// this device uses no relays.
    pub(super) fn meeting_places(&self, addrs: &[Addr]) -> Vec<RelayUrl> {
        if self.relays.is_empty() {
            return Vec::new();
        }
        let theirs: Vec<String> = addrs.iter().flat_map(Addr::relay_urls).collect();
        let mut places = parsed("relay", theirs.iter().map(String::as_str));
        for ours in &self.relays {
            if !places.contains(ours) {
                places.push(ours.clone());
            }
        }
        places.truncate(MAX_RELAYS);
        places
    }
}

/// Those of `urls` that can be used, each once.
fn parsed<'a, T>(what: &str, urls: impl Iterator<Item = &'a str>) -> Vec<T>
where
    T: FromStr<Err: fmt::Display> + PartialEq,
{
    let mut usable = Vec::new();
    for url in urls {
        match url.parse() {
            Ok(one) if !usable.contains(&one) => usable.push(one),
            Ok(_twice) => {}
            Err(error) => log::warn!("the {what} {url} is not used: {error}"),
        }
    }
    usable
}
