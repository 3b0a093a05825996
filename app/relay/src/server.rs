//! Takes connections, as many as are allowed.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpSocket, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch},
    time,
};

use crate::{
    RelayConfig, StartError,
    connection::{self, Client},
    http,
    hub::Hub,
    limits::Limits,
    quota::{Buckets, Counts},
    recent::Recent,
    store::Store,
    tls::Tls,
};

/// Connections the system holds until they are taken: all of them may come back at once.
const BACKLOG: u32 = 4_096;

/// What all connections share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) limits: Limits,
    pub(crate) trust_proxy: bool,
    pub(crate) hub: Hub,
    /// Ephemeral events that passed lately.
    pub(crate) recent: Recent,
    pub(crate) events_per_address: Buckets<IpAddr>,
    pub(crate) events_per_key: Buckets<[u8; 32]>,
    pub(crate) store: Store,
    /// Room for reconciliations.
    pub(crate) reconciliations: Arc<Semaphore>,
    connections: Counts,
    tls: Option<Tls>,
}

impl Shared {
    pub(crate) fn new(config: RelayConfig, alive: mpsc::Sender<()>) -> Result<Self, StartError> {
        let limits = config.limits;
        let tls = config.tls.map(Tls::load).transpose().map_err(StartError::Tls)?;
        let store = Store::open(config.data.as_deref(), &limits, alive)
            .map_err(|err| StartError::Database(err))?;
        Ok(Self {
            trust_proxy: config.trust_proxy,
            hub: Hub::default(),
            recent: Recent::default(),
            events_per_address: Buckets::new(limits.events_per_address),
            events_per_key: Buckets::new(limits.events_per_key),
            store,
            reconciliations: Arc::new(Semaphore::new(limits.reconciliations_in_all)),
            connections: Counts::new(limits.connections_per_address),
            tls,
            limits,
        })
    }
}

/// Counts a connection of an address as long as it lives.
struct Counted<'a>(&'a Counts, IpAddr);

impl<'a> Counted<'a> {
    fn new(counts: &'a Counts, ip: IpAddr) -> Option<Self> {
        counts.add(ip).then_some(Self(counts, ip))
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.remove(self.1);
    }
}

/// Begins to listen.
pub(crate) fn listen(at: SocketAddr) -> io::Result<TcpListener> {
    let socket = if at.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // A relay that is started again must not wait for the old one's connections to be forgotten.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(at)?;
    socket.listen(BACKLOG)
}

