//! Who this device is in one room.

use std::fmt;

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};

use crate::{PeerId, crypto};

/// Separates signatures over link keys from all other signatures.
const NOISE_KEY_DOMAIN: &[u8] = b"fst-noise1";

/// The keys of this device in one room. Nothing links them to its keys in another room.
pub(crate) struct Identity {
    pub(crate) id: PeerId,
    pub(crate) noise_key: [u8; 32],
    pub(crate) noise_secret: [u8; 32],
    author: SigningKey,
}

/// Says who, never how.
impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Identity {
    /// Derives both keys from the seed drawn when the room was created or joined.
    pub(crate) fn from_seed(seed: &[u8; 32]) -> Self {
        let (author, noise_secret) = crypto::identity_secrets(seed);
        let author = SigningKey::from_bytes(&author);
        Self {
            id: PeerId::from_bytes(author.verifying_key().to_bytes()),
            noise_key: crypto::noise_public(&noise_secret),
            noise_secret,
            author,
        }
    }

    /// Signs `message`, whose beginning must name its purpose.
    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.author.sign(message).to_bytes()
    }

    /// The signature by which the author key vouches for the link key.
    pub(crate) fn noise_certificate(&self) -> [u8; 64] {
        self.sign(&[NOISE_KEY_DOMAIN, &self.noise_key].concat())
    }

    /// What a QR on this device's screen pins.
    pub(crate) fn host_id(&self) -> [u8; 16] {
        crypto::host_id(self.id, &self.noise_key)
    }
}

/// Whether `author` vouches for `noise_key`.
pub(crate) fn vouches(author: PeerId, noise_key: &[u8; 32], certificate: &[u8; 64]) -> bool {
    verify(author.as_bytes(), &[NOISE_KEY_DOMAIN, noise_key].concat(), certificate)
}

/// Whether `key` signed `message`. Strict: weak keys and malleable signatures are refused.
pub(crate) fn verify(key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
    VerifyingKey::from_bytes(key)
        .is_ok_and(|key| key.verify_strict(message, &Signature::from_bytes(signature)).is_ok())
}
