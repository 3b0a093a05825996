//! Links over WebRTC data channels, dialed straight from a [`DialKey`] and addresses: no
//! signaling server, no exchange of descriptions. See `docs/transports.md`.

mod connection;
mod credentials;
mod dial;
mod flow;
mod gate;
mod hearing;
mod inbox;
mod interfaces;
mod listen;
mod mux;
mod outbound;
mod pump;
#[cfg_attr(not(test), expect(dead_code, reason = "dials and listeners do not use it yet"))]
mod rendezvous;
mod runtime;
mod sdp;
mod socket;
#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

use tokio::{
    runtime::Handle,
    sync::{mpsc, watch},
    time::timeout,
};

pub use gate::Limits;

use self::{
    credentials::Crypto,
    dial::Dial,
    interfaces::Interfaces,
    listen::{Reception, WebRtcListener},
    mux::Mux,
};
use crate::{
    Addr, Callee, DialKey, Dialing, Link, LinkTraits, Listener, Transport, TransportError,
    TransportKind,
};

/// The longest frame, in bytes: one data channel message. Twice the engine's usual 64 KiB, half of
/// the library's hard limit.
const MAX_FRAME_LEN: usize = 128 * 1024;

/// A cautious guess at the goodput of a home network, in bytes per second.
const TYPICAL_BYTES_PER_SEC: u64 = 5_000_000;

/// How a [`WebRtcTransport`] behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WebRtcConfig {
    /// UDP port to listen on; any port if 0, or if this one is taken.
    pub port: u16,
    /// Whether to offer loopback addresses even if the machine has others: for tests.
    pub loopback: bool,
    /// How long a whole dial may take.
    pub dial_timeout: Duration,
    /// How long one attempt of a dial may take before a fresh one replaces it.
    pub attempt_timeout: Duration,
    /// How long a dialer may take to finish opening, seen from the listener.
    pub open_timeout: Duration,
    /// What the listener lets happen at once.
    pub limits: Limits,
}

impl Default for WebRtcConfig {
    fn default() -> Self {
        Self {
            port: 0,
            loopback: false,
            dial_timeout: Duration::from_secs(10),
            attempt_timeout: Duration::from_secs(4),
            open_timeout: Duration::from_secs(10),
            limits: Limits::default(),
        }
    }
}

/// Reaches devices whose UDP port can be reached.
///
/// [`Transport::listen`] must be called, and dials awaited, inside a tokio runtime with input,
/// output and time enabled; links live as long as that runtime.
#[derive(Debug, Clone)]
pub struct WebRtcTransport {
    config: WebRtcConfig,
}

impl WebRtcTransport {
    /// A transport that neither listens nor dials yet.
    pub fn new(config: WebRtcConfig) -> Self {
        Self { config }
    }

    fn start_listening(
        &self,
        incoming: mpsc::Sender<Link>,
    ) -> Result<WebRtcListener, TransportError> {
        Handle::try_current().map_err(credentials::failed)?;
        let crypto = Crypto::new()?;
        let identity = crypto.identity()?;
        let WebRtcConfig { port, loopback, open_timeout, limits, .. } = self.config;
        let (newcomers, arrived) = mpsc::channel(limits.half_open.max(1));
        let mux = Mux::bind(port, limits, crypto.clone(), newcomers)?;
        let (stop, listening) = watch::channel(());
        let reception = Reception { crypto, identity, incoming, open_timeout, listening };
        tokio::spawn(reception.run(arrived));
        Ok(WebRtcListener { mux, interfaces: Interfaces::new(loopback), _listening: stop })
    }
}

impl Transport for WebRtcTransport {
    fn kind(&self) -> TransportKind {
        TransportKind::WebRtc
    }

    fn traits(&self) -> LinkTraits {
        LinkTraits {
            max_frame_len: MAX_FRAME_LEN,
            bytes_per_sec: TYPICAL_BYTES_PER_SEC,
            metered: false,
        }
    }

    fn listen(&self, incoming: mpsc::Sender<Link>) -> Result<Box<dyn Listener>, TransportError> {
        Ok(Box::new(self.start_listening(incoming)?))
    }

    fn dial(&self, addrs: &[Addr], key: DialKey, _callee: Callee) -> Dialing {
        let started = Instant::now();
        let candidates = Dial::candidates(addrs.iter().filter_map(Addr::to_socket_addr));
        let WebRtcConfig { attempt_timeout, dial_timeout, .. } = self.config;
        Box::pin(async move {
            if candidates.is_empty() {
                return Err(TransportError::NoUsableAddr);
            }
            let dial = Dial { crypto: Crypto::new()?, key, candidates, attempt_timeout };
            timeout(dial_timeout, dial.run(started))
                .await
                .unwrap_or(Err(TransportError::Unreachable))
        })
    }
}
