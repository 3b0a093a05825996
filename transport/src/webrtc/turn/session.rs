//! The TURN protocol of one allocation, without input or output: messages go in, messages for the
//! server and data of peers come out.

use std::{
    collections::{HashMap, HashSet},
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use turn_client_proto::{
    api::{TurnConfig, TurnEvent, TurnPollRet, TurnRecvRet},
    prelude::TurnClientApi,
    stun::{
        Instant,
        agent::Transmit,
        types::{TransportType, attribute::ErrorCode, message::Message},
    },
    tcp::TurnClientTcp,
    types::{AddressFamily, TurnCredentials},
    udp::TurnClientUdp,
};

use super::{
    super::socket::Family,
    attempt::{Arrival, Arrivals},
    out::Out,
};

/// The protocol crate spaces requests by this much, as ICE wants while gathering from many servers
/// (RFC 8445, section 14.2). One allocation is a handful of requests in all: its clock skips the
/// pause, which would cost 50 ms to allocate and 50 ms more to be let through to a peer.
const REQUEST_SPACING: Duration = Duration::from_millis(50);

/// First datagrams kept while the server is asked to let them through, per peer.
const MAX_WAITING: usize = 16;

/// Addresses of peers asked for at most: twice the candidates of one offer.
const MAX_PEERS: usize = 32;

/// How long a peer that the server will not let through is not asked for again.
const REFUSAL: Duration = Duration::from_secs(5);

/// How often the protocol is stepped after one input, at most.
const MAX_STEPS: usize = 64;

/// STUN error codes with a meaning of their own here (RFC 8489 and 8656).
const UNAUTHORIZED: u16 = 401;
pub(super) const ALLOCATION_MISMATCH: u16 = 437;
const STALE_NONCE: u16 = 438;

turn_client_proto::impl_client!(pub(super) Client, (Datagrams, TurnClientUdp), (Stream, TurnClientTcp));

/// How far the allocation is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum State {
    /// Asked for.
    Asked,
    /// Made: what peers send to.
    Made(SocketAddr),
    /// Over.
    Over(Ending),
}

/// Why there is no allocation, or none any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ending {
    /// The server does not believe us.
    WrongPassword,
    /// The server says no, with a code and its reason.
    Refused(u16, String),
    /// The server has forgotten the allocation.
    Forgotten,
    /// No answer.
    Silence,
}

/// One allocation.
#[derive(Debug)]
pub(super) struct Session {
    client: Client,
    state: State,
    /// The first refusal for want of a password is how the server says what to sign.
    was_asked_to_sign: bool,
    /// What the last error response said, while the allocation is being made.
    refusal: Option<(u16, String)>,
    /// Since when the clock of the protocol runs, and how far it is ahead.
    started: std::time::Instant,
    ahead: Duration,
    family: Family,
    transport: TransportType,
    /// What peers send: datagrams or streams.
    relays: TransportType,
    arrivals: Arrivals,
    waiting: HashMap<IpAddr, Vec<(SocketAddr, Vec<u8>)>>,
    refused: HashMap<IpAddr, Instant>,
    /// Peers heard from, for which a channel is asked: it spares 32 bytes on each datagram.
    channels: HashSet<SocketAddr>,
    /// Whether the next deadline has moved since the last [`Self::tick`].
    is_stirred: bool,
    /// Messages for the server.
    out: Out,
}

impl Session {
    /// Asks for an address of `family`; `is_stream` says how the server is reached.
    pub(super) fn new(
        (username, password): (&str, &str),
        (local, server): (SocketAddr, SocketAddr),
        is_stream: bool,
        (family, relays): (Family, TransportType),
    ) -> Self {
        let mut config = TurnConfig::new(TurnCredentials::new(username, password));
        config.set_allocation_transport(relays);
        config.set_address_family(match family {
            Family::V4 => AddressFamily::IPV4,
            Family::V6 => AddressFamily::IPV6,
        });
        let (client, transport) = if is_stream {
            let client = TurnClientTcp::allocate(local, server, config);
            (Client::Stream(client), TransportType::Tcp)
        } else {
            let client = TurnClientUdp::allocate(local, server, config);
            (Client::Datagrams(client), TransportType::Udp)
        };
        Self {
            client,
            state: State::Asked,
            was_asked_to_sign: false,
            refusal: None,
            started: std::time::Instant::now(),
            ahead: Duration::ZERO,
            family,
            transport,
            relays,
            arrivals: Arrivals::new(username, password),
            waiting: HashMap::new(),
            refused: HashMap::new(),
            channels: HashSet::new(),
            is_stirred: false,
            out: Out::default(),
        }
    }

