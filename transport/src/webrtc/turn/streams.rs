//! Streams through a TURN server (RFC 6062): one end takes an address there that streams are sent
//! to, the other end connects to it, from an ordinary socket or from such an address of its own.
//!
//! Anybody whose address the server lets through may connect, so each end first says a word that
//! only the two can know; whoever does not is hung up on, and gets nothing.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::{StreamExt as _, stream::FuturesUnordered};
use rustls::{ClientConfig, pki_types::ServerName};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    time::{sleep, timeout},
};
use tokio_rustls::TlsConnector;
use turn_client_proto::{
    stun::types::{
        TransportType,
        message::{Message, MessageClass},
    },
    types::message::CONNECTION_BIND,
};

use super::{
    Turn, TurnError,
    attempt::{Arrival, MAX_ANSWER_LEN},
    open::connect,
    pipe::Pipe,
};
use crate::{
    servers::{TurnServer, TurnVia},
    webrtc::socket::Family,
};

/// How long one stream may take until both words have been said.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Streams that are looked at side by side: one is wanted, and strangers may come before it.
const MAX_AT_ONCE: usize = 4;

/// Streams that are looked at in all, of one place.
const MAX_IN_ALL: usize = 16;

/// Pauses before each try to connect: the server lets nobody in before it has been told to, which
/// takes the other end about a round trip from the answer on.
const PAUSES_MS: [u64; 8] = [0, 5, 10, 20, 40, 80, 160, 320];

/// Ports that no server gives addresses on: what else listens there is left alone.
const RESERVED_PORTS: std::ops::Range<u16> = 0..1024;

/// Bytes of a STUN message before its attributes.
const STUN_HEADER_LEN: usize = 20;

/// What both ends say before anything else on a stream.
#[derive(Clone, Copy)]
pub(in super::super) struct Words {
    /// Of the end that has the place.
    host: [u8; 32],
    /// Of the end that connects to it.
    guest: [u8; 32],
}

impl Words {
    /// Those of a call: only its two ends know the caller's ICE password.
    pub(in super::super) fn of(caller_pwd: &str) -> Self {
        let word = |context| blake3::derive_key(context, caller_pwd.as_bytes());
        Self {
            host: word("festival-chat 2026 rendezvous: stream, word of the host"),
            guest: word("festival-chat 2026 rendezvous: stream, word of the guest"),
        }
    }
}

/// An allocation for streams; dropping it gives it back, and ends its streams.
#[derive(Debug)]
pub(in super::super) struct StreamPlace {
    turn: Arc<Turn>,
    host: String,
    /// How the server is reached, if over TLS.
    tls: Option<Arc<ClientConfig>>,
}

impl StreamPlace {
    /// Makes one, over the kind of connection the server's URL says, but TCP instead of UDP.
    ///
    /// # Errors
    ///
    /// If the server makes none: many do not know how.
    pub(in super::super) async fn allocate(
        server: &TurnServer,
        tls: &Arc<ClientConfig>,
        family: Family,
    ) -> Result<Arc<Self>, TurnError> {
        let mut url = server.check()?;
        if url.via == TurnVia::Udp {
            url.via = TurnVia::Tcp;
        }
        let turn = Turn::allocate_at(server, &url, tls, (family, TransportType::Tcp)).await?;
        let tls = (url.via == TurnVia::Tls).then(|| Arc::clone(tls));
        Ok(Arc::new(Self { turn, host: url.host, tls }))
    }

    /// What the other end connects to.
    pub(in super::super) fn relayed(&self) -> SocketAddr {
        self.turn.relayed()
    }

    /// The allocation, for letting peers in.
    pub(in super::super) fn turn(&self) -> &Turn {
        &self.turn
    }

    /// Waits for the first stream of one who knows the word.
    ///
    /// # Errors
    ///
    /// If the server ends the allocation.
    pub(in super::super) async fn accept(self: &Arc<Self>, words: &Words) -> io::Result<Arc<Pipe>> {
        let (mut taking, mut left) = (FuturesUnordered::new(), MAX_IN_ALL);
        loop {
            let has_room = left > 0 && taking.len() < MAX_AT_ONCE;
            tokio::select! {
                arrived = self.turn.arrival(), if has_room => {
                    let (arrival, request) = arrived?;
                    left = left.saturating_sub(1);
                    taking.push(timeout(TIMEOUT, self.take(arrival, request, End::Host(words))));
                }
                Some(taken) = taking.next() => match taken {
                    Ok(Ok(pipe)) => return Ok(pipe),
                    Ok(Err(error)) => log::debug!("a stream at {} is left: {error}", self.host),
                    Err(_elapsed) => log::debug!("a stream at {} says nothing", self.host),
                },
                else => return Err(io::Error::other("too many strangers")),
            }
        }
    }

    /// Opens a stream from here to the other end's place, as soon as the server there lets it in.
    ///
    /// # Errors
    ///
    /// The last try's, after a second or more.
    pub(in super::super) async fn visit(
        self: &Arc<Self>,
        place: SocketAddr,
        words: &Words,
    ) -> io::Result<Arc<Pipe>> {
        check_port(place)?;
        let mut pauses = PAUSES_MS.into_iter();
        let (mut asking, mut taking) = (FuturesUnordered::new(), FuturesUnordered::new());
        let mut last_error = io::Error::from(io::ErrorKind::TimedOut);
        loop {
            if asking.is_empty() {
                asking.extend(pauses.next().map(|pause| self.ask(place, pause)));
            }
            // A server that does not let us in may accept and hang up, of which nobody tells us: so
            // it is asked again while a stream is taken over, and says no if that is a good one.
            tokio::select! {
                Some(asked) = asking.next() => match asked {
                    Ok((arrival, request)) => {
                        let taken = self.take(arrival, request, End::Guest(words));
                        taking.push(timeout(TIMEOUT, taken));
                    }
                    Err(error) => last_error = error,
                },
                Some(taken) = taking.next() => match taken {
                    Ok(Ok(pipe)) => return Ok(pipe),
                    Ok(Err(error)) => last_error = error,
                    Err(elapsed) => last_error = elapsed.into(),
                },
                else => return Err(last_error),
            }
        }
    }

