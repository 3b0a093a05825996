//! Opening a link to a listener whose port can be reached as it is.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::time::{sleep, timeout};
use webrtc::error::Error;

use super::{
    connection::{Connection, Opened, Plan},
    credentials::{Credentials, Crypto, failed},
    socket::{Family, Socket, Udp, Wiring},
};
use crate::{DialKey, Role, SocketBinder, TransportError};

/// Addresses tried at most: each costs twenty small datagrams a second while the dial lasts.
const MAX_CANDIDATES: usize = 16;

/// A pause before the next attempt, so that one that fails at once is not repeated in a spin.
pub(super) const PAUSE: Duration = Duration::from_millis(200);

/// One dial, perhaps of several attempts.
#[derive(Debug)]
pub(super) struct Dial {
    pub(super) crypto: Crypto,
    pub(super) key: DialKey,
    pub(super) candidates: Vec<SocketAddr>,
    pub(super) binder: Option<SocketBinder>,
    /// After which an attempt is given up for a fresh one: the library can hang, or lose its
    /// handshake to packet loss, without a word.
    pub(super) attempt_timeout: Duration,
}

/// The distinct addresses, at most [`MAX_CANDIDATES`].
pub(super) fn distinct(addrs: impl Iterator<Item = SocketAddr>) -> Vec<SocketAddr> {
    let mut candidates = Vec::new();
    for addr in addrs {
        if !candidates.contains(&addr) && candidates.len() < MAX_CANDIDATES {
            candidates.push(addr);
        }
    }
    candidates
}

impl Dial {
    /// Attempts until one succeeds; the caller bounds the whole.
    pub(super) async fn run(self, started: Instant) -> (Connection, Opened) {
        loop {
            match self.attempt(started) {
                Ok(attempt) => match timeout(self.attempt_timeout, attempt).await {
                    Ok(Ok(opened)) => return opened,
                    Ok(Err(error)) => log::debug!("dial attempt failed: {error}"),
                    Err(_elapsed) => log::debug!("dial attempt timed out"),
                },
                Err(error) => log::debug!("dial attempt not begun: {error}"),
            }
            sleep(PAUSE).await;
        }
    }

    /// One attempt, all of it fresh: certificate, thereby name, sockets and connection, so that
    /// neither end mistakes it for the one before. Its names tell an observer nothing either.
    fn attempt(
        &self,
        started: Instant,
    ) -> Result<impl Future<Output = Result<(Connection, Opened), Error>>, TransportError> {
        let identity = self.crypto.identity()?;
        let ufrag = identity.fingerprint.to_ufrag();
        let plan = Plan {
            role: Role::Dialer,
            started,
            theirs: Credentials::of_listener(&self.key, &ufrag),
            ours: Credentials::of_dialer(&self.key, ufrag),
            their_fingerprint: None,
            candidates: self.candidates.clone(),
            more: None,
            wirings: self.wirings()?,
            identity,
        };
        Ok(Connection::open(plan, &self.crypto))
    }

    /// One socket per family needed, on all addresses: the system's routes choose the interface,
    /// loopback included, which the library's own choice of addresses leaves out.
    pub(super) fn wirings(&self) -> Result<Vec<Wiring>, TransportError> {
        let (mut wirings, mut last_error) = (Vec::new(), None);
        for family in [Family::V4, Family::V6] {
            if !self.candidates.iter().any(|addr| Family::of(*addr) == family) {
                continue;
            }
            match Udp::bind(family, 0) {
                Ok(udp) => {
                    let to: Vec<_> = self.candidates.iter().map(SocketAddr::ip).collect();
                    udp.be_bound(self.binder.as_ref(), &to);
                    wirings.push(Wiring { family, socket: Socket::Own(Arc::new(udp)) });
                }
                Err(error) => last_error = Some(error),
            }
        }
        match last_error {
            Some(error) if wirings.is_empty() => Err(failed(error)),
            _ => Ok(wirings),
        }
    }
}