    pub(super) fn state(&self) -> &State {
        &self.state
    }

    pub(super) fn out(&mut self) -> &mut Out {
        &mut self.out
    }

    /// Lets time pass: for tests.
    #[cfg(test)]
    pub(super) fn skip(&mut self, time: Duration) {
        self.ahead = self.ahead.saturating_add(time);
    }

    fn now(&self) -> Instant {
        let elapsed = self.started.elapsed().saturating_add(self.ahead);
        Instant::from_nanos(i64::try_from(elapsed.as_nanos()).unwrap_or(i64::MAX))
    }

    /// Does what is due, and says after which time there will be more to do.
    pub(super) fn tick(&mut self) -> Duration {
        self.is_stirred = false;
        self.step(false)
    }

    pub(super) fn is_stirred(&self) -> bool {
        self.is_stirred
    }

    /// Has the server let `peer` through.
    pub(super) fn permit(&mut self, peer: IpAddr) {
        self.ask_for(peer);
        self.step(true);
    }

    /// Asks the server to connect to `peer`; returns whether it could be asked.
    pub(super) fn connect(&mut self, peer: SocketAddr) -> bool {
        let now = self.now();
        let is_asked = self.client.tcp_connect(peer, now).is_ok();
        if is_asked {
            self.arrivals.asked_for(peer);
            self.step(true);
        }
        is_asked
    }

    /// Whether peers send streams.
    pub(super) fn is_for_streams(&self) -> bool {
        self.relays == TransportType::Tcp
    }

    /// Streams of peers that wait to be taken.
    pub(super) fn arrivals(&mut self) -> &mut Arrivals {
        &mut self.arrivals
    }

    /// Sends `data` to `peer`, at once or once the server lets it through.
    pub(super) fn send(&mut self, peer: SocketAddr, data: &[u8]) {
        if Family::of(peer) != self.family || !matches!(self.state, State::Made(_)) {
            return;
        }
        if self.client.have_permission(TransportType::Udp, peer.ip()) {
            let now = self.now();
            if let Ok(Some(message)) = self.client.send_to(TransportType::Udp, peer, data, now) {
                self.out.build(message, self.transport);
            }
            return;
        }
        if self.waiting.len() < MAX_PEERS || self.waiting.contains_key(&peer.ip()) {
            let waiting = self.waiting.entry(peer.ip()).or_default();
            if waiting.len() < MAX_WAITING {
                waiting.push((peer, data.to_vec()));
            }
        }
        self.permit(peer.ip());
    }

    /// Takes one message from the server and hands on what a peer sent.
    pub(super) fn input(&mut self, message: &[u8], mut from_peer: impl FnMut(SocketAddr, &[u8])) {
        // Most messages by far are ChannelData, which changes nothing.
        let is_data = message.first().is_some_and(|first| first & 0xf0 == 0x40);
        if !is_data {
            self.inspect(message);
        }
        let now = self.now();
        let (server, local) = (self.client.remote_addr(), self.client.local_addr());
        let message = Transmit::new(message, self.transport, server, local);
        let mut heard = None;
        if let TurnRecvRet::PeerData(data) = self.client.recv(message, now) {
            heard = Some(data.peer);
            from_peer(data.peer, data.data());
        }
        if let Some(peer) = heard {
            self.bind(peer);
        }
        if !is_data {
            self.step(true);
        }
    }

    /// A channel makes what goes to and comes from `peer` shorter.
    fn bind(&mut self, peer: SocketAddr) {
        if self.channels.len() >= MAX_PEERS || !self.channels.insert(peer) {
            return;
        }
        let now = self.now();
        if self.client.bind_channel(TransportType::Udp, peer, now).is_err() {
            self.channels.remove(&peer);
        }
        self.step(true);
    }

    fn ask_for(&mut self, peer: IpAddr) {
        let now = self.now();
        if self.refused.get(&peer).is_some_and(|until| *until > now) {
            return;
        }
        if self.refused.len() > MAX_PEERS {
            self.refused.clear();
        }
        // It is asked for already, or there is no allocation to ask for.
        let _asked = self.client.create_permission(self.relays, peer, now);
    }