/// Takes connections until the relay stops.
pub(crate) async fn accept(
    listener: TcpListener,
    shared: Arc<Shared>,
    mut stopped: watch::Receiver<bool>,
    alive: mpsc::Sender<()>,
) {
    let seats = Arc::new(Semaphore::new(shared.limits.connections));
    loop {
        let seat = seats.clone().acquire_owned();
        let taken = tokio::select! {
            _ = stopped.wait_for(|stop| *stop) => return,
            taken = take(&listener, seat) => taken,
        };
        match taken {
            Ok((stream, peer, seat)) => {
                let guest = Guest { stream, peer, seat, alive: alive.clone() };
                tokio::spawn(guest.serve(shared.clone(), stopped.clone()));
            }
            Err(err) => {
                // Out of files, most likely: some will be closed soon.
                log::warn!("relay: a connection was not taken: {err}");
                time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

/// Waits for a free seat first, so that more than are allowed wait outside.
async fn take(
    listener: &TcpListener,
    seat: impl Future<Output = Result<OwnedSemaphorePermit, tokio::sync::AcquireError>>,
) -> io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let seat = seat.await.map_err(io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    Ok((stream, peer, seat))
}

/// A connection that was taken.
struct Guest {
    stream: TcpStream,
    peer: SocketAddr,
    seat: OwnedSemaphorePermit,
    alive: mpsc::Sender<()>,
}

impl Guest {
    async fn serve(self, shared: Arc<Shared>, mut stopped: watch::Receiver<bool>) {
        let Self { stream, peer, seat, alive } = self;
        // An answer of a few hundred bytes must not wait for the other end's acknowledgment.
        if let Err(err) = stream.set_nodelay(true) {
            log::debug!("relay: {err}");
        }
        // A proxy's connections are counted once it has said whose they are.
        let counted = match shared.trust_proxy {
            true => None,
            false => match Counted::new(&shared.connections, peer.ip()) {
                Some(counted) => Some(counted),
                // Not even told: whoever has too many connections could hold more by not asking.
                None => return,
            },
        };
        let served = match shared.tls.as_ref().map(Tls::acceptor) {
            None => greet(stream, peer.ip(), &shared, stopped).await,
            Some(tls) => match in_time(&shared, &mut stopped, tls.accept(stream)).await {
                Ok(stream) => greet(stream, peer.ip(), &shared, stopped).await,
                Err(err) => Err(err),
            },
        };
        drop(counted);
        if let Err(err) = served {
            log::debug!("relay: a connection ended: {err}");
        }
        // In this order: whoever waits for the last to be gone may open the database again.
        drop((seat, shared, alive));
    }
}

/// Waits for what a client must do before it is served: only so long, and not for a relay that
/// stops.
async fn in_time<T>(
    shared: &Shared,
    stopped: &mut watch::Receiver<bool>,
    opening: impl Future<Output = io::Result<T>>,
) -> io::Result<T> {
    tokio::select! {
        opened = time::timeout(shared.limits.handshake, opening) => opened.map_err(io::Error::other)?,
        _ = stopped.wait_for(|stop| *stop) => Err(io::Error::other("the relay stops")),
    }
}

/// Finds out what the client wants, and serves it.
async fn greet<S>(
    mut stream: S,
    peer: IpAddr,
    shared: &Shared,
    mut stopped: watch::Receiver<bool>,
) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let opening = open(&mut stream, peer, shared);
    let Some(opened) = in_time(shared, &mut stopped, opening).await? else { return Ok(()) };
    Client::new(shared, opened.address).serve(stream, opened.rest, stopped).await;
    drop(opened.counted);
    Ok(())
}

/// A WebSocket that was agreed to.
struct Opened<'a> {
    /// What came after the opening already.
    rest: Vec<u8>,
    address: IpAddr,
    counted: Option<Counted<'a>>,
}

/// Opens a WebSocket, or answers and is done.
async fn open<'a, S>(
    stream: &mut S,
    peer: IpAddr,
    shared: &'a Shared,
) -> io::Result<Option<Opened<'a>>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (head, rest) = match http::read_head(stream).await {
        Ok(read) => read,
        Err(err) => {
            http::refuse(stream, "400 Bad Request", "This is no request.").await?;
            return Err(err);
        }
    };
    let mut opened = Opened { rest, address: peer, counted: None };
    if shared.trust_proxy {
        opened.address = head.forwarded_for.unwrap_or(peer);
        opened.counted = Counted::new(&shared.connections, opened.address);
        if opened.counted.is_none() {
            let why = "There are too many connections from your address.";
            http::refuse(stream, "429 Too Many Requests", why).await?;
            return Ok(None);
        }
    }
    let Some(key) = &head.websocket_key else {
        http::answer(stream, &head, &shared.limits).await?;
        return Ok(None);
    };
    http::agree(stream, key).await?;
    Ok(Some(opened))
}

/// How WebSockets are set up.
pub(crate) fn websocket(limits: &Limits) -> connection::Settings {
    connection::Settings::default()
        .max_message_size(Some(limits.message_bytes))
        .max_frame_size(Some(limits.message_bytes))
        // The usual buffers would take 256 KiB for each connection.
        .read_buffer_size(4 * 1024)
        .write_buffer_size(16 * 1024)
        .max_write_buffer_size(limits.message_bytes.saturating_mul(4).max(64 * 1024))
}
