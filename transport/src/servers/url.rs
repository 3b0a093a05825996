//! The addresses of STUN and TURN servers, as people write them (RFC 7064 and 7065).

use std::{fmt, str::FromStr};

/// The ports of servers that say none (RFC 8489, section 9; RFC 8656, section 3).
const PORT: u16 = 3478;
const TLS_PORT: u16 = 5349;

/// What is wrong with a server's address, in words that say what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// Another scheme, or none.
    #[error("{0:?} must start with {1}")]
    Scheme(String, &'static str),
    /// No host, or one that cannot be.
    #[error("{0:?} names no server: write {1}example.org, or {1}192.0.2.1 or {1}[2001:db8::1]")]
    Host(String, &'static str),
    /// A port that is none.
    #[error("{0:?}: the port must be a number from 1 to 65535")]
    Port(String),
    /// Something after the host and port that has no meaning there.
    #[error("{0:?}: only ?transport=udp or ?transport=tcp may follow the host and port")]
    Query(String),
    /// TLS is spoken over TCP only.
    #[error("{0:?}: turns: works over TCP only, so leave ?transport=udp out")]
    DtlsUnsupported(String),
}

/// Where a STUN server is: `stun:host[:port]`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct StunUrl {
    /// A name or an IP address, without brackets.
    pub host: String,
    /// Its UDP port.
    pub port: u16,
}

impl FromStr for StunUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        let rest =
            strip(text, "stun:").ok_or_else(|| UrlError::Scheme(text.to_owned(), "stun:"))?;
        if rest.contains('?') {
            return Err(UrlError::Query(text.to_owned()));
        }
        let (host, port) = host_and_port(text, rest, "stun:", PORT)?;
        Ok(Self { host, port })
    }
}

/// Says the port even where it is the usual one.
impl fmt::Display for StunUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "stun:{}:{}", Bracketed(&self.host), self.port)
    }
}

/// How a TURN server is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TurnVia {
    /// Datagrams: the fastest, where they are let through.
    Udp,
    /// A plain stream.
    Tcp,
    /// An encrypted stream, which looks like any secure website to a firewall.
    Tls,
}

/// Where a TURN server is: `turn:host[:port][?transport=udp|tcp]` or `turns:host[:port]`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TurnUrl {
    /// A name or an IP address, without brackets; with TLS also the name in its certificate.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How it is reached.
    pub via: TurnVia,
}

impl FromStr for TurnUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        let (rest, scheme, port) = match (strip(text, "turn:"), strip(text, "turns:")) {
            (Some(rest), _) => (rest, "turn:", PORT),
            (None, Some(rest)) => (rest, "turns:", TLS_PORT),
            (None, None) => return Err(UrlError::Scheme(text.to_owned(), "turn: or turns:")),
        };
        let (authority, query) = match rest.split_once('?') {
            Some((authority, query)) => (authority, Some(query)),
            None => (rest, None),
        };
        let via = match (scheme, query) {
            ("turn:", None | Some("transport=udp")) => TurnVia::Udp,
            ("turn:", Some("transport=tcp")) => TurnVia::Tcp,
            ("turns:", None | Some("transport=tcp")) => TurnVia::Tls,
            ("turns:", Some("transport=udp")) => {
                return Err(UrlError::DtlsUnsupported(text.to_owned()));
            }
            _ => return Err(UrlError::Query(text.to_owned())),
        };
        let (host, port) = host_and_port(text, authority, scheme, port)?;
        Ok(Self { host, port, via })
    }
}

/// Says the port even where it is the usual one.
impl fmt::Display for TurnUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, query) = match self.via {
            TurnVia::Udp => ("turn", "?transport=udp"),
            TurnVia::Tcp => ("turn", "?transport=tcp"),
            TurnVia::Tls => ("turns", ""),
        };
        write!(f, "{scheme}:{}:{}{query}", Bracketed(&self.host), self.port)
    }
}

/// An IPv6 address needs brackets before a port.
struct Bracketed<'a>(&'a str);

impl fmt::Display for Bracketed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.contains(':') { write!(f, "[{}]", self.0) } else { f.write_str(self.0) }
    }
}