    /// Looks for what the protocol crate does not tell: which error a response carries.
    fn inspect(&mut self, message: &[u8]) {
        let Ok(message) = Message::from_bytes(message) else { return };
        if self.is_for_streams() {
            self.arrivals.inspect(&message);
        }
        let Ok(error) = message.attribute::<ErrorCode>() else { return };
        match (&self.state, error.code()) {
            (State::Asked, UNAUTHORIZED) if !self.was_asked_to_sign => {
                self.was_asked_to_sign = true;
            }
            (State::Asked, UNAUTHORIZED) => self.end(Ending::WrongPassword),
            (_, STALE_NONCE) | (State::Over(_), _) => {}
            (State::Asked, code) => self.refusal = Some((code, error.reason().to_owned())),
            (State::Made(_), ALLOCATION_MISMATCH) => self.end(Ending::Forgotten),
            (State::Made(_), code) => {
                log::debug!("TURN server refuses a request: {code} {}", error.reason());
            }
        }
    }

    fn end(&mut self, why: Ending) {
        if !matches!(self.state, State::Over(_)) {
            self.state = State::Over(why);
        }
    }

    /// The protocol has come to its end.
    fn fail(&mut self) {
        let why = match (&self.state, self.refusal.take()) {
            (State::Made(_), _) => Ending::Forgotten,
            (_, Some((code, reason))) => Ending::Refused(code, reason),
            (_, None) => Ending::Silence,
        };
        self.end(why);
    }

    /// Steps the protocol until it has nothing more to do now. It makes requests only when polled.
    fn step(&mut self, in_a_hurry: bool) -> Duration {
        self.is_stirred |= in_a_hurry;
        for _ in 0..MAX_STEPS {
            let now = self.now();
            let next = self.client.poll(now);
            while let Some(message) = self.client.poll_transmit(now) {
                self.out.push(message.data.as_ref(), self.transport);
            }
            while let Some(event) = self.client.poll_event() {
                self.happened(event);
            }
            let wait = match next {
                TurnPollRet::WaitUntil(at) => at.saturating_duration_since(now),
                TurnPollRet::Closed => {
                    self.fail();
                    return REFUSAL;
                }
                TurnPollRet::AllocateTcpSocket { id, socket, peer_addr } => {
                    if self.arrivals.answered(peer_addr) {
                        self.arrivals.arrive(Arrival { id, peer: peer_addr });
                        // The rest is ours; else this peer could not be asked for again.
                        let _known_no_longer =
                            self.client.allocated_tcp_socket(id, socket, peer_addr, None, now);
                    }
                    Duration::ZERO
                }
                TurnPollRet::TcpClose { .. } => Duration::ZERO,
            };
            if wait > REQUEST_SPACING || (!in_a_hurry && !wait.is_zero()) {
                return wait;
            }
            self.ahead = self.ahead.saturating_add(wait);
        }
        REQUEST_SPACING
    }

    fn happened(&mut self, event: TurnEvent) {
        match event {
            TurnEvent::AllocationCreated(_, relayed) => self.state = State::Made(relayed),
            TurnEvent::AllocationCreateFailed(_) => self.fail(),
            TurnEvent::PermissionCreated(_, peer) => {
                for (to, data) in self.waiting.remove(&peer).unwrap_or_default() {
                    self.send(to, &data);
                }
            }
            TurnEvent::PermissionCreateFailed(_, peer) => {
                log::debug!("TURN server does not let {peer} through");
                self.waiting.remove(&peer);
                if let Some(until) = self.now().checked_add(REFUSAL) {
                    self.refused.insert(peer, until);
                }
            }
            TurnEvent::ChannelCreateFailed(_, peer) => {
                self.channels.remove(&peer);
            }
            TurnEvent::TcpConnectFailed(peer) => {
                self.arrivals.answered(peer);
            }
            TurnEvent::ChannelCreated(..) | TurnEvent::TcpConnected(_) => {}
        }
    }

    /// Gives the allocation back.
    pub(super) fn delete(&mut self) {
        let now = self.now();
        if self.client.delete(now).is_ok() {
            self.step(true);
        }
    }
}
