//! Links over WebRTC data channels, dialed straight from a [`DialKey`] and addresses where that
//! is possible, and by offer and answer through relays where it is not. See `docs/transports.md`.

mod answer;
mod call;
mod connection;
mod credentials;
mod dial;
mod ends;
mod flow;
mod gate;
mod hearing;
mod inbox;
mod interfaces;
mod listen;
mod mux;
mod net;
mod out_of_reach;
mod outbound;
mod pace;
mod parts;
mod pump;
mod race;
mod rendezvous;
mod runtime;
mod scope;
mod sdp;
mod socket;
mod stun_client;
#[cfg(test)]
mod tests;
mod turn;
mod visit;

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use tokio::{
    runtime::Handle,
    sync::{broadcast, mpsc, watch},
    time::timeout,
};

pub use gate::Limits;
pub use turn::{Relayed, Trial, TurnError, try_turn};

use self::{
    answer::{Answering, Switchboard},
    call::Call,
    credentials::Crypto,
    dial::Dial,
    listen::{Reception, WebRtcListener},
    mux::Mux,
    net::Net,
    race::Race,
};
use crate::{
    Addr, Callee, DialKey, Dialing, Link, LinkTraits, Listener, SocketBinder, Transport,
    TransportError, TransportKind,
    chooser::{Choice, Way},
    lan::Lan,
    nat::NatKind,
    nostr::{RelayPool, RelayState},
    servers::Servers,
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
    /// Whether to find friends on the local network by multicast.
    pub discovery: bool,
    /// How long a whole dial may take.
    pub dial_timeout: Duration,
    /// How long one attempt of a dial may take before a fresh one replaces it.
    pub attempt_timeout: Duration,
    /// The same for a call through relays, which takes more round trips and servers.
    pub call_timeout: Duration,
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
            discovery: false,
            dial_timeout: Duration::from_secs(10),
            attempt_timeout: Duration::from_secs(4),
            call_timeout: Duration::from_secs(6),
            open_timeout: Duration::from_secs(10),
            limits: Limits::default(),
        }
    }
}

/// Reaches devices over UDP, directly where networks allow it.
///
/// [`Transport::listen`] must be called, and dials awaited, inside a tokio runtime with input,
/// output and time enabled; links live as long as that runtime.
#[derive(Debug, Clone)]
pub struct WebRtcTransport {
    config: WebRtcConfig,
    net: Arc<Net>,
}

impl WebRtcTransport {
    /// A transport that neither listens nor dials yet, and uses no servers.
    pub fn new(config: WebRtcConfig) -> Self {
        Self { config, net: Arc::new(Net::new(&config)) }
    }

    /// Uses these servers from now on; call it inside a tokio runtime.
    ///
    /// # Errors
    ///
    /// If the file of certificates cannot be used; then nothing changes.
    pub fn set_servers(&self, servers: &Servers) -> io::Result<()> {
        self.net.set_servers(servers)
    }

    /// Has its datagrams to other devices leave by the network that this chooses. Once, before it listens; what follows is
    /// left aside.
    pub fn set_binder(&self, binder: SocketBinder) {
        self.net.set_binder(binder);
    }

    /// Whether links may go through a TURN server from now on; at first they may. Open ones stay.
    pub fn set_may_relay(&self, may: bool) {
        self.net.set_may_relay(may);
    }

    /// Whether they may.
    pub fn may_relay(&self) -> bool {
        self.net.may_relay()
    }

    /// Whether relays are used, open or not.
    pub fn has_relays(&self) -> bool {
        self.net.reach().is_some_and(|reach| !reach.relays.is_empty())
    }

    /// Looks at the device's addresses anew: hangs up links whose network is gone, with
    /// [`LinkFailure::Moved`](crate::LinkFailure::Moved), and calls everyone anew.
    pub fn network_changed(&self) {
        self.net.network_changed();
    }

    /// Lets everybody be called again at once, whoever did not answer before.
    pub fn begin_anew(&self) {
        self.net.pace().reset();
    }

    /// How many relays can be used now.
    pub fn open_relays(&self) -> usize {
        let relays = self.relays().map(|pool| pool.report()).unwrap_or_default();
        relays.iter().filter(|relay| matches!(relay.state, RelayState::Open { .. })).count()
    }

    /// Where whoever answers to this name was seen on the local network.
    pub fn find(&self, key: &DialKey, callee: &Callee) -> Vec<SocketAddr> {
        self.net.lan().map(|lan| lan.find(key, callee)).unwrap_or_default()
    }

    /// Counts what is seen on the local network; `None` before it listens, or without discovery.
    pub fn sightings(&self) -> Option<watch::Receiver<u64>> {
        self.net.lan().map(Lan::changed)
    }

    /// By which admitted keys others call from now on, through relays; a link may follow.
    pub fn calls(&self) -> broadcast::Receiver<DialKey> {
        self.net.calls().subscribe()
    }

