//! Who may connect, and what both ends agree on: everything here comes from the dial key and the
//! two certificates.

use std::{fmt, sync::Arc};

use data_encoding::BASE64_NOPAD;
use rand_core::{OsRng, RngCore as _};
use rtc::crypto::{
    HashAlgorithm, HmacAlgorithm, RTCCryptoProvider, SignatureScheme, default_provider,
};
use webrtc::peer_connection::RTCCertificate;

use crate::{DialKey, TransportError, offer::Description, stun::BindingRequest};

/// Derivation contexts: one per use, so that no derived value says anything about another.
const LISTENER_UFRAG: &str = "festival-chat 2026 transport: listener ufrag";
const LISTENER_PWD: &str = "festival-chat 2026 transport: listener password";
const DIALER_PWD: &str = "festival-chat 2026 transport: dialer password";
const BINDING: &str = "festival-chat 2026 transport: binding";

/// Bytes of the derived names: no two keys of one device ever share one.
const UFRAG_BYTES: usize = 12;

/// What is derived from a dial key once, for all who dial with it.
#[derive(Clone)]
pub(super) struct Admitted {
    name_key: [u8; 32],
    pwd: String,
}

impl Admitted {
    pub(super) fn new(key: &DialKey) -> Self {
        let pwd = blake3::derive_key(LISTENER_PWD, key.as_bytes());
        let name_key = blake3::derive_key(LISTENER_UFRAG, key.as_bytes());
        Self { name_key, pwd: BASE64_NOPAD.encode(&pwd) }
    }

    /// The listener's user fragment for one dialer: it says which key is meant to those who know
    /// the key. The dialer's is fresh, so this one is too: one that lasted would show everybody on
    /// the path who belongs to the same room.
    pub(super) fn ufrag(&self, dialer: &str) -> String {
        let name = blake3::keyed_hash(&self.name_key, dialer.as_bytes());
        let (name, _rest) = name.as_bytes().split_at(UFRAG_BYTES);
        BASE64_NOPAD.encode(name)
    }

    /// The name for one dialer, and the password that proves knowing the key.
    pub(super) fn credentials(&self, dialer: &str) -> Credentials {
        Credentials { ufrag: self.ufrag(dialer), pwd: self.pwd.clone() }
    }
}

/// Says nothing of keys.
impl fmt::Debug for Admitted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Admitted(..)")
    }
}

/// An ICE user fragment and password.
#[derive(Clone)]
pub(super) struct Credentials {
    pub(super) ufrag: String,
    pub(super) pwd: String,
}

impl Credentials {
    /// What the listener answers to when `dialer` dials.
    pub(super) fn of_listener(key: &DialKey, dialer: &str) -> Self {
        Admitted::new(key).credentials(dialer)
    }

    /// What the dialer is called: its certificate's fingerprint, so that the listener learns from
    /// the first datagram which certificate to accept.
    pub(super) fn of_dialer(key: &DialKey, ufrag: String) -> Self {
        let key = blake3::derive_key(DIALER_PWD, key.as_bytes());
        let pwd = blake3::keyed_hash(&key, ufrag.as_bytes());
        Self { ufrag, pwd: BASE64_NOPAD.encode(pwd.as_bytes()) }
    }

    /// As received in an offer or answer.
    pub(super) fn described(theirs: &Description) -> Self {
        Self { ufrag: theirs.ufrag.clone(), pwd: theirs.pwd.clone() }
    }

    /// For one connection only.
    pub(super) fn random() -> Self {
        let mut bytes = [0; 30];
        OsRng.fill_bytes(&mut bytes);
        let (ufrag, pwd) = bytes.split_at(6);
        Self { ufrag: BASE64_NOPAD.encode(ufrag), pwd: BASE64_NOPAD.encode(pwd) }
    }
}

/// Says nothing of the password.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("ufrag", &self.ufrag).finish_non_exhaustive()
    }
}

