//! The addresses of servers, as people write them: read, or refused with a word on what to do.

use std::{fmt, net::Ipv6Addr};

/// The port of HTTP, and of relays without TLS.
const HTTP_PORT: u16 = 80;
/// The port of HTTPS, and of relays with TLS.
const HTTPS_PORT: u16 = 443;
/// The port of STUN and TURN (RFC 8489, RFC 8656).
const STUN_PORT: u16 = 3478;
/// The port of TURN over TLS.
const TURNS_PORT: u16 = 5349;

/// The longest name of a host DNS allows.
const MAX_HOST_LEN: usize = 253;

/// A machine and a port on it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Endpoint {
    /// A name in lower case, an IPv4 address, or an IPv6 address without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
}

/// Where a relay is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelayEndpoint {
    /// The machine and port.
    pub at: Endpoint,
    /// Whether the connection is encrypted.
    pub has_tls: bool,
    /// The path, which begins with a slash.
    pub path: String,
}

/// Where a TURN server is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TurnEndpoint {
    /// The machine and port.
    pub at: Endpoint,
    /// How it is to be reached; `None` if both UDP and TCP may do.
    pub via: Option<Via>,
}

/// What carries the bytes to a TURN server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Via {
    /// Datagrams.
    Udp,
    /// A stream.
    Tcp,
    /// An encrypted stream.
    Tls,
}

impl fmt::Display for Via {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Udp => "UDP",
            Self::Tcp => "TCP",
            Self::Tls => "TLS",
        })
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// Why an address is refused, and what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadUrl {
    /// A relay begins otherwise.
    #[error("begin the address with wss://, or ws:// for a relay without encryption")]
    RelayScheme,
    /// A STUN server begins otherwise.
    #[error("begin the address with stun:")]
    StunScheme,
    /// A TURN server begins otherwise.
    #[error("begin the address with turn:, or turns: for a server with TLS")]
    TurnScheme,
    /// There is no name, or none that a machine can have.
    #[error("name the machine with letters, digits, dots and hyphens, or by its IP address")]
    Host,
    /// What follows the colon is no port.
    #[error("write the port after the colon as a number from 1 to 65535")]
    Port,
    /// Something follows that means nothing.
    #[error("end the address after the machine and its port")]
    Extra,
    /// The way to a TURN server is not one of those there are.
    #[error("write ?transport=udp or ?transport=tcp, or leave it out")]
    Transport,
}

/// Reads `wss://host[:port][/path]` or `ws://...`.
///
/// # Errors
///
/// [`BadUrl`], whose text tells a person what to do.
pub fn relay(text: &str) -> Result<RelayEndpoint, BadUrl> {
    let (has_tls, rest) = match scheme(text) {
        Some(("wss", rest)) => (true, rest),
        Some(("ws", rest)) => (false, rest),
        _ => return Err(BadUrl::RelayScheme),
    };
    let rest = rest.strip_prefix("//").ok_or(BadUrl::RelayScheme)?;
    let (authority, path) = match rest.find('/') {
        Some(at) => rest.split_at(at),
        None => (rest, "/"),
    };
    if path.contains(|c: char| c.is_whitespace() || c.is_control() || c == '#') {
        return Err(BadUrl::Extra);
    }
    let port = if has_tls { HTTPS_PORT } else { HTTP_PORT };
    Ok(RelayEndpoint { at: endpoint(authority, port)?, has_tls, path: path.to_owned() })
}

/// Reads `stun:host[:port]`.
///
/// # Errors
///
/// [`BadUrl`], whose text tells a person what to do.
pub fn stun(text: &str) -> Result<Endpoint, BadUrl> {
    match scheme(text) {
        Some(("stun", rest)) => endpoint(rest, STUN_PORT),
        _ => Err(BadUrl::StunScheme),
    }
}

/// Reads `turn:host[:port][?transport=udp|tcp]` or `turns:host[:port]`.
///
/// # Errors
///
/// [`BadUrl`], whose text tells a person what to do.
pub fn turn(text: &str) -> Result<TurnEndpoint, BadUrl> {
    let (has_tls, rest) = match scheme(text) {
        Some(("turns", rest)) => (true, rest),
        Some(("turn", rest)) => (false, rest),
        _ => return Err(BadUrl::TurnScheme),
    };
    let (authority, query) = match rest.split_once('?') {
        Some((authority, query)) => (authority, Some(query)),
        None => (rest, None),
    };
    let via = match (has_tls, query) {
        (true, None | Some("transport=tcp")) => Some(Via::Tls),
        (false, None) => None,
        (false, Some("transport=udp")) => Some(Via::Udp),
        (false, Some("transport=tcp")) => Some(Via::Tcp),
        _ => return Err(BadUrl::Transport),
    };
    let port = if has_tls { TURNS_PORT } else { STUN_PORT };
    Ok(TurnEndpoint { at: endpoint(authority, port)?, via })
}