    /// What kind of address translation the listening port is behind.
    pub fn nat(&self) -> NatKind {
        self.net.nat()
    }

    /// The addresses of the listening port in public, as far as servers have told.
    pub fn public_addrs(&self) -> Vec<SocketAddr> {
        self.net.public().addrs
    }

    /// Bytes sent and received so far to find and be found, by way of relays and on the local
    /// network.
    pub fn signaling_bytes(&self) -> (u64, u64) {
        let relays = self.relays().map(|pool| pool.report()).unwrap_or_default();
        let sent = relays.iter().map(|relay| relay.bytes_sent).sum::<u64>();
        let received = relays.iter().map(|relay| relay.bytes_received).sum::<u64>();
        let lan = self.net.lan().map(Lan::report).unwrap_or_default();
        (sent.saturating_add(lan.bytes_sent), received.saturating_add(lan.bytes_received))
    }

    /// The relays in use, if any.
    pub fn relays(&self) -> Option<RelayPool> {
        self.net.reach().map(|reach| reach.pool.clone())
    }

    fn start_listening(
        &self,
        incoming: mpsc::Sender<Link>,
    ) -> Result<WebRtcListener, TransportError> {
        let runtime = Handle::try_current().map_err(credentials::failed)?;
        let crypto = Crypto::new()?;
        let net = Arc::clone(&self.net);
        let WebRtcConfig { port, loopback, open_timeout, limits, .. } = self.config;
        let (newcomers, arrived) = mpsc::channel(limits.half_open.max(1));
        let mux = Mux::bind(port, limits, crypto.clone(), newcomers)?;
        net.keep_bound(mux.sockets());
        if self.config.discovery {
            net.meet_neighbors(mux.port(), loopback)?;
        }
        let (stop, listening) = watch::channel(());
        let reception =
            Reception { crypto, net: Arc::clone(&net), incoming, open_timeout, listening };
        let (switchboard, offers) = Switchboard::new(Arc::clone(&net), runtime);
        tokio::spawn(reception.clone().run(arrived));
        let answering = Answering { net: Arc::clone(&net), mux: Arc::clone(&mux), reception };
        tokio::spawn(answering.run(offers));
        let stun = Arc::clone(&mux.stun);
        let (following, learning) = (Arc::clone(&switchboard), Arc::clone(&net));
        let binding = Arc::clone(&net);
        let mut listening = stop.subscribe();
        tokio::spawn(async move {
            // Errs when the listener is dropped; nothing is ever sent.
            tokio::select! {
                () = following.follow(&stun) => {}
                () = learning.learn(&stun) => {}
                () = binding.follow_binder() => {}
                _stopped = listening.changed() => {}
            }
        });
        Ok(WebRtcListener { mux, net, switchboard, _listening: stop })
    }

    fn race(
        &self,
        addrs: &[Addr],
        (key, callee): (DialKey, Callee),
        choice: &Choice,
    ) -> Result<Race, TransportError> {
        let crypto = Crypto::new()?;
        let attempt_timeout = self.config.attempt_timeout;
        let seen = self.find(&key, &callee).into_iter();
        let candidates = dial::distinct(seen.chain(addrs.iter().filter_map(Addr::to_socket_addr)));
        let may_call = choice.tries(Way::Called) || choice.tries(Way::Relayed);
        let call = self.net.reach().filter(|_| may_call).and_then(|reach| {
            let relays = reach.meeting_places(addrs);
            (!relays.is_empty()).then(|| Call {
                crypto: crypto.clone(),
                net: Arc::clone(&self.net),
                reach,
                key,
                callee,
                relays,
                attempt_timeout: self.config.call_timeout,
                answered: watch::Sender::new(None),
            })
        });
        let may_dial = choice.tries(Way::Direct) && !candidates.is_empty();
        let binder = self.net.binder().cloned();
        let dial = may_dial.then(|| Dial {
            crypto: crypto.clone(),
            key,
            candidates,
            binder,
            attempt_timeout,
        });
        if dial.is_none() && call.is_none() {
            return Err(TransportError::NoUsableAddr);
        }
        let relay_after = choice.after(Way::Relayed).filter(|_| self.net.may_relay());
        Ok(Race { net: Arc::clone(&self.net), dial, call, relay_after })
    }

    fn start_dialing(&self, choice: &Choice, addrs: &[Addr], name: (DialKey, Callee)) -> Dialing {
        let race = self.race(addrs, name, choice);
        let dial_timeout = self.config.dial_timeout;
        Box::pin(async move {
            timeout(dial_timeout, race?.run()).await.map_err(|_elapsed| TransportError::Unreachable)
        })
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

    fn dial(&self, addrs: &[Addr], key: DialKey, callee: Callee) -> Dialing {
        self.start_dialing(&Choice::everything(), addrs, (key, callee))
    }

    fn dial_by(&self, choice: &Choice, addrs: &[Addr], key: DialKey, callee: Callee) -> Dialing {
        self.start_dialing(choice, addrs, (key, callee))
    }
}