/// What follows `scheme`, in whichever case it is written.
fn strip<'a>(text: &'a str, scheme: &str) -> Option<&'a str> {
    let (head, rest) = text.trim().split_at_checked(scheme.len())?;
    head.eq_ignore_ascii_case(scheme).then_some(rest)
}

/// Splits `host`, `host:port`, `[IPv6]` or `[IPv6]:port`.
fn host_and_port(
    text: &str,
    authority: &str,
    scheme: &'static str,
    usual: u16,
) -> Result<(String, u16), UrlError> {
    let no_host = || UrlError::Host(text.to_owned(), scheme);
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (host, port) = rest.split_once(']').ok_or_else(no_host)?;
            let _ipv6: std::net::Ipv6Addr = host.parse().ok().ok_or_else(no_host)?;
            (host, port)
        }
        None => {
            let (host, port) = authority.split_at(authority.find(':').unwrap_or(authority.len()));
            if host.is_empty() || !host.bytes().all(is_in_names) {
                return Err(no_host());
            }
            (host, port)
        }
    };
    let port = match port.strip_prefix(':') {
        None if port.is_empty() => usual,
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits
            .parse()
            .ok()
            .filter(|port| *port != 0)
            .ok_or_else(|| UrlError::Port(text.to_owned()))?,
        _ => return Err(UrlError::Port(text.to_owned())),
    };
    Ok((host.to_owned(), port))
}

fn is_in_names(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_')
}

#[cfg(test)]
mod tests {
    use super::{StunUrl, TurnUrl, TurnVia, UrlError};

    fn turn(text: &str) -> Result<(String, u16, TurnVia), String> {
        let url: TurnUrl = text.parse().map_err(|error: UrlError| error.to_string())?;
        assert_eq!(url.to_string().parse().as_ref(), Ok(&url), "is read as it is written");
        Ok((url.host, url.port, url.via))
    }

    #[test]
    fn addresses_are_read_as_the_standards_write_them() {
        let read = |text: &str| turn(text).expect("good");
        assert_eq!(read("turn:relay.example"), ("relay.example".into(), 3478, TurnVia::Udp));
        assert_eq!(read("TURN:192.0.2.1:99"), ("192.0.2.1".into(), 99, TurnVia::Udp));
        assert_eq!(
            read("turn:[2001:db8::1]:443?transport=tcp"),
            ("2001:db8::1".into(), 443, TurnVia::Tcp)
        );
        assert_eq!(read("turns:relay.example"), ("relay.example".into(), 5349, TurnVia::Tls));
        assert_eq!(
            read("turns:r.example:443?transport=tcp"),
            ("r.example".into(), 443, TurnVia::Tls)
        );
        let stun: StunUrl = "stun:[::1]".parse().expect("good");
        assert_eq!((stun.host.as_str(), stun.port), ("::1", 3478));
        assert_eq!(stun.to_string(), "stun:[::1]:3478");
    }

    #[test]
    fn mistakes_are_named_with_what_to_write_instead() {
        for (text, said) in [
            ("relay.example", "must start with turn: or turns:"),
            ("https://relay.example", "must start with turn: or turns:"),
            ("turn:", "names no server: write turn:example.org"),
            ("turn://relay.example", "names no server"),
            ("turn:2001:db8::1", "the port must be a number"),
            ("turn:[relay]", "names no server"),
            ("turn:relay.example:0", "from 1 to 65535"),
            ("turn:relay.example:65536", "from 1 to 65535"),
            ("turn:relay.example:+1", "from 1 to 65535"),
            ("turn:relay.example?transport=sctp", "only ?transport=udp or ?transport=tcp"),
            ("turns:relay.example?transport=udp", "works over TCP only"),
        ] {
            let error = turn(text).expect_err(text);
            assert!(error.contains(said), "{text} gives: {error}");
            assert!(error.contains(text), "{error} does not name {text}");
        }
        let error = "stun:a?b".parse::<StunUrl>().expect_err("a query");
        assert_eq!(error, UrlError::Query("stun:a?b".into()));
    }
}
