//! Being dialed.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{
    sync::{mpsc, watch},
    time::timeout,
};
use webrtc::error::Error;

use super::{
    MAX_FRAME_LEN,
    answer::Switchboard,
    connection::{Connection, Opened, Plan},
    credentials::Crypto,
    mux::{Mux, Newcomer, Place},
    net::Net,
    pump,
};
use crate::{Addr, Callee, DialKey, Link, LinkPath, LinkStats, Listener, Role, TransportKind};

/// A port others may dial.
#[derive(Debug)]
pub(super) struct WebRtcListener {
    pub(super) mux: Arc<Mux>,
    pub(super) net: Arc<Net>,
    pub(super) switchboard: Arc<Switchboard>,
    /// Dropped with the listener, which ends what is still opening.
    pub(super) _listening: watch::Sender<()>,
}

impl Listener for WebRtcListener {
    fn addrs(&self) -> Vec<Addr> {
        let port = |family| self.mux.has(family).then(|| self.mux.port());
        let hosts = self.net.host_addrs(port).into_iter();
        let mut addrs: Vec<Addr> = hosts.map(Addr::from_socket_addr).collect();
        let relays: Vec<String> = self
            .net
            .reach()
            .iter()
            .flat_map(|reach| &reach.relays)
            .map(ToString::to_string)
            .collect();
        // After the best address, before those that an invite may have no room for.
        let at = addrs.len().min(1);
        addrs.splice(at..at, Addr::of_relays(relays.iter().map(String::as_str)));
        addrs
    }

    fn admit(&self, key: DialKey, callee: Callee) {
        self.mux.admit(key);
        self.switchboard.admit(key, callee);
    }

    fn refuse(&self, key: &DialKey) {
        self.mux.refuse(key);
        self.switchboard.refuse(key);
    }
}

impl Drop for WebRtcListener {
    fn drop(&mut self) {
        // Open links keep the port, but nobody new gets in.
        self.mux.refuse_all();
        self.switchboard.refuse_all();
    }
}

/// Opens connections to newcomers and hands their links to the app.
#[derive(Debug, Clone)]
pub(super) struct Reception {
    pub(super) crypto: Crypto,
    pub(super) net: Arc<Net>,
    pub(super) incoming: mpsc::Sender<Link>,
    pub(super) open_timeout: Duration,
    pub(super) listening: watch::Receiver<()>,
}

impl Reception {
    /// Runs until the port is given up.
    pub(super) async fn run(self, mut newcomers: mpsc::Receiver<Newcomer>) {
        while let Some(newcomer) = newcomers.recv().await {
            let reception = self.clone();
            tokio::spawn(async move {
                // Errs when the listener is dropped; nothing is ever sent.
                let mut listening = reception.listening.clone();
                tokio::select! {
                    () = reception.greet(newcomer) => {}
                    _stopped = listening.changed() => {}
                }
            });
        }
    }

    async fn greet(&self, newcomer: Newcomer) {
        let Newcomer { started, from, ours, theirs, fingerprint, place } = newcomer;
        // A certificate that lasted would show everybody on the path whose links are one device's.
        let identity = match self.crypto.identity() {
            Ok(identity) => identity,
            Err(error) => return log::warn!("a dialer is not answered: {error}"),
        };
        let plan = Plan {
            role: Role::Listener,
            started,
            identity,
            ours,
            theirs,
            their_fingerprint: Some(fingerprint),
            candidates: vec![from],
            more: None,
            wirings: place.route.wirings(),
        };
        let opening = Connection::open(plan, &self.crypto);
        self.receive(opening, (started, Some(from)), place, LinkPath::Direct).await;
    }

    /// Waits for a connection that opens and hands its link to the app, unless it takes too long.
    pub(super) async fn receive(
        &self,
        opening: impl Future<Output = Result<(Connection, Opened), Error>>,
        (started, from): (Instant, Option<SocketAddr>),
        place: Place,
        path: LinkPath,
    ) {
        let Place { route, half_open, link } = place;
        let (connection, Opened { binding, phases, remote }) =
            match timeout(self.open_timeout, opening).await {
                Ok(Ok(open)) => open,
                Ok(Err(error)) => return log::debug!("dialer at {from:?} failed: {error}"),
                Err(_elapsed) => return log::debug!("dialer at {from:?} took too long"),
            };
        let remote = remote.or(from);
        if let Some(remote) = remote {
            self.net.watch_link(&connection.progress, remote);
        }
        let shown = remote.map_or_else(String::new, |addr| addr.to_string());
        let mut stats = LinkStats::starting(started, shown);
        (stats.phases, stats.path) = (phases, path);
        let (ours, drivers) =
            Link::pair(TransportKind::WebRtc, Role::Listener, Some(binding), stats);
        // While the app has no room, newcomers keep their half-open places and others wait.
        let Ok(slot) = self.incoming.reserve().await else { return };
        slot.send(ours.limited(MAX_FRAME_LEN));
        drop(half_open);
        tokio::spawn(pump::run(connection, drivers, (route, link)));
    }
}
