//! Mailboxes on Nostr relays: packs of bytes left there, and found again by whoever knows the
//! mailbox's secret.
//!
//! ```text
//! kind 1420, regular: kept until it expires
//! pubkey     derived from secret and relay        tags  ["x", topic derived from both]
//! content    base64(nonce 24 | XChaCha20-Poly1305)      ["expiration", end of an hour]
//! ```
//!
//! All who know the secret write with one key, so a relay cannot tell them apart by it, and whoever
//! does not know it can neither read a mailbox nor fill it: readers ask for that key.

mod collect;
mod keys;
#[cfg(test)]
mod tests;

use std::{fmt, time::Duration};

use crate::nostr::{
    Event, EventBuilder, Filter, Kind, PublishError, RelayPool, RelayUrl, Timestamp,
};
pub use collect::{Collected, Collecting};
use keys::Keyring;

/// Regular events (NIP-01), which relays keep.
const KIND: Kind = Kind::Custom(1_420);

/// The longest pack taken: what the longest content relays commonly take can carry.
pub const MAX_PACK_LEN: usize = 48_000;

/// What finds and opens a mailbox.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MailboxSecret([u8; 32]);

impl MailboxSecret {
    /// Wraps 32 secret bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

/// Says nothing of the secret.
impl fmt::Debug for MailboxSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MailboxSecret(..)")
    }
}

/// Leaves a pack in a mailbox on one relay, to stay until `expires_at`, in seconds since 1970.
///
/// # Errors
///
/// As [`RelayPool::publish_made`].
pub async fn deposit(
    pool: &RelayPool,
    relay: &RelayUrl,
    secret: &MailboxSecret,
    pack: &[u8],
    expires_at: u64,
) -> Result<(), PublishError> {
    let keyring = Keyring::new(secret, relay);
    let pack = pack.to_vec();
    let make = move |_: &_, now| keyring.event(&pack, now, expires_at);
    pool.publish_made(relay, make).await
}

/// Listens to a mailbox on one relay until the value given is dropped and, once it has done only
/// that for `pause`, reads what was left there since `since` (in seconds since 1970). To be used
/// inside a tokio runtime.
pub fn collect(
    pool: &RelayPool,
    relay: &RelayUrl,
    secret: &MailboxSecret,
    since: u64,
    pause: Duration,
) -> Collecting {
    Collecting::start(pool.clone(), relay.clone(), Keyring::new(secret, relay), since, pause)
}

impl Keyring {
    /// A pack as an event; `None` if it is too long.
    fn event(&self, pack: &[u8], now: Timestamp, expires_at: u64) -> Option<Event> {
        if pack.len() > MAX_PACK_LEN {
            return None;
        }
        let builder = EventBuilder::new(KIND, self.seal(pack)).tags(self.tags(expires_at));
        builder.custom_created_at(now).sign_with_keys(self.signer()).ok()
    }

    /// What is in this mailbox on this relay.
    fn filter(&self) -> Filter {
        Filter::new().kind(KIND).author(self.signer().public_key()).custom_tag(X, self.topic())
    }
}

/// The tag topics stand in.
const X: crate::nostr::SingleLetterTag =
    crate::nostr::SingleLetterTag::lowercase(crate::nostr::Alphabet::X);
