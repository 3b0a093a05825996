//! The servers that help devices find and reach each other over the internet. None of them can
//! read anything; every one can be replaced, or left out.

mod url;

use std::{fmt, path::PathBuf};

use serde::{Deserialize, Serialize};

pub use url::{StunUrl, TurnUrl, TurnVia, UrlError};

/// Which servers to use.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Servers {
    /// Nostr relays, where offers are left and heard: `wss://host[:port]`, or `ws://` without TLS.
    pub relays: Vec<String>,
    /// STUN servers, which tell a device its public address: `stun:host[:port]`.
    pub stun: Vec<String>,
    /// TURN servers, which pass on what cannot go directly.
    pub turn: Vec<TurnServer>,
    /// A PEM file of certificates to trust beside the usual ones, for servers with their own.
    pub trust: Option<PathBuf>,
}

/// One TURN server (RFC 8656) and how to prove that it may be used.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TurnServer {
    /// `turn:host[:port][?transport=udp|tcp]`, or `turns:host[:port]` for TLS (RFC 7065).
    pub url: String,
    /// The user's name; with a `secret`, only the part after the expiry time.
    #[serde(default)]
    pub username: String,
    /// The user's password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// The secret shared with the server, from which passwords for a limited time are made
    /// (coturn: `use-auth-secret`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

/// Says which server, nothing of the password or the secret.
impl fmt::Debug for TurnServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TurnServer").field("url", &self.url).finish_non_exhaustive()
    }
}

/// Relays a program is built with. Their places are part of invites: new ones go to the end, and
/// one that is gone leaves an empty text.
pub const SHIPPED_RELAYS: &[&str] = &[
    "wss://relay.damus.io",
    "wss://nos.lol",
    "wss://relay.primal.net",
    "wss://nostr.mom",
    "wss://offchain.pub",
];

/// STUN servers a program is built with.
const SHIPPED_STUN: &[&str] =
    &["stun:stun.l.google.com:19302", "stun:stun1.l.google.com:19302", "stun:stun.cloudflare.com"];

impl Servers {
    /// What a program is built with: public servers that take anyone.
    pub fn shipped() -> Self {
        let texts = |all: &[&str]| {
            all.iter().filter(|text| !text.is_empty()).map(ToString::to_string).collect()
        };
        Self { relays: texts(SHIPPED_RELAYS), stun: texts(SHIPPED_STUN), ..Self::default() }
    }

    /// None at all: only devices on the same network are reached.
    pub fn none() -> Self {
        Self::default()
    }
}

impl TurnServer {
    /// The server's address, if that and the way of proving oneself make sense.
    ///
    /// # Errors
    ///
    /// In words that say what to change.
    pub fn check(&self) -> Result<TurnUrl, ServerError> {
        let url: TurnUrl = self.url.parse()?;
        let named = || self.url.clone();
        match (&self.password, &self.secret) {
            (None, None) => Err(ServerError::NoPassword(named())),
            (Some(_), Some(_)) => Err(ServerError::PasswordAndSecret(named())),
            (Some(_), None) if self.username.is_empty() => Err(ServerError::NoUsername(named())),
            _ => Ok(url),
        }
    }
}

/// What is wrong with what is said of a TURN server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServerError {
    /// The address.
    #[error(transparent)]
    Url(#[from] UrlError),
    /// A password without a name.
    #[error("{0:?} needs a \"username\" beside its \"password\"")]
    NoUsername(String),
    /// Neither a password nor a secret.
    #[error("{0:?} needs a \"password\", or the server's \"secret\" to make passwords from")]
    NoPassword(String),
    /// Both.
    #[error("{0:?} has both a \"password\" and a \"secret\": leave one out")]
    PasswordAndSecret(String),
}
