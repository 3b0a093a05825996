//! The servers that help devices find and reach each other over the internet. None of them can
//! read anything; every one can be replaced, or left out.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
