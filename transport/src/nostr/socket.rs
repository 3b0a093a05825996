//! One WebSocket to a relay, from address to open.

use std::{
    io,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use rustls::pki_types::ServerName;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpStream, lookup_host},
    task::JoinSet,
    time::sleep,
};
use tokio_rustls::TlsConnector;
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{self, client::IntoClientRequest, http::header::DATE, protocol::WebSocketConfig},
};

use super::{
    RelayUrl,
    http::{self, MAX_ANSWER, RelayInfo},
    meter::{Meter, Metered},
};
use crate::tls::Tls;

/// The longest message read or written, in bytes: twice what most relays take.
pub(super) const MAX_MESSAGE: usize = 128 * 1024;

/// Bytes held unsent; beyond, the relay does not read and is given up.
const MAX_UNSENT: usize = 512 * 1024;

/// Buffers of a quiet connection.
const BUFFER: usize = 4 * 1024;

/// Addresses of one name that are tried, and the head start each has over the next.
const MAX_ADDRS: usize = 6;
const HEAD_START: Duration = Duration::from_millis(250);

/// What TLS or bare TCP looks like from above.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

type Bytes = Metered<Box<dyn Stream>>;

/// An open WebSocket.
pub(super) type Socket = WebSocketStream<Bytes>;

/// An open WebSocket, and what opening it told.
pub(super) struct Opened {
    pub(super) socket: Socket,
    /// By how many seconds the relay's clock is ahead of ours, if it says.
    pub(super) clock_offset: Option<i64>,
    pub(super) remote: SocketAddr,
}

/// Opens a WebSocket. The caller bounds the wait.
pub(super) async fn open(
    url: &RelayUrl,
    tls: &Tls,
    meter: Arc<Meter>,
) -> Result<Opened, tungstenite::Error> {
    let (stream, remote) = connect(url, tls, meter).await?;
    let config = WebSocketConfig::default()
        .read_buffer_size(BUFFER)
        .write_buffer_size(BUFFER)
        .max_write_buffer_size(MAX_UNSENT)
        .max_message_size(Some(MAX_MESSAGE))
        .max_frame_size(Some(MAX_MESSAGE));
    let request = url.as_str().into_client_request()?;
    let (socket, answer) = client_async_with_config(request, stream, Some(config)).await?;
    let date = answer.headers().get(DATE).and_then(|date| http::parse_date(date.to_str().ok()?));
    Ok(Opened { socket, clock_offset: date.map(ahead), remote })
}

/// Asks a relay for its information document, over a connection of its own.
pub(super) async fn ask_info(
    url: &RelayUrl,
    tls: &Tls,
    meter: Arc<Meter>,
) -> io::Result<(RelayInfo, Option<i64>)> {
    let (mut stream, _remote) = connect(url, tls, meter).await?;
    let (path, host) = (url.path(), url.host());
    let question = format!(
        "GET {path} HTTP/1.1\r\nHost: {host}\r\nAccept: application/nostr+json\r\n\
         Connection: close\r\n\r\n"
    );
    stream.write_all(question.as_bytes()).await?;
    stream.flush().await?;
    let mut answer = Vec::new();
    let limit = u64::try_from(MAX_ANSWER).unwrap_or(u64::MAX);
    // Some just cut the connection at the end: what came before still counts.
    let cut = stream.take(limit).read_to_end(&mut answer).await;
    let info = RelayInfo::parse(&answer)
        .ok_or_else(|| cut.err().unwrap_or_else(|| io::ErrorKind::InvalidData.into()))?;
    Ok((info, info.date.map(ahead)))
}

async fn connect(url: &RelayUrl, tls: &Tls, meter: Arc<Meter>) -> io::Result<(Bytes, SocketAddr)> {
    let addrs: Vec<_> = lookup_host((url.host_name(), url.port())).await?.take(MAX_ADDRS).collect();
    let tcp = connect_any(addrs).await?;
    // Without it, each small message waits for the acknowledgment of the one before: 40 ms.
    tcp.set_nodelay(true)?;
    let remote = tcp.peer_addr()?;
    let stream: Box<dyn Stream> = if url.is_tls() {
        let name = ServerName::try_from(url.host_name().to_owned()).map_err(io::Error::other)?;
        Box::new(TlsConnector::from(Arc::clone(tls)).connect(name, tcp).await?)
    } else {
        Box::new(tcp)
    };
    Ok((Metered::new(stream, meter), remote))
}

/// Connects to whichever answers first; one that is dead does not hold up the next.
async fn connect_any(addrs: Vec<SocketAddr>) -> io::Result<TcpStream> {
    let mut attempts = JoinSet::new();
    let mut head_start = Duration::ZERO;
    for addr in addrs {
        attempts.spawn(async move {
            if !head_start.is_zero() {
                sleep(head_start).await;
            }
            TcpStream::connect(addr).await
        });
        head_start = head_start.saturating_add(HEAD_START);
    }
    let mut why = io::Error::new(io::ErrorKind::NotFound, "no address of that name");
    while let Some(attempt) = attempts.join_next().await {
        match attempt.map_err(io::Error::other).flatten() {
            Ok(tcp) => return Ok(tcp),
            Err(error) => why = error,
        }
    }
    Err(why)
}

/// By how many seconds a date is ahead of our clock.
fn ahead(date: u64) -> i64 {
    let signed = |seconds: u64| i64::try_from(seconds).unwrap_or(i64::MAX);
    signed(date).saturating_sub(signed(own_clock()))
}

/// What our own clock says, in seconds since 1970.
pub(super) fn own_clock() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
