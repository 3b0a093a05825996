//! Ways of moving frames between devices.
//!
//! A [`Transport`] opens [`Link`]s; a link carries whole frames, in order, until it closes.
//! Neither knows what a chat is, nor who is at the other end: the engine's session proves that.

// In a test an overflow is a failure, as it should be.
#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

mod addr;
#[cfg(feature = "relays")]
mod binder;
#[cfg(feature = "ble")]
pub mod ble;
#[cfg(feature = "webrtc")]
pub mod check;
pub mod chooser;
pub mod control;
pub mod datagram_stream;
pub mod either;
#[cfg(any(feature = "lan", feature = "relays"))]
mod interface;
#[cfg(feature = "lan")]
pub mod lan;
mod link;
#[cfg(feature = "relays")]
pub mod mailbox;
pub mod memory;
pub mod nat;
#[cfg(feature = "relays")]
pub mod nostr;
#[cfg(feature = "relays")]
pub mod offer;
#[cfg(feature = "relays")]
mod route;
pub mod servers;
pub mod stun;
#[cfg(feature = "relays")]
pub mod tls;
pub mod turn_stream;
#[cfg(feature = "webrtc")]
pub mod webrtc;
pub mod wifi;

use std::{fmt, future::Future, pin::Pin};

use tokio::sync::mpsc;

#[cfg(feature = "relays")]
pub use binder::SocketBinder;
use chooser::Choice;
pub use link::{
    Link, LinkClosed, LinkFailure, LinkPath, LinkReceiver, LinkSender, LinkStats, Phase, Role,
};

/// One way of reaching other devices, and nothing about chat.
pub trait Transport: fmt::Debug + Send + Sync {
    /// Which technology this is.
    fn kind(&self) -> TransportKind;

    /// What its links can carry and what they cost, for the chooser.
    fn traits(&self) -> LinkTraits;

    /// Lets devices that know an admitted [`DialKey`] dial this one, until the listener is dropped.
    ///
    /// Opened links arrive on `incoming`; while it is full, newcomers wait.
    ///
    /// # Errors
    ///
    /// [`TransportError::Off`] if the radio or network is off, [`TransportError::Denied`] without
    /// permission, [`TransportError::Io`] if the port cannot be had.
    fn listen(&self, incoming: mpsc::Sender<Link>) -> Result<Box<dyn Listener>, TransportError>;

    /// Opens a link to whoever listens at one of `addrs` and admits `key`; where many who admit it
    /// hear the dial, only `callee` answers.
    ///
    /// All addresses are tried side by side; dropping the future abandons the attempt.
    fn dial(&self, addrs: &[Addr], key: DialKey, callee: Callee) -> Dialing;

    /// Like [`dial`](Self::dial), but only by the ways that were chosen, each when it was.
    fn dial_by(&self, choice: &Choice, addrs: &[Addr], key: DialKey, callee: Callee) -> Dialing {
        let _all_there_is = choice;
        self.dial(addrs, key, callee)
    }
}

/// An attempt to open a link.
pub type Dialing = Pin<Box<dyn Future<Output = Result<Link, TransportError>> + Send>>;

/// Keeps a transport listening; dropping it stops.
pub trait Listener: fmt::Debug + Send + Sync {
    /// Where this device can be dialed now, best first. Changes when networks come and go.
    fn addrs(&self) -> Vec<Addr>;

    /// Accepts dials that know `key` from now on; `callee` is this device's name among those who
    /// admit it.
    fn admit(&self, key: DialKey, callee: Callee);

    /// Accepts no further dials that know `key`; links already open stay.
    fn refuse(&self, key: &DialKey);
}

/// A secret that lets its holder open a link: without it a listener does not even answer.
///
/// It keeps strangers from costing us anything. It is not an identity: the session's handshake,
/// above the link, proves who is there.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DialKey([u8; 32]);

impl DialKey {
    /// Wraps 32 secret bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The secret bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Says nothing of the secret.
impl fmt::Debug for DialKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DialKey(..)")
    }
}

/// Names one listener among those who admit the same [`DialKey`]; opaque to transports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Callee([u8; 16]);

impl Callee {
    /// Wraps the 16 bytes both ends know the listener by.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

/// The technologies, from most to least preferred when equally near.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TransportKind {
    /// Same process: tests and demonstrations.
    Memory,
    /// WebRTC data channel, over the internet or a local network.
    WebRtc,
    /// Bluetooth Low Energy, from device to device.
    Ble,
}

/// What a transport's links are like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkTraits {
    /// The longest frame, in bytes, a link takes whole.
    pub max_frame_len: usize,
    /// A typical goodput, in bytes per second.
    pub bytes_per_sec: u64,
    /// Whether the person may pay per byte.
    pub metered: bool,
}

/// Where a device may be dialed; its form belongs to the transport that issued it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Addr {
    /// Which form `bytes` has.
    pub kind: AddrKind,
    /// Opaque to all but the transport of this kind.
    pub bytes: Vec<u8>,
}

/// The forms of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AddrKind {
    /// [`TransportKind::Memory`]: 8 bytes, a number.
    Memory,
    /// [`TransportKind::WebRtc`]: an IP address (4 or 16 bytes), then a UDP port (2, big-endian).
    Socket,
    /// [`TransportKind::WebRtc`]: relays where offers are heard, as places in the list every
    /// program is built with, one byte each.
    RelayIndexes,
    /// [`TransportKind::WebRtc`]: a relay where offers are heard, as UTF-8: `host` or `host:port`
    /// for one with TLS, `ws://host:port` for one without.
    RelayHost,
    /// [`TransportKind::Ble`]: no bytes; that the device can be heard, by its dial keys.
    Ble,
}

/// Why no link could be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransportError {
    /// The radio or network is switched off.
    #[error("{0:?} is switched off")]
    Off(TransportKind),
    /// The person has not given the permission.
    #[error("no permission to use {0:?}")]
    Denied(TransportKind),
    /// None of the addresses has a form this transport understands.
    #[error("no usable address")]
    NoUsableAddr,
    /// Nobody answered in time, or whoever did has another key.
    #[error("peer did not answer")]
    Unreachable,
    /// The operating system refused.
    #[error("network input or output failed")]
    Io(#[from] std::io::Error),
}
