//! The address of a relay.

use std::{fmt, str::FromStr};

use nostr::Url;

/// The longest text of an address.
const MAX_LEN: usize = 255;

/// The address of a relay, checked, and one text for each relay: `wss://host[:port][/path]`, or
/// `ws://` without TLS. A text without a scheme means TLS.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RelayUrl {
    text: String,
    tls: bool,
    /// Without the brackets of an IPv6 address.
    host: String,
    port: u16,
}

impl RelayUrl {
    /// The whole address.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Host and port, `host:port`, even if the port is the usual one.
    pub fn host(&self) -> String {
        let port = self.port;
        let host = &self.host;
        if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
    }

    /// Whether TLS is spoken there.
    pub fn is_tls(&self) -> bool {
        self.tls
    }

    pub(super) fn host_name(&self) -> &str {
        &self.host
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// What follows the host, at least `/`.
    pub(super) fn path(&self) -> &str {
        let after_scheme = self.text.split_once("://").map_or("", |(_scheme, rest)| rest);
        after_scheme.find('/').and_then(|at| after_scheme.get(at..)).unwrap_or("/")
    }
}

impl FromStr for RelayUrl {
    type Err = NotARelay;

    fn from_str(text: &str) -> Result<Self, NotARelay> {
        if text.len() > MAX_LEN {
            return Err(NotARelay);
        }
        let full = if text.contains("://") { text.to_owned() } else { format!("wss://{text}") };
        let url = Url::parse(&full).map_err(|_error| NotARelay)?;
        let tls = match url.scheme() {
            "wss" => true,
            "ws" => false,
            _ => return Err(NotARelay),
        };
        let is_plain = url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none();
        let host = url.host_str().unwrap_or_default();
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let port = url.port_or_known_default().unwrap_or_default();
        if !is_plain || host.is_empty() || port == 0 || url.as_str().len() > MAX_LEN {
            return Err(NotARelay);
        }
        let text = url.as_str().trim_end_matches('/').to_owned();
        Ok(Self { text, tls, host: host.to_owned(), port })
    }
}

impl fmt::Display for RelayUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for RelayUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A text that is not the address of a relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the address of a relay: wss://host, or ws://host without TLS")]
pub struct NotARelay;

#[cfg(test)]
mod tests {
    use super::{NotARelay, RelayUrl};

    fn parse(text: &str) -> Result<RelayUrl, NotARelay> {
        text.parse()
    }

    #[test]
    fn each_relay_has_one_text() {
        for text in ["wss://nos.lol", "nos.lol", "WSS://Nos.LOL/", "wss://nos.lol:443"] {
            let url = parse(text).expect("a relay");
            assert_eq!((url.as_str(), url.host()), ("wss://nos.lol", "nos.lol:443".to_owned()));
            assert!(url.is_tls());
        }
        let url = parse("ws://[::1]:7777/chat").expect("a relay");
        assert_eq!((url.as_str(), url.path()), ("ws://[::1]:7777/chat", "/chat"));
        assert_eq!((url.host(), url.host_name()), ("[::1]:7777".to_owned(), "::1"));
        assert_eq!(parse("127.0.0.1:7777").expect("a relay").as_str(), "wss://127.0.0.1:7777");
        assert_eq!(parse("ws://relay").expect("a relay").path(), "/");
    }

    #[test]
    fn what_is_no_relay_is_refused() {
        let long = format!("wss://{}.org", "a".repeat(300));
        for text in [
            "",
            "http://nos.lol",
            "wss://",
            "wss://me@nos.lol",
            "wss://:pw@nos.lol",
            "wss://nos.lol?x",
            "wss://nos.lol#x",
            "wss://nos.lol:0",
            "nos.lol:x",
            "a b",
            &long,
        ] {
            assert_eq!(parse(text), Err(NotARelay), "{text}");
        }
    }
}
