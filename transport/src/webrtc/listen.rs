//! Being dialed.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use tokio::{
    sync::{mpsc, watch},
    time::timeout,
};

use super::{
    MAX_FRAME_LEN,
    connection::{Connection, Opened, Plan},
    credentials::{Crypto, Identity},
    interfaces::Interfaces,
    mux::{Mux, Newcomer},
    pump,
    socket::Family,
};
use crate::{Addr, Callee, DialKey, Link, LinkStats, Listener, Role, TransportKind};

/// A port others may dial.
#[derive(Debug)]
pub(super) struct WebRtcListener {
    pub(super) mux: Arc<Mux>,
    pub(super) interfaces: Interfaces,
    /// Dropped with the listener, which ends what is still opening.
    pub(super) _listening: watch::Sender<()>,
}

impl Listener for WebRtcListener {
    fn addrs(&self) -> Vec<Addr> {
        let ips = self.interfaces.addrs().into_iter();
        ips.map(|ip| SocketAddr::new(ip, self.mux.port()))
            .filter(|addr| self.mux.has(Family::of(*addr)))
            .map(Addr::from_socket_addr)
            .collect()
    }

    fn admit(&self, key: DialKey, _callee: Callee) {
        self.mux.admit(key);
    }

    fn refuse(&self, key: &DialKey) {
        self.mux.refuse(key);
    }
}

impl Drop for WebRtcListener {
    fn drop(&mut self) {
        // Open links keep the port, but nobody new gets in.
        self.mux.refuse_all();
    }
}

/// Opens connections to newcomers and hands their links to the app.
#[derive(Debug, Clone)]
pub(super) struct Reception {
    pub(super) crypto: Crypto,
    pub(super) identity: Identity,
    pub(super) incoming: mpsc::Sender<Link>,
    pub(super) open_timeout: Duration,
    pub(super) listening: watch::Receiver<()>,
}

impl Reception {
    /// Runs until the port is given up.
    pub(super) async fn run(self, mut newcomers: mpsc::Receiver<Newcomer>) {
        while let Some(newcomer) = newcomers.recv().await {
            let mut reception = self.clone();
            tokio::spawn(async move {
                // Errs when the listener is dropped; nothing is ever sent.
                let mut listening = reception.listening.clone();
                tokio::select! {
                    () = reception.receive(newcomer) => {}
                    _stopped = listening.changed() => {}
                }
            });
        }
    }

    async fn receive(&mut self, newcomer: Newcomer) {
        let Newcomer { started, from, ours, theirs, fingerprint, route, half_open, link } =
            newcomer;
        let plan = Plan {
            role: Role::Listener,
            started,
            identity: self.identity.clone(),
            ours,
            theirs,
            their_fingerprint: Some(fingerprint),
            candidates: vec![from],
            wirings: route.wirings(),
        };
        let (connection, Opened { binding, phases, remote }) =
            match timeout(self.open_timeout, Connection::open(plan, &self.crypto)).await {
                Ok(Ok(open)) => open,
                Ok(Err(error)) => return log::debug!("dialer at {from} failed: {error}"),
                Err(_elapsed) => return log::debug!("dialer at {from} took too long"),
            };
        let mut stats = LinkStats::starting(started, remote.unwrap_or(from).to_string());
        stats.phases = phases;
        let (ours, drivers) =
            Link::pair(TransportKind::WebRtc, Role::Listener, Some(binding), stats);
        // While the app has no room, newcomers keep their half-open places and others wait.
        let Ok(place) = self.incoming.reserve().await else { return };
        place.send(ours.limited(MAX_FRAME_LEN));
        drop(half_open);
        tokio::spawn(pump::run(connection, drivers, (route, link)));
    }
}