/// SHA-256 of a DTLS certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Stands for one not known, where it is not checked.
    pub(super) const UNKNOWN: Self = Self([0xff; 32]);

    /// Reads a dialer's user fragment.
    pub(super) fn from_ufrag(ufrag: &str) -> Option<Self> {
        BASE64_NOPAD.decode(ufrag.as_bytes()).ok()?.try_into().ok().map(Self)
    }

    /// As received in an offer or answer.
    pub(super) const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(super) const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    pub(super) fn to_ufrag(self) -> String {
        BASE64_NOPAD.encode(&self.0)
    }
}

/// Hexadecimal with colons, as session descriptions have it.
impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, byte) in self.0.iter().enumerate() {
            let colon = if at == 0 { "" } else { ":" };
            write!(f, "{colon}{byte:02X}")?;
        }
        Ok(())
    }
}

/// The same 32 bytes on both ends of one connection; whoever sits in between sees two connections
/// and cannot make their certificates equal.
pub(super) fn binding(one: Fingerprint, other: Fingerprint) -> [u8; 32] {
    let (first, second) = if one <= other { (one, other) } else { (other, one) };
    let mut hasher = blake3::Hasher::new_derive_key(BINDING);
    hasher.update(&first.0);
    hasher.update(&second.0);
    *hasher.finalize().as_bytes()
}

/// The primitives the library is built with.
#[derive(Clone)]
pub(super) struct Crypto(Arc<dyn RTCCryptoProvider>);

impl Crypto {
    pub(super) fn new() -> Result<Self, TransportError> {
        default_provider().map(Self).map_err(failed)
    }

    pub(super) fn provider(&self) -> Arc<dyn RTCCryptoProvider> {
        Arc::clone(&self.0)
    }

    /// A fresh certificate; 0.1 ms.
    pub(super) fn identity(&self) -> Result<Identity, TransportError> {
        let params = rcgen::CertificateParams::new(Vec::new()).map_err(failed)?;
        let scheme = SignatureScheme::EcdsaP256Sha256;
        let certificate =
            RTCCertificate::generate(self.0.crypto(), scheme, params).map_err(failed)?;
        let own = certificate.get_fingerprints(self.0.crypto()).map_err(failed)?;
        let hex = own.first().map(|own| own.value.replace(':', "").to_ascii_lowercase());
        let fingerprint = hex
            .and_then(|hex| data_encoding::HEXLOWER.decode(hex.as_bytes()).ok()?.try_into().ok())
            .map(Fingerprint)
            .ok_or_else(|| failed("certificate without a fingerprint"))?;
        Ok(Identity { certificate, fingerprint })
    }

    /// The fingerprint of a certificate the other end presented, as DER.
    pub(super) fn fingerprint(&self, certificate: &[u8]) -> Option<Fingerprint> {
        let hash = self.0.crypto().hash(HashAlgorithm::Sha256, certificate).ok()?;
        hash.try_into().ok().map(Fingerprint)
    }

    /// Whether the sender of `request` knew `pwd`; compared in constant time.
    pub(super) fn is_signed(&self, request: &BindingRequest<'_>, pwd: &str) -> bool {
        self.0
            .crypto()
            .new_hmac(HmacAlgorithm::Sha1, pwd.as_bytes())
            .is_ok_and(|mut mac| mac.verify(&request.signed(), request.integrity).is_ok())
    }
}

impl fmt::Debug for Crypto {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Crypto")
    }
}

/// A certificate with its key.
#[derive(Clone)]
pub(super) struct Identity {
    pub(super) certificate: RTCCertificate,
    pub(super) fingerprint: Fingerprint,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("fingerprint", &self.fingerprint).finish_non_exhaustive()
    }
}

/// What the library could not do, as an input or output error.
pub(super) fn failed(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> TransportError {
    TransportError::Io(std::io::Error::other(error))
}
