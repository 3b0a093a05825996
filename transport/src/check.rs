//! What this network allows, tried one question at a time: for people who want to know why
//! something does not work. Nothing here is needed for a link.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::{Duration, Instant},
};

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, ToSocketAddrs, UdpSocket, lookup_host},
    time::timeout,
};
use tokio_rustls::{TlsConnector, rustls::pki_types::ServerName};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{self, Message, protocol::WebSocketConfig},
};

use crate::{
    nostr::{NotARelay, RelayUrl},
    route,
    servers::{TurnServer, UrlError},
    tls::Tls,
    webrtc::{Relayed, TurnError, try_turn},
};

mod stun;

pub use self::stun::{StunAnswer, check_stun};

/// How long a name may take to resolve, and each step of reaching a server after that.
const STEP_TIMEOUT: Duration = Duration::from_secs(5);

/// The longest answer of a relay that is read.
const MAX_ANSWER_LEN: usize = 64 * 1024;

/// Messages of a relay before its answer that are passed over: notices and greetings.
const MAX_CHATTER: usize = 16;

/// An address of each family that is nobody's (RFC 5737, RFC 3849): a route is looked up for it,
/// and nothing sent.
const NOBODY: [IpAddr; 2] = [
    IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)),
    IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1)),
];

/// Why something does not work, as a phrase for the person.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckError {
    /// The address makes no sense.
    #[error("{0}")]
    Url(#[from] UrlError),
    /// The address is that of no relay.
    #[error("{0}")]
    Relay(#[from] NotARelay),
    /// The name leads to no machine.
    #[error("there is no machine of that name, or this network has no name service")]
    NoSuchHost,
    /// Nothing came back.
    #[error("it does not answer, or a firewall is in between")]
    TimedOut,
    /// The machine is there and says no.
    #[error("nothing listens at that port")]
    Refused,
    /// There is no route.
    #[error("this network has no way there")]
    NoRoute,
    /// The certificate is not believed.
    #[error("its certificate is not trusted: {0}")]
    Certificate(String),
    /// Something else listens there.
    #[error("something listens there, but it is no {what}: {why}")]
    Strange {
        /// What was looked for.
        what: &'static str,
        /// What it did, as a phrase.
        why: String,
    },
    /// It serves only those it knows.
    #[error("it wants to know who asks: {0}")]
    Closed(String),
    /// The operating system refused.
    #[error("{0}")]
    Io(io::Error),
}

impl From<io::Error> for CheckError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::TimedOut => Self::TimedOut,
            io::ErrorKind::ConnectionRefused => Self::Refused,
            io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::AddrNotAvailable => Self::NoRoute,
            _ => Self::Io(error),
        }
    }
}

/// Whether this device has a way to the internet by IPv4 and by IPv6. Nothing is sent.
pub fn routes() -> [bool; 2] {
    NOBODY.map(|ip| source_towards(ip).is_some_and(|ip| !ip.is_loopback()))
}

/// The address this device would send from.
fn source_towards(ip: IpAddr) -> Option<IpAddr> {
    let source = route::source(SocketAddr::new(ip, 9), None).ok()?;
    (!source.is_unspecified()).then_some(source)
}

/// Sends a datagram from `ip`, an address of this device, to itself.
///
/// # Errors
///
/// [`CheckError`] if it does not arrive: something on this device keeps programs from each other.
pub async fn check_udp(ip: IpAddr) -> Result<(), CheckError> {
    const WORD: &[u8] = b"festival";
    let (to, from) = (UdpSocket::bind((ip, 0)).await?, UdpSocket::bind((ip, 0)).await?);
    from.send_to(WORD, to.local_addr()?).await?;
    let mut buffer = [0; 64];
    let (len, _) = within(to.recv_from(&mut buffer)).await??;
    if buffer.get(..len) == Some(WORD) { Ok(()) } else { Err(CheckError::TimedOut) }
}

/// Asks a relay a question that it can answer at once; gives the round trip.
///
/// # Errors
///
/// [`CheckError`] in words for the person.
pub async fn check_relay(url: &str, tls: &Tls) -> Result<Duration, CheckError> {
    let relay: RelayUrl = url.parse()?;
    let host = relay.host();
    let stream = connect(&host).await?;
    if !relay.is_tls() {
        return ask_relay(&relay, stream).await;
    }
    let name = host.rsplit_once(':').map_or(host.as_str(), |(name, _port)| name);
    let name = name.trim_start_matches('[').trim_end_matches(']').to_owned();
    let name = ServerName::try_from(name).or(Err(NotARelay))?;
    let stream = within(TlsConnector::from(Tls::clone(tls)).connect(name, stream)).await?;
    ask_relay(&relay, stream.map_err(tls_error)?).await
}