/// The scheme, if it is one of ours, and what follows its colon.
fn scheme(text: &str) -> Option<(&'static str, &str)> {
    let (scheme, rest) = text.split_once(':')?;
    let known = ["wss", "ws", "stun", "turns", "turn"];
    known.into_iter().find(|known| scheme.eq_ignore_ascii_case(known)).map(|known| (known, rest))
}

fn endpoint(text: &str, default_port: u16) -> Result<Endpoint, BadUrl> {
    if let Some(rest) = text.strip_prefix('[') {
        let (ip, rest) = rest.split_once(']').ok_or(BadUrl::Host)?;
        let ip: Ipv6Addr = ip.parse().or(Err(BadUrl::Host))?;
        return Ok(Endpoint { host: ip.to_string(), port: port(rest, default_port)? });
    }
    let end = text.find(|c: char| !is_in_name(c)).unwrap_or(text.len());
    let (host, rest) = text.split_at(end);
    let is_name = !host.is_empty() && host.len() <= MAX_HOST_LEN && !host.starts_with(['.', '-']);
    if !is_name || host.contains("..") {
        return Err(BadUrl::Host);
    }
    Ok(Endpoint { host: host.to_ascii_lowercase(), port: port(rest, default_port)? })
}

fn is_in_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_')
}

/// The port in what follows a host: nothing, or a colon and a number.
fn port(rest: &str, default_port: u16) -> Result<u16, BadUrl> {
    if rest.is_empty() {
        return Ok(default_port);
    }
    let Some(digits) = rest.strip_prefix(':') else {
        return Err(if rest.starts_with(['/', '?', '#']) { BadUrl::Extra } else { BadUrl::Host });
    };
    match digits.parse() {
        Ok(port) if port > 0 && digits.bytes().all(|b| b.is_ascii_digit()) => Ok(port),
        _ if digits.contains(['/', '?', '#']) => Err(BadUrl::Extra),
        _ => Err(BadUrl::Port),
    }
}

#[cfg(test)]
mod tests {
    use super::{BadUrl, Via, relay, stun, turn};

    #[test]
    fn relays_are_read_with_and_without_port_and_path() {
        let read = |text: &str| {
            relay(text).map(|relay| format!("{} {} {}", relay.at, relay.has_tls, relay.path))
        };

        assert_eq!(read("wss://Nos.lol").as_deref(), Ok("nos.lol:443 true /"));
        assert_eq!(read("ws://10.0.0.2:7777/chat").as_deref(), Ok("10.0.0.2:7777 false /chat"));
        assert_eq!(read("WSS://[2001:db8::1]/").as_deref(), Ok("[2001:db8::1]:443 true /"));
    }

    #[test]
    fn stun_and_turn_are_read_as_their_rfcs_write_them() {
        let turned = |text: &str| turn(text).map(|turn| (turn.at.to_string(), turn.via));

        assert_eq!(stun("stun:a.example").map(|at| at.to_string()), Ok("a.example:3478".into()));
        assert_eq!(stun("stun:[::1]:9").map(|at| at.to_string()), Ok("[::1]:9".into()));
        assert_eq!(turned("turn:a.example"), Ok(("a.example:3478".into(), None)));
        let tcp = turned("turn:a.example:80?transport=tcp");
        assert_eq!(tcp, Ok(("a.example:80".into(), Some(Via::Tcp))));
        assert_eq!(turned("turns:a.example"), Ok(("a.example:5349".into(), Some(Via::Tls))));
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, why) in [
            ("", BadUrl::RelayScheme),
            ("https://nos.lol", BadUrl::RelayScheme),
            ("wss:nos.lol", BadUrl::RelayScheme),
            ("wss://", BadUrl::Host),
            ("wss://a b", BadUrl::Host),
            ("wss://user@host", BadUrl::Host),
            ("wss://a..b", BadUrl::Host),
            ("wss://[::1", BadUrl::Host),
            ("wss://nos.lol:", BadUrl::Port),
            ("wss://nos.lol:0", BadUrl::Port),
            ("wss://nos.lol:+1", BadUrl::Port),
            ("wss://nos.lol:65536", BadUrl::Port),
            ("wss://nos.lol?x", BadUrl::Extra),
            ("wss://nos.lol/a b", BadUrl::Extra),
        ] {
            assert_eq!(relay(text).err(), Some(why), "{text}");
        }
        assert_eq!(stun("turn:a").err(), Some(BadUrl::StunScheme));
        assert_eq!(stun("stun:a/b").err(), Some(BadUrl::Extra));
        assert_eq!(turn("stun:a").err(), Some(BadUrl::TurnScheme));
        assert_eq!(turn("turn:a?transport=sctp").err(), Some(BadUrl::Transport));
        assert_eq!(turn("turns:a?transport=udp").err(), Some(BadUrl::Transport));
    }
}
