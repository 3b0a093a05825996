//! Relays that misbehave: a proxy in front of an honest one, which reads along and interferes.

use std::{
    collections::VecDeque,
    fs::File,
    io::{self, BufReader},
    net::Ipv6Addr,
    sync::{Arc, mpsc},
    thread::JoinHandle,
    time::Duration,
};

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, copy_bidirectional},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    time::{Instant, sleep_until},
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring::default_provider,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    },
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Message, protocol::Role},
};

use crate::{Namespace, certificates::Certificates};

/// What is wrong with a relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Everything it says comes 5 s late.
    Slow,
    /// It takes every event, says so, and gives it to nobody.
    Drops,
    /// It gives every event several times, and old ones again with each new one.
    Replays,
    /// It gives what it has to say in another order.
    Reorders,
    /// It changes events, and makes up others that look alike.
    Forges,
    /// It takes no event and no subscription, and says so.
    Full,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Slow, Self::Drops, Self::Replays, Self::Reorders, Self::Forges, Self::Full];
}

const LATE: Duration = Duration::from_secs(5);
/// How long a relay that reorders waits for something to send before.
const HOLD: Duration = Duration::from_millis(200);
/// Events that a relay that replays remembers.
const MEMORY: usize = 16;
/// The longest head of a request or an answer taken.
const MAX_HEAD_LEN: usize = 16 * 1024;