async fn ask_relay<S>(relay: &RelayUrl, stream: S) -> Result<Duration, CheckError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let config = WebSocketConfig::default()
        .max_message_size(Some(MAX_ANSWER_LEN))
        .max_frame_size(Some(MAX_ANSWER_LEN));
    let opening = client_async_with_config(relay.as_str(), stream, Some(config));
    let (mut socket, _) = within(opening).await?.map_err(strange)?;
    let asked = Instant::now();
    let question = format!(r#"["REQ","check",{{"ids":["{}"],"limit":1}}]"#, "0".repeat(64));
    within(socket.send(Message::text(question))).await?.map_err(strange)?;
    let answer = within(end_of_stored(&mut socket)).await?;
    let took = asked.elapsed();
    // Whether it minds how we leave does not matter.
    let _ = within(socket.close(None)).await;
    answer.map(|()| took)
}

/// Waits for the end of the stored events, of which there are none.
async fn end_of_stored<S>(socket: &mut WebSocketStream<S>) -> Result<(), CheckError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    for _ in 0..MAX_CHATTER {
        let message = match socket.next().await {
            Some(Ok(message)) => message,
            Some(Err(error)) => return Err(strange(error)),
            None => break,
        };
        let Message::Text(text) = message else { continue };
        let parts: Vec<serde_json::Value> = match serde_json::from_str(&text) {
            Ok(parts) => parts,
            Err(_) => return Err(no_relay("it does not speak JSON")),
        };
        let part = |index: usize| parts.get(index).and_then(|part| part.as_str()).unwrap_or("");
        match part(0) {
            "EOSE" => return Ok(()),
            "CLOSED" => return Err(CheckError::Closed(shortened(part(2)))),
            _ => {}
        }
    }
    Err(no_relay("it does not answer a question"))
}

fn no_relay(why: &str) -> CheckError {
    CheckError::Strange { what: "relay", why: why.to_owned() }
}

/// A stranger's words, short enough for a line and without control characters.
fn shortened(words: &str) -> String {
    words.chars().filter(|c| !c.is_control()).take(120).collect()
}

fn strange(error: tungstenite::Error) -> CheckError {
    match error {
        tungstenite::Error::Io(error) => error.into(),
        tungstenite::Error::Http(answer) => no_relay(&format!("HTTP {}", answer.status())),
        error => no_relay(&shortened(&error.to_string())),
    }
}

fn tls_error(error: io::Error) -> CheckError {
    match error.kind() {
        io::ErrorKind::InvalidData => CheckError::Certificate(shortened(&error.to_string())),
        _ => error.into(),
    }
}

/// Opens a stream to the first of the machine's addresses that answers; `host` ends in a port.
async fn connect(host: &str) -> Result<TcpStream, CheckError> {
    let mut last = CheckError::NoSuchHost;
    for addr in resolve(host).await? {
        match within(TcpStream::connect(addr)).await {
            Ok(Ok(stream)) => {
                stream.set_nodelay(true)?;
                return Ok(stream);
            }
            Ok(Err(error)) => last = error.into(),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// The addresses of a machine, at most two of each family.
async fn resolve(host: impl ToSocketAddrs) -> Result<Vec<SocketAddr>, CheckError> {
    let found = within(lookup_host(host)).await?;
    let found = found.or(Err(CheckError::NoSuchHost))?;
    let (v4, v6): (Vec<_>, Vec<_>) = found.partition(SocketAddr::is_ipv4);
    let addrs: Vec<_> = v4.into_iter().take(2).chain(v6.into_iter().take(2)).collect();
    if addrs.is_empty() { Err(CheckError::NoSuchHost) } else { Ok(addrs) }
}

async fn within<T>(step: impl Future<Output = T>) -> Result<T, CheckError> {
    timeout(STEP_TIMEOUT, step).await.or(Err(CheckError::TimedOut))
}

/// What a TURN server gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TurnAnswer {
    /// The address it passes on from.
    pub relayed: SocketAddr,
    /// How long it took to give it.
    pub took: Duration,
}

/// Opens a link of this device with itself through a TURN server, and closes it.
///
/// # Errors
///
/// [`TurnError`] in words for the person.
pub async fn check_turn(server: &TurnServer, tls: &Tls) -> Result<TurnAnswer, TurnError> {
    let trial = try_turn(server, tls, Relayed::BothEnds).await?;
    Ok(TurnAnswer { relayed: trial.relayed, took: trial.allocated })
}

#[cfg(test)]
mod tests;
