//! Nostr relays (NIP-01): a pool of connections over which signed events are published and heard.
//!
//! ```text
//! RelayPool ── one task per relay ── WebSocket ── relay
//!     │              │
//!     │              └ connects when needed, waits longer after each failure, keeps what is
//!     │                subscribed over reconnects, verifies every event, counts every byte
//!     └ publish, fetch, subscribe: at several relays side by side; a slow one delays no other
//! ```
//!
//! Relays are strangers: whatever one sends is bounded, and checked before anybody sees it.

mod backoff;
mod ended;
mod fetching;
mod http;
mod incoming;
mod keeper;
mod meter;
mod pool;
mod relay;
mod session;
mod socket;
mod subscription;
#[cfg(test)]
pub(crate) mod test_relay;
#[cfg(test)]
mod tests;
mod url;

pub use http::{RelayInfo, RelayLimits, parse_date};
pub use nostr::{
    Alphabet, Event, EventBuilder, EventId, Filter, Keys, Kind, RelayMessage, SecretKey,
    SingleLetterTag, Tag, Timestamp,
};
pub use pool::{FetchError, PublishError, RelayPool, RelayReport, RelayState};
pub use subscription::Subscription;
pub use url::{NotARelay, RelayUrl};

use nostr::JsonUtil;

/// Reads a relay's message; `None` if it is none. Signatures are not looked at.
pub fn parse_message(text: &str) -> Option<RelayMessage<'static>> {
    if text.len() > socket::MAX_MESSAGE {
        return None;
    }
    RelayMessage::from_json(text).ok()
}
