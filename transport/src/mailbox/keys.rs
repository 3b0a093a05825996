//! What a mailbox is called on one relay, who writes there, and what opens it. On another relay all
//! of it is different, so that two relays cannot tell that they hold the same mailbox.

use chacha20poly1305::{
    Key, KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use data_encoding::{BASE64, HEXLOWER};
use rand_core::{OsRng, RngCore};

use super::{MAX_PACK_LEN, MailboxSecret};
use crate::nostr::{Keys, RelayUrl, SecretKey, Tag};

/// Derivation contexts: one per use, so that no derived value says anything about another.
const TOPIC: &str = "festival-chat 2026 mailbox: topic";
const SIGNER: &str = "festival-chat 2026 mailbox: signer";
const SEAL: &str = "festival-chat 2026 mailbox: seal";

const TOPIC_LEN: usize = 16;
const NONCE_LEN: usize = 24;
const TAG_LEN: usize = 16;

/// Seconds to which the end of a pack is rounded up: it need not tell when the pack was made.
const HOUR: u64 = 3_600;

/// The longest content of an event of a mailbox.
const MAX_CONTENT_LEN: usize = (NONCE_LEN + MAX_PACK_LEN + TAG_LEN).div_ceil(3) * 4;

/// Everything derived from a mailbox's secret for one relay.
#[derive(Clone)]
pub(super) struct Keyring {
    topic: String,
    signer: Keys,
    seal: [u8; 32],
}

/// Says where, nothing of the keys.
impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keyring").field("topic", &self.topic).finish_non_exhaustive()
    }
}

impl Keyring {
    pub(super) fn new(secret: &MailboxSecret, relay: &RelayUrl) -> Self {
        let topic = derive(TOPIC, secret, relay, 0);
        // One in 2^128 hashes is no secret key; then the next one is.
        let signer =
            (0..).find_map(|n| SecretKey::from_slice(&derive(SIGNER, secret, relay, n)).ok());
        let topic = topic.first_chunk::<TOPIC_LEN>().expect("a hash is longer");
        Self {
            topic: HEXLOWER.encode(topic),
            signer: Keys::new(signer.expect("most hashes are")),
            seal: derive(SEAL, secret, relay, 0),
        }
    }

    pub(super) fn topic(&self) -> &str {
        &self.topic
    }

    pub(super) fn signer(&self) -> &Keys {
        &self.signer
    }

    pub(super) fn tags(&self, expires_at: u64) -> [Tag; 2] {
        let end = expires_at.div_ceil(HOUR).saturating_mul(HOUR);
        let tag = |name: &str, value: String| Tag::parse([name.to_owned(), value]);
        [
            tag("x", self.topic.clone()).expect("a tag has a name"),
            tag("expiration", end.to_string()).expect("a tag has a name"),
        ]
    }

    /// A pack as the content of an event.
    pub(super) fn seal(&self, pack: &[u8]) -> String {
        let mut nonce = [0; NONCE_LEN];
        OsRng.fill_bytes(&mut nonce);
        let payload = Payload { msg: pack, aad: self.topic.as_bytes() };
        let sealed = self.cipher().encrypt(XNonce::from_slice(&nonce), payload);
        let sealed = sealed.expect("a pack is short enough for the cipher");
        BASE64.encode(&[nonce.as_slice(), &sealed].concat())
    }

    /// The pack in the content of an event; `None` if it was not sealed so.
    pub(super) fn open(&self, content: &str) -> Option<Vec<u8>> {
        if content.len() > MAX_CONTENT_LEN {
            return None;
        }
        let bytes = BASE64.decode(content.as_bytes()).ok()?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE_LEN)?;
        let payload = Payload { msg: sealed, aad: self.topic.as_bytes() };
        self.cipher().decrypt(XNonce::from_slice(nonce), payload).ok()
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(Key::from_slice(&self.seal))
    }
}

fn derive(context: &str, secret: &MailboxSecret, relay: &RelayUrl, n: u8) -> [u8; 32] {
    let key = blake3::derive_key(context, &secret.0);
    let mut hasher = blake3::Hasher::new_keyed(&key);
    hasher.update(&[n]);
    hasher.update(relay.host().as_bytes());
    *hasher.finalize().as_bytes()
}
