//! A link of this device with itself through a TURN server: what a self-test shows, and what
//! figures are measured on.

use std::{
    net::SocketAddr,
    sync::{Arc, atomic::AtomicBool},
    time::{Duration, Instant},
};

use crate::{
    DialKey, Link, LinkPath, LinkStats, Role, TransportKind,
    servers::TurnServer,
    tls::Tls,
    webrtc::{
        MAX_FRAME_LEN,
        connection::{Connection, Opened, Plan},
        credentials::{Credentials, Crypto},
        pump,
        socket::{Family, Socket, Udp, Wiring},
        turn::{StreamPlace, Turn, TurnError, Words, visit},
    },
};

/// How long the two ends may take to find each other.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Which ends of a link have an address on the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relayed {
    /// The dialer's; the other end must be reachable from the server as it is, as on loopback.
    OneEnd,
    /// Both: works wherever the server can be reached.
    BothEnds,
    /// The dialer's, and a stream leads there instead of datagrams. The other end must be reachable
    /// from the server, and the server from it, as on loopback.
    OneStream,
    /// The listener's, and the dialer comes there by a stream, reachable like that one's other end.
    OneVisitor,
    /// Both, and a stream leads from one to the other.
    BothStreams,
}

/// An open link, from both ends, and how it came to be.
#[derive(Debug)]
pub struct Trial {
    /// The dialer's end.
    pub dialer: Link,
    /// The other end.
    pub listener: Link,
    /// An address on the server: the dialer's, if it has one.
    pub relayed: SocketAddr,
    /// How long the server took to give it.
    pub allocated: Duration,
    /// How long the link took to open then.
    pub opened: Duration,
}

/// Tries a TURN server by a link of this device with itself.
///
/// # Errors
///
/// If the server cannot be used, with what to do about it; [`TurnError::Silent`] if it gives an
/// address through which nothing comes.
pub async fn try_turn(
    server: &TurnServer,
    tls: &Tls,
    relayed: Relayed,
) -> Result<Trial, TurnError> {
    if !matches!(relayed, Relayed::OneEnd | Relayed::BothEnds) {
        return try_stream(server, tls, relayed).await;
    }
    let started = Instant::now();
    let ours = Turn::allocate(server, tls, Family::V4).await?;
    let allocated = started.elapsed();
    let addr = ours.relayed();
    let broken = |why: String| TurnError::Lost(server.url.clone(), why);
    let (wiring, listener) = match relayed {
        Relayed::OneEnd => own_end().map_err(|error| broken(error.to_string()))?,
        _ => {
            let theirs = Turn::allocate(server, tls, Family::V4).await?;
            let addr = theirs.relayed();
            theirs.permit([ours.relayed().ip()]);
            (Wiring::relayed(theirs), addr)
        }
    };
    ours.permit([listener.ip()]);
    let joining = join((Wiring::relayed(ours), addr), (wiring, listener));
    opened(server, (addr, allocated), joining).await
}

/// The same with a stream.
async fn try_stream(server: &TurnServer, tls: &Tls, relayed: Relayed) -> Result<Trial, TurnError> {
    let started = Instant::now();
    let place = StreamPlace::allocate(server, tls, Family::V4).await?;
    let (allocated, addr) = (started.elapsed(), place.relayed());
    let visitor = match relayed {
        Relayed::BothStreams => Some(StreamPlace::allocate(server, tls, Family::V4).await?),
        _ => None,
    };
    let broken = |why: String| TurnError::Lost(server.url.clone(), why);
    let identity = Crypto::new().map_err(|error| broken(error.to_string()))?.identity();
    // Known to nobody: both ends are here.
    let words = Words::of(&identity.map_err(|error| broken(text(error)))?.fingerprint.to_ufrag());
    let visiting = async {
        match &visitor {
            Some(visitor) => {
                visitor.turn().permit([addr.ip()]);
                visitor.visit(addr, &words).await
            }
            None => visit(addr, &words, &AtomicBool::new(false)).await,
        }
    };
    place.turn().permit([addr.ip()]);
    let joining = async {
        let (host, guest) = tokio::join!(place.accept(&words), visiting);
        let (host, guest) = (host.map_err(text)?, guest.map_err(text)?);
        let (host_addr, guest_addr) = (guest.peer(), host.peer());
        let host = (Wiring::piped(host), host_addr);
        let guest = (Wiring::piped(guest), guest_addr);
        match relayed {
            Relayed::OneVisitor => join(guest, host).await,
            _ => join(host, guest).await,
        }
    };
    opened(server, (addr, allocated), joining).await
}

