//! Making an allocation.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, atomic::AtomicBool},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use data_encoding::BASE64;
use futures_util::{StreamExt, stream::FuturesUnordered};
use rtc::crypto::{HmacAlgorithm, default_provider};
use rustls::{ClientConfig, pki_types::ServerName};
use tokio::{
    net::{TcpSocket, TcpStream},
    sync::{Notify, watch},
    task::JoinHandle,
    time::{sleep, timeout},
};
use tokio_rustls::TlsConnector;
use turn_client_proto::stun::types::TransportType;

use super::{
    Progress, Shared, Turn, TurnError, carry,
    session::{ALLOCATION_MISMATCH, Session},
};
use crate::{
    servers::{TurnServer, TurnUrl, TurnVia},
    webrtc::{
        socket::{Family, Udp},
        stun_client::resolve,
    },
};

/// How long making an allocation may take.
const TIMEOUT: Duration = Duration::from_secs(8);

/// After this long without success the next address of a server is tried too.
const NEXT_ADDRESS: Duration = Duration::from_millis(250);

/// Addresses of one server tried at most.
const MAX_ADDRESSES: usize = 4;

/// How long a password made from a secret is good: longer than any call, and coturn's usual.
const PASSWORD_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// Bytes the system may hold for us: all that may be under way to us, so that the server never has
/// to keep, and soon drop, what we are slow to read.
const RECEIVE_BUFFER: u32 = 512 * 1024;

/// The family of an allocation's address, and what peers send to it: datagrams or streams.
type Kind = (Family, TransportType);

impl Turn {
    /// Makes an allocation whose address is of `family`.
    ///
    /// # Errors
    ///
    /// If the server makes none, within eight seconds.
    pub(in super::super) async fn allocate(
        server: &TurnServer,
        tls: &Arc<ClientConfig>,
        family: Family,
    ) -> Result<Arc<Self>, TurnError> {
        let kind = (family, TransportType::Udp);
        Self::allocate_at(server, &server.check()?, tls, kind).await
    }

    /// The same, at `url` and with what peers send: datagrams or streams.
    pub(super) async fn allocate_at(
        server: &TurnServer,
        url: &TurnUrl,
        tls: &Arc<ClientConfig>,
        kind: Kind,
    ) -> Result<Arc<Self>, TurnError> {
        let making = async {
            let made = make(server, url, tls, kind).await;
            match made {
                // It takes us for whoever had our port before; another port helps (RFC 8656,
                // section 7.4).
                Err(TurnError::Refused(_, ALLOCATION_MISMATCH, _)) => {
                    make(server, url, tls, kind).await
                }
                made => made,
            }
        };
        timeout(TIMEOUT, making).await.unwrap_or_else(|_| Err(TurnError::Silent(url.to_string())))
    }
}

/// Tries the server's addresses, one after the other and then side by side.
async fn make(
    server: &TurnServer,
    url: &TurnUrl,
    tls: &Arc<ClientConfig>,
    kind: Kind,
) -> Result<Arc<Turn>, TurnError> {
    let addrs = resolve(&url.host, url.port)
        .await
        .map_err(|error| TurnError::NotFound(url.to_string(), error.to_string()))?;
    let credentials = credentials(server, SystemTime::now());
    let mut tries: FuturesUnordered<_> = (0..)
        .zip(addrs.into_iter().take(MAX_ADDRESSES))
        .map(|(n, addr)| {
            let credentials = &credentials;
            async move {
                sleep(NEXT_ADDRESS.saturating_mul(n)).await;
                make_at(addr, credentials, url, tls, kind).await
            }
        })
        .collect();
    let mut result = Err(TurnError::NotFound(url.to_string(), "it has no address".to_owned()));
    while let Some(made) = tries.next().await {
        // Another address changes nothing about what a server has refused.
        let is_final = !matches!(made, Err(TurnError::Unreachable(..) | TurnError::Silent(_)));
        result = made;
        if is_final {
            break;
        }
    }
    result
}

