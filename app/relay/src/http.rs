//! The little HTTP a relay needs: a WebSocket's opening, and the page that says what it allows.

use std::{fmt::Write as _, io, net::IpAddr};

use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use crate::limits::{Limits, StoredKinds};

/// The longest head of a request.
const MAX_HEAD_LEN: usize = 8 * 1024;
/// The most headers in it.
const MAX_HEADERS: usize = 64;

/// What a client asks for first.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// GET, HEAD, OPTIONS, ...
    pub method: String,
    /// The key of a WebSocket's opening, if it is one.
    pub websocket_key: Option<String>,
    /// Whether it wants to know what the relay allows (NIP-11).
    pub wants_information: bool,
    /// The address that the nearest proxy says it was asked by.
    pub forwarded_for: Option<IpAddr>,
    /// How many bytes the head has.
    pub len: usize,
}

impl Head {
    /// Reads a head; none if `bytes` do not hold all of it yet.
    ///
    /// # Errors
    ///
    /// A sentence about what is wrong with it.
    pub fn parse(bytes: &[u8]) -> Result<Option<Self>, String> {
        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut request = httparse::Request::new(&mut headers);
        let len = match request.parse(bytes).map_err(|err| err.to_string())? {
            httparse::Status::Complete(len) => len,
            httparse::Status::Partial => return Ok(None),
        };
        let all = |name: &'static str| {
            let named = request.headers.iter().filter(move |h| h.name.eq_ignore_ascii_case(name));
            named.filter_map(|header| std::str::from_utf8(header.value).ok())
        };
        let lists = |name, word: &str| {
            let words = all(name).flat_map(|value| value.split(','));
            words
                .map(|w| w.split(';').next().unwrap_or(w))
                .any(|w| w.trim().eq_ignore_ascii_case(word))
        };
        let is_websocket = lists("connection", "upgrade") && lists("upgrade", "websocket");
        if is_websocket && !lists("sec-websocket-version", "13") {
            return Err("only version 13 of WebSocket is spoken here".to_owned());
        }
        let websocket_key = is_websocket.then(|| all("sec-websocket-key").next()).flatten();
        let forwarded_for = all("x-forwarded-for").flat_map(|value| value.split(',')).next_back();
        Ok(Some(Self {
            method: request.method.unwrap_or_default().to_owned(),
            websocket_key: websocket_key.map(|key| key.trim().to_owned()),
            wants_information: lists("accept", "application/nostr+json"),
            forwarded_for: forwarded_for.and_then(|ip| ip.trim().parse().ok()),
            len,
        }))
    }
}

/// Reads a head, and what followed it in the same breath.
pub(crate) async fn read_head<S: AsyncRead + Unpin>(stream: &mut S) -> io::Result<(Head, Vec<u8>)> {
    let mut bytes = Vec::with_capacity(1024);
    loop {
        if stream.read_buf(&mut bytes).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if let Some(head) = Head::parse(&bytes).map_err(io::Error::other)? {
            let rest = bytes.split_off(head.len.min(bytes.len()));
            return Ok((head, rest));
        }
        if bytes.len() > MAX_HEAD_LEN {
            return Err(io::Error::other("the head is too long"));
        }
    }
}

/// Agrees to a WebSocket. The date lets clients with a wrong clock set it right.
pub(crate) async fn agree<S: AsyncWrite + Unpin>(stream: &mut S, key: &str) -> io::Result<()> {
    let accept = derive_accept_key(key.as_bytes());
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Accept: {accept}\r\nDate: {}\r\n\r\n",
        date()
    );
    stream.write_all(answer.as_bytes()).await?;
    stream.flush().await
}

/// Answers anything else than a WebSocket and ends the connection.
pub(crate) async fn answer<S: AsyncWrite + Unpin>(
    stream: &mut S,
    head: &Head,
    limits: &Limits,
) -> io::Result<()> {
    let (status, kind, body) = match head.method.as_str() {
        "GET" | "HEAD" if head.wants_information => {
            ("200 OK", "application/nostr+json", information(limits).to_string())
        }
        "GET" | "HEAD" => ("200 OK", "text/plain", "This is a Nostr relay.\n".to_owned()),
        "OPTIONS" => ("204 No Content", "text/plain", String::new()),
        _ => ("405 Method Not Allowed", "text/plain", String::new()),
    };
    let body = if head.method == "HEAD" { "" } else { &body };
    respond(stream, status, kind, body).await
}

/// Refuses a connection.
pub(crate) async fn refuse<S: AsyncWrite + Unpin>(
    stream: &mut S,
    status: &str,
    why: &str,
) -> io::Result<()> {
    respond(stream, status, "text/plain", &format!("{why}\n")).await
}

async fn respond<S: AsyncWrite + Unpin>(
    stream: &mut S,
    status: &str,
    kind: &str,
    body: &str,
) -> io::Result<()> {
    let mut answer = String::new();
    // Writing into a string cannot fail.
    let _ = write!(
        answer,
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nDate: {}\r\n\
         Access-Control-Allow-Origin: *\r\nAccess-Control-Allow-Headers: *\r\n\
         Access-Control-Allow-Methods: GET, HEAD, OPTIONS\r\nConnection: close\r\n\r\n{body}",
        body.len(),
        date()
    );
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await
}

/// What the relay allows, as NIP-11 writes it.
fn information(limits: &Limits) -> Value {
    json!({
        "name": "Festival relay",
        "description": "Passes sealed offers on and keeps sealed mail until it expires.",
        "software": "festival",
        "version": env!("CARGO_PKG_VERSION"),
        "supported_nips": [1, 11, 40, 77],
        "limitation": {
            "max_message_length": limits.message_bytes,
            "max_subscriptions": limits.subscriptions,
            "max_filters": limits.filters,
            "max_limit": limits.results,
            "default_limit": limits.results,
            "max_event_tags": limits.tags,
            "max_subid_length": limits.subscription_id_chars,
            "auth_required": false,
            "payment_required": false,
            "restricted_writes": limits.storage.kinds != StoredKinds::Any,
            "created_at_upper_limit": limits.future.as_secs(),
        },
        "retention": [
            { "kinds": [[20_000, 29_999]], "time": 0 },
            { "time": limits.storage.keep.as_secs() },
        ],
    })
}

fn date() -> String {
    chrono::Utc::now().format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}