/// Waits until both ends of a link have found each other.
async fn opened(
    server: &TurnServer,
    (relayed, allocated): (SocketAddr, Duration),
    joining: impl Future<Output = Result<BothEnds, String>>,
) -> Result<Trial, TurnError> {
    let started = Instant::now();
    let (dialer, listener) = tokio::time::timeout(TIMEOUT, joining)
        .await
        .map_err(|_elapsed| TurnError::Silent(server.url.clone()))?
        .map_err(|why| TurnError::Lost(server.url.clone(), why))?;
    let opened = started.elapsed();
    let [dialer, listener] = [(Role::Dialer, dialer), (Role::Listener, listener)]
        .map(|(role, open)| link(role, open, started));
    Ok(Trial { dialer, listener, relayed, allocated, opened })
}

/// Both ends of a link that is open.
type BothEnds = ((Connection, Opened), (Connection, Opened));

/// A plain socket on loopback.
fn own_end() -> std::io::Result<(Wiring, SocketAddr)> {
    let udp = Udp::bind(Family::V4, 0)?;
    let addr = SocketAddr::from(([127, 0, 0, 1], udp.port()?));
    Ok((Wiring { family: Family::V4, socket: Socket::Own(Arc::new(udp)) }, addr))
}

/// Opens a connection between two sockets of this process, which the other end reaches at the
/// address beside each.
pub(in super::super) async fn join(
    (dialer, dialer_addr): (Wiring, SocketAddr),
    (listener, listener_addr): (Wiring, SocketAddr),
) -> Result<BothEnds, String> {
    let crypto = Crypto::new().map_err(|error| error.to_string())?;
    let [one, other] = [crypto.identity(), crypto.identity()];
    let (one, other) = (one.map_err(text)?, other.map_err(text)?);
    // Known to nobody, and of no use to anybody: both ends are here.
    let key = blake3::hash(one.fingerprint.to_ufrag().as_bytes());
    let key = DialKey::from_bytes(*key.as_bytes());
    let name = one.fingerprint.to_ufrag();
    let theirs = Credentials::of_listener(&key, &name);
    let ours = Credentials::of_dialer(&key, name);
    let started = Instant::now();
    let dialer = Plan {
        role: Role::Dialer,
        started,
        ours: ours.clone(),
        theirs: theirs.clone(),
        their_fingerprint: Some(other.fingerprint),
        candidates: vec![listener_addr],
        more: None,
        wirings: vec![dialer],
        identity: one.clone(),
    };
    let listener = Plan {
        role: Role::Listener,
        started,
        ours: theirs,
        theirs: ours,
        their_fingerprint: Some(one.fingerprint),
        candidates: vec![dialer_addr],
        more: None,
        wirings: vec![listener],
        identity: other,
    };
    let opening =
        tokio::join!(Connection::open(dialer, &crypto), Connection::open(listener, &crypto));
    Ok((opening.0.map_err(text)?, opening.1.map_err(text)?))
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn link(role: Role, (connection, opened): (Connection, Opened), started: Instant) -> Link {
    let remote = opened.remote.map_or_else(String::new, |addr| addr.to_string());
    let mut stats = LinkStats::starting(started, remote);
    stats.phases = opened.phases;
    stats.path = LinkPath::Relayed;
    let (ours, drivers) = Link::pair(TransportKind::WebRtc, role, Some(opened.binding), stats);
    tokio::spawn(pump::run(connection, drivers, ()));
    ours.limited(MAX_FRAME_LEN)
}
