//! A relay for people who want their own: it passes sealed offers on between devices that look for
//! each other, and keeps sealed mail for those who are away. It can read neither.
//!
//! It speaks Nostr: NIP-01, NIP-11 (what it allows), NIP-40 (expiry) and NIP-77 (reconciliation).
//! Everything a stranger can make it hold is bounded by [`Limits`]; `app/docs/relay.md` says how to
//! run one, and why this is not a ready-made crate.

mod connection;
mod http;
mod hub;
mod limits;
mod message;
mod outbox;
mod publish;
mod quota;
mod recent;
mod reconcile;
mod server;
mod store;
mod subscribe;
mod tls;

use std::{io, net::SocketAddr, path::PathBuf, sync::Arc};

pub use http::Head;
pub use limits::{Limits, Rate, StorageLimits, StoredKinds};
pub use message::{Malformed, ParseLimits, Request};
use server::Shared;
pub use tls::TlsFiles;
use tokio::sync::{mpsc, watch};

/// How a relay is to run.
#[derive(Debug, Clone)]
pub struct RelayConfig {
    /// Where it listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The folder of its database. Without one it forgets everything when it stops.
    pub data: Option<PathBuf>,
    /// The certificate to serve with; none for plain `ws://`, for loopback or behind a proxy.
    pub tls: Option<TlsFiles>,
    /// Whether to believe the address in `X-Forwarded-For`, which a proxy in front sets.
    pub trust_proxy: bool,
    /// What anybody may make it do and hold.
    pub limits: Limits,
}

impl RelayConfig {
    /// A relay in memory with the usual limits.
    pub fn new(listen: SocketAddr) -> Self {
        Self { listen, data: None, tls: None, trust_proxy: false, limits: Limits::default() }
    }
}

/// Why a relay did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address cannot be listened at.
    #[error("cannot listen at {0}: {1}")]
    Listen(SocketAddr, io::Error),
    /// The certificate cannot be used.
    #[error("the certificate cannot be used: {0}")]
    Tls(io::Error),
    /// The database cannot be opened.
    #[error("the database cannot be opened: {0}")]
    Database(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// A running relay. It stops when dropped; [`stop`](Self::stop) also waits until it has.
#[derive(Debug)]
pub struct Relay {
    local_addr: SocketAddr,
    is_tls: bool,
    stopping: watch::Sender<bool>,
    /// Ends once every task of the relay has.
    ended: mpsc::Receiver<()>,
}

impl Relay {
    /// Starts a relay on the current tokio runtime.
    ///
    /// # Errors
    ///
    /// [`StartError`] if it cannot listen, or cannot use the certificate or the database.
    pub async fn start(config: RelayConfig) -> Result<Self, StartError> {
        let listen = config.listen;
        let failed = |err| StartError::Listen(listen, err);
        let listener = server::listen(listen).map_err(failed)?;
        let local_addr = listener.local_addr().map_err(failed)?;
        let (stopping, stopped) = watch::channel(false);
        let (alive, ended) = mpsc::channel(1);
        let is_tls = config.tls.is_some();
        // A large database may take a while to open after a crash.
        let store_alive = alive.clone();
        let opened = tokio::task::spawn_blocking(move || Shared::new(config, store_alive)).await;
        let shared = Arc::new(opened.map_err(|err| StartError::Database(err.into()))??);
        tokio::spawn(server::accept(listener, shared, stopped, alive));
        Ok(Self { local_addr, is_tls, stopping, ended })
    }

    /// Where it listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// What its clients connect to, if they are on this computer.
    pub fn url(&self) -> String {
        let scheme = if self.is_tls { "wss" } else { "ws" };
        format!("{scheme}://{}", self.local_addr)
    }

    /// Says goodbye to its clients and waits until everything is on disk.
    pub async fn stop(mut self) {
        self.stopping.send_replace(true);
        while self.ended.recv().await.is_some() {}
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.stopping.send_replace(true);
    }
}