    /// Has the server connect to `place`, after a pause.
    async fn ask(&self, place: SocketAddr, pause_ms: u64) -> io::Result<(Arrival, Vec<u8>)> {
        sleep(Duration::from_millis(pause_ms)).await;
        timeout(TIMEOUT, self.turn.connect(place)).await?
    }

    /// Takes over what waits at the server, on a connection of its own.
    async fn take(
        self: &Arc<Self>,
        arrival: Arrival,
        request: Vec<u8>,
        end: End<'_>,
    ) -> io::Result<Arc<Pipe>> {
        let mut stream = connect(self.turn.server()).await?;
        let Some(tls) = &self.tls else {
            bind(&mut stream, &request).await?;
            end.greet(&mut stream).await?;
            return Ok(Pipe::new(arrival.peer, stream, Some(Arc::clone(self))));
        };
        let name = ServerName::try_from(self.host.clone()).map_err(io::Error::other)?;
        let mut stream = TlsConnector::from(Arc::clone(tls)).connect(name, stream).await?;
        bind(&mut stream, &request).await?;
        end.greet(&mut stream).await?;
        Ok(Pipe::new(arrival.peer, stream, Some(Arc::clone(self))))
    }
}

/// Which end of a stream this is.
#[derive(Clone, Copy)]
enum End<'a> {
    /// It has the place.
    Host(&'a Words),
    /// It comes there.
    Guest(&'a Words),
}

impl End<'_> {
    /// Says its word and hears the other's; who comes speaks first.
    async fn greet(self, stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> io::Result<()> {
        match self {
            End::Host(words) => {
                hear(stream, &words.guest).await?;
                say(stream, &words.host).await
            }
            End::Guest(words) => {
                say(stream, &words.guest).await?;
                hear(stream, &words.host).await
            }
        }
    }
}

/// Opens a stream to the other end's place, as soon as the server lets this device in; `reached`
/// becomes true once anything there has answered.
///
/// # Errors
///
/// The last try's, after about a second.
pub(in super::super) async fn visit(
    place: SocketAddr,
    words: &Words,
    reached: &AtomicBool,
) -> io::Result<Arc<Pipe>> {
    check_port(place)?;
    let mut last_error = io::Error::from(io::ErrorKind::TimedOut);
    for pause in PAUSES_MS {
        sleep(Duration::from_millis(pause)).await;
        match timeout(TIMEOUT, visit_once(place, words, reached)).await {
            Ok(Ok(pipe)) => return Ok(pipe),
            Ok(Err(error)) => last_error = error,
            Err(elapsed) => last_error = elapsed.into(),
        }
    }
    Err(last_error)
}

async fn visit_once(
    place: SocketAddr,
    words: &Words,
    reached: &AtomicBool,
) -> io::Result<Arc<Pipe>> {
    let mut stream = connect(place).await?;
    reached.store(true, Ordering::Relaxed);
    End::Guest(words).greet(&mut stream).await?;
    Ok(Pipe::new(place, stream, None))
}

fn check_port(place: SocketAddr) -> io::Result<()> {
    match RESERVED_PORTS.contains(&place.port()) {
        true => Err(io::ErrorKind::AddrNotAvailable.into()),
        false => Ok(()),
    }
}

async fn say(stream: &mut (impl AsyncWrite + Unpin), word: &[u8; 32]) -> io::Result<()> {
    stream.write_all(word).await?;
    stream.flush().await
}

async fn hear(stream: &mut (impl AsyncRead + Unpin), word: &[u8; 32]) -> io::Result<()> {
    let mut said = [0; 32];
    stream.read_exact(&mut said).await?;
    // Compared in constant time.
    match blake3::Hash::from_bytes(said) == blake3::Hash::from_bytes(*word) {
        true => Ok(()),
        false => Err(io::ErrorKind::PermissionDenied.into()),
    }
}

/// Asks for a peer's stream; not a byte beyond the answer is read.
async fn bind(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    request: &[u8],
) -> io::Result<()> {
    stream.write_all(request).await?;
    stream.flush().await?;
    let mut answer = vec![0; STUN_HEADER_LEN];
    stream.read_exact(&mut answer).await?;
    let len = answer.get(2..4).and_then(|len| len.first_chunk()).copied().unwrap_or_default();
    let len = usize::from(u16::from_be_bytes(len));
    if len > MAX_ANSWER_LEN {
        return Err(io::ErrorKind::InvalidData.into());
    }
    answer.resize(len.saturating_add(STUN_HEADER_LEN), 0);
    stream.read_exact(answer.get_mut(STUN_HEADER_LEN..).unwrap_or_default()).await?;
    let answer = Message::from_bytes(&answer).map_err(io::Error::other)?;
    match answer.has_method(CONNECTION_BIND) && answer.has_class(MessageClass::Success) {
        true => Ok(()),
        false => Err(io::Error::other("the server does not hand the stream over")),
    }
}