async fn make_at(
    addr: SocketAddr,
    (username, password): &(String, String),
    url: &TurnUrl,
    tls: &Arc<ClientConfig>,
    kind: Kind,
) -> Result<Arc<Turn>, TurnError> {
    let unreachable = |error: io::Error| TurnError::Unreachable(url.to_string(), error.to_string());
    let shared = |udp: Option<Arc<Udp>>, local| {
        let session = Session::new((username, password), (local, addr), udp.is_none(), kind);
        Arc::new(Shared {
            name: url.to_string(),
            server: addr,
            session: Mutex::new(session),
            inbox: Arc::default(),
            udp,
            received: Mutex::default(),
            is_driven: AtomicBool::new(false),
            sender: Mutex::default(),
            work: Notify::new(),
            arrived: Notify::new(),
            progress: watch::Sender::new(Progress::Asked),
        })
    };
    match url.via {
        TurnVia::Udp => {
            let udp = Arc::new(Udp::bind(Family::of(addr), 0).map_err(unreachable)?);
            udp.writable().await.map_err(unreachable)?;
            let local = udp.local_addr().map_err(unreachable)?;
            let shared = shared(Some(Arc::clone(&udp)), local);
            let carrier = tokio::spawn(carry::datagrams(Arc::clone(&shared), udp));
            made(shared, carrier).await
        }
        TurnVia::Tcp => {
            let stream = connect(addr).await.map_err(unreachable)?;
            let shared = shared(None, stream.local_addr().map_err(unreachable)?);
            let carrier = tokio::spawn(carry::stream(Arc::clone(&shared), stream));
            made(shared, carrier).await
        }
        TurnVia::Tls => {
            let failed = |error: String| TurnError::Tls(url.to_string(), error);
            let stream = connect(addr).await.map_err(unreachable)?;
            let local = stream.local_addr().map_err(unreachable)?;
            let name = ServerName::try_from(url.host.clone())
                .map_err(|error| failed(error.to_string()))?;
            let stream = TlsConnector::from(Arc::clone(tls))
                .connect(name, stream)
                .await
                .map_err(|error| failed(error.to_string()))?;
            let shared = shared(None, local);
            let carrier = tokio::spawn(carry::stream(Arc::clone(&shared), stream));
            made(shared, carrier).await
        }
    }
}

/// Waits until the server has answered.
async fn made(shared: Arc<Shared>, carrier: JoinHandle<()>) -> Result<Arc<Turn>, TurnError> {
    let mut progress = shared.progress.subscribe();
    let unspecified = SocketAddr::new(shared.server.ip(), 0);
    let mut turn = Turn { relayed: unspecified, shared, carrier: carrier.abort_handle() };
    let answered = progress.wait_for(|progress| !matches!(progress, Progress::Asked)).await;
    match answered.as_deref() {
        Ok(Progress::Made(relayed)) => turn.relayed = *relayed,
        Ok(Progress::Over(error)) => return Err(error.clone()),
        _ => return Err(TurnError::Silent(turn.shared.name.clone())),
    }
    Ok(Arc::new(turn))
}

pub(super) async fn connect(addr: SocketAddr) -> io::Result<TcpStream> {
    let socket = if addr.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // Best effort: systems cap it.
    let _smaller = socket.set_recv_buffer_size(RECEIVE_BUFFER);
    let stream = socket.connect(addr).await?;
    stream.set_nodelay(true)?;
    keep_little_unsent(&stream)?;
    Ok(stream)
}

/// Has the system hold few unsent bytes: more only delays what comes after them.
#[cfg(any(target_os = "android", target_os = "linux"))]
fn keep_little_unsent(stream: &TcpStream) -> io::Result<()> {
    socket2::SockRef::from(stream).set_tcp_notsent_lowat(64 * 1024)
}

/// Windows has no such bound, and Apple's cannot be set from here.
#[cfg(not(any(target_os = "android", target_os = "linux")))]
fn keep_little_unsent(_stream: &TcpStream) -> io::Result<()> {
    Ok(())
}

/// What to sign with. From a secret, as coturn's `use-auth-secret` wants it: the name is the time
/// of expiry and the person's name, the password its HMAC-SHA1.
fn credentials(server: &TurnServer, now: SystemTime) -> (String, String) {
    let Some(secret) = &server.secret else {
        return (server.username.clone(), server.password.clone().unwrap_or_default());
    };
    let expiry = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    let expiry = expiry.saturating_add(PASSWORD_LIFETIME).as_secs();
    let username = match server.username.as_str() {
        "" => expiry.to_string(),
        name => format!("{expiry}:{name}"),
    };
    let mut tag = [0; 20];
    let signed = default_provider().ok().and_then(|provider| {
        let mut mac = provider.crypto().new_hmac(HmacAlgorithm::Sha1, secret.as_bytes()).ok()?;
        mac.sign(&[username.as_bytes()], &mut tag).ok()
    });
    if signed.is_none() {
        log::warn!("no HMAC-SHA1 on this device");
    }
    (username, BASE64.encode(&tag))
}