/// A proxy on a machine of the lab; it ends when dropped.
#[derive(Debug)]
pub(crate) struct Proxy {
    end: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Proxy {
    /// Takes connections on port 443 and passes them on to port 80.
    pub(crate) fn start(
        machine: &Namespace,
        fault: Fault,
        certificates: &Certificates,
    ) -> io::Result<Self> {
        let tls = acceptor(certificates)?;
        let (end, ended) = oneshot::channel();
        let (ready, is_ready) = mpsc::sync_channel(1);
        let thread = machine.spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let runtime = runtime.expect("a runtime");
            runtime.block_on(async {
                let listener = TcpListener::bind((Ipv6Addr::UNSPECIFIED, 443)).await;
                let listener = listener.expect("nobody else is on this machine");
                let _ = ready.send(());
                tokio::select! {
                    () = serve(&listener, &tls, fault) => {}
                    _ = ended => {}
                }
            });
        })?;
        is_ready.recv().map_err(io::Error::other)?;
        Ok(Self { end: Some(end), thread: Some(thread) })
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        drop(self.end.take());
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

fn acceptor(certificates: &Certificates) -> io::Result<TlsAcceptor> {
    let open = |path| File::open(path).map(BufReader::new);
    let chain: Result<Vec<_>, _> =
        CertificateDer::pem_reader_iter(open(certificates.certificate())?).collect();
    let key =
        PrivateKeyDer::from_pem_reader(open(certificates.key())?).map_err(io::Error::other)?;
    let config = ServerConfig::builder_with_provider(default_provider().into())
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_no_client_auth()
        .with_single_cert(chain.map_err(io::Error::other)?, key)
        .map_err(io::Error::other)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

async fn serve(listener: &TcpListener, tls: &TlsAcceptor, fault: Fault) {
    loop {
        let Ok((client, _)) = listener.accept().await else { continue };
        let tls = tls.clone();
        tokio::spawn(async move {
            // Whoever hangs up ends their own connection.
            let _ = pass_on(client, &tls, fault).await;
        });
    }
}

/// One connection, to its end.
async fn pass_on(client: TcpStream, tls: &TlsAcceptor, fault: Fault) -> io::Result<()> {
    client.set_nodelay(true)?;
    let mut client = tls.accept(client).await?;
    let mut relay = TcpStream::connect(("127.0.0.1", 80)).await?;
    relay.set_nodelay(true)?;
    let (request, rest) = read_head(&mut client).await?;
    relay.write_all(&request).await?;
    relay.write_all(&rest).await?;
    let (answer, rest) = read_head(&mut relay).await?;
    if fault == Fault::Slow {
        sleep_until(Instant::now() + LATE).await;
    }
    client.write_all(&answer).await?;
    if !answer.starts_with(b"HTTP/1.1 101") {
        client.write_all(&rest).await?;
        copy_bidirectional(&mut client, &mut relay).await?;
        return Ok(());
    }
    let client = WebSocketStream::from_raw_socket(client, Role::Server, None).await;
    let relay = WebSocketStream::from_partially_read(relay, rest, Role::Client, None).await;
    interfere(client, relay, Liar::new(fault)).await;
    Ok(())
}

/// The head of a request or an answer, and what was read beyond it.
async fn read_head(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<(Vec<u8>, Vec<u8>)> {
    let mut bytes = Vec::new();
    while bytes.len() < MAX_HEAD_LEN {
        if stream.read_buf(&mut bytes).await? == 0 {
            break;
        }
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let rest = bytes.split_off(end + 4);
            return Ok((bytes, rest));
        }
    }
    Err(io::ErrorKind::InvalidData.into())
}

/// Passes messages on as the liar likes, until one side is gone.
async fn interfere<C, R>(
    mut client: WebSocketStream<C>,
    mut relay: WebSocketStream<R>,
    mut liar: Liar,
) where
    C: AsyncRead + AsyncWrite + Unpin,
    R: AsyncRead + AsyncWrite + Unpin,
{
    // What goes to the client, and when.
    let mut late: VecDeque<(Instant, Message)> = VecDeque::new();
    loop {
        let due = late.front().map(|(due, _)| *due);
        let wait = async {
            match due {
                Some(due) => sleep_until(due).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            message = client.next() => {
                let Some(Ok(message)) = message else { return };
                let (to_relay, to_client) = liar.hears(message);
                if let Some(message) = to_relay && relay.send(message).await.is_err() {
                    return;
                }
                late.extend(to_client.into_iter().map(|message| (Instant::now(), message)));
            }
            message = relay.next() => {
                let Some(Ok(message)) = message else { return };
                match liar.fault {
                    Fault::Slow => late.push_back((Instant::now() + LATE, message)),
                    // The newest first, and all of them a little later.
                    Fault::Reorders => late.push_front((Instant::now() + HOLD, message)),
                    _ => late.extend(liar.says(message).map(|message| (Instant::now(), message))),
                }
            }
            () = wait => {
                while let Some((due, _)) = late.front() && *due <= Instant::now() {
                    let Some((_, message)) = late.pop_front() else { break };
                    if client.send(message).await.is_err() {
                        return;
                    }
                }
            }
        }
    }
}

/// What a relay with a fault makes of messages.
struct Liar {
    fault: Fault,
    memory: VecDeque<Message>,
}

impl Liar {
    fn new(fault: Fault) -> Self {
        Self { fault, memory: VecDeque::new() }
    }

    /// What the honest relay gets of a client's message, and what the client is told at once.
    fn hears(&self, message: Message) -> (Option<Message>, Option<Message>) {
        let parsed = message.to_text().ok().and_then(|text| serde_json::from_str(text).ok());
        let parsed: Value = parsed.unwrap_or_default();
        let kind = parsed.get(0).and_then(Value::as_str).unwrap_or_default();
        let answer = match (self.fault, kind) {
            (Fault::Drops, "EVENT") => json!(["OK", parsed[1]["id"], true, ""]),
            (Fault::Full, "EVENT") => {
                json!(["OK", parsed[1]["id"], false, "rate-limited: this relay is full"])
            }
            (Fault::Full, "REQ") => json!(["CLOSED", parsed[1], "error: this relay is full"]),
            _ => return (Some(message), None),
        };
        (None, Some(Message::text(answer.to_string())))
    }

    /// What the client gets of the honest relay's message.
    fn says(&mut self, message: Message) -> impl Iterator<Item = Message> + use<> {
        let parsed = message.to_text().ok().and_then(|text| serde_json::from_str(text).ok());
        let parsed: Value = parsed.unwrap_or_default();
        let is_event = parsed.get(0).is_some_and(|kind| kind == "EVENT");
        let said = match self.fault {
            Fault::Replays if is_event => {
                let mut said: Vec<_> = self.memory.iter().cloned().collect();
                said.extend([message.clone(), message.clone()]);
                self.memory.push_back(message);
                self.memory.drain(..self.memory.len().saturating_sub(MEMORY));
                said
            }
            Fault::Forges if is_event => forge(&parsed),
            _ => vec![message],
        };
        said.into_iter()
    }
}

/// Events that look like this one and are not.
fn forge(message: &Value) -> Vec<Message> {
    let text = |value: &Value| Message::text(value.to_string());
    let mut changed = message.clone();
    let content = changed[2]["content"].as_str().unwrap_or_default();
    changed[2]["content"] = content.chars().rev().collect::<String>().into();
    let mut unsigned = message.clone();
    unsigned[2]["pubkey"] = "11".repeat(32).into();
    let cut = json!(["EVENT", message[1], {"id": message[2]["id"]}]);
    let empty = json!(["EVENT", message[1]]);
    vec![text(&changed), text(&unsigned), text(&cut), text(&empty), Message::text("[")]
}
