//! Hides a description from everybody without the dial key.

use chacha20poly1305::{
    Key, KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use data_encoding::BASE64;
use rand_core::{OsRng, RngCore};

use super::{
    Topic,
    description::{Description, ENCODED_LEN},
};
use crate::DialKey;

/// The derivation context of the key.
const SEAL: &str = "festival-chat 2026 rendezvous: seal";

const NONCE_LEN: usize = 24;
const TAG_LEN: usize = 16;

/// Bytes of each sealed description: nonce, ciphertext, tag.
pub const SEALED_LEN: usize = NONCE_LEN + ENCODED_LEN + TAG_LEN;
const _: () = assert!(SEALED_LEN == 512, "a relay learns nothing from the length");

/// Seals a description for a topic, as the content of an event; `time` is in seconds since 1970.
/// `None` if ICE would not take it.
pub fn seal(key: &DialKey, topic: &Topic, time: u64, description: &Description) -> Option<String> {
    let encoded = description.encode(time)?;
    let mut nonce = [0; NONCE_LEN];
    OsRng.fill_bytes(&mut nonce);
    let payload = Payload { msg: &encoded, aad: topic.as_str().as_bytes() };
    let ciphertext = cipher(key).encrypt(XNonce::from_slice(&nonce), payload).ok()?;
    Some(BASE64.encode(&[nonce.as_slice(), &ciphertext].concat()))
}

/// Opens the content of an event that was left under a topic: when it was sealed, and what it
/// says. `None` if whoever sealed it did not know the key, or sealed it for another topic.
pub fn open(key: &DialKey, topic: &Topic, content: &str) -> Option<(u64, Description)> {
    if content.len() > BASE64.encode_len(SEALED_LEN) {
        return None;
    }
    let sealed = BASE64.decode(content.as_bytes()).ok()?;
    let (nonce, ciphertext) = sealed.split_at_checked(NONCE_LEN)?;
    let payload = Payload { msg: ciphertext, aad: topic.as_str().as_bytes() };
    let encoded = cipher(key).decrypt(XNonce::from_slice(nonce), payload).ok()?;
    Description::decode(&encoded)
}

fn cipher(key: &DialKey) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(Key::from_slice(&blake3::derive_key(SEAL, key.as_bytes())))
}

#[cfg(test)]
mod tests {
    use data_encoding::BASE64;

    use super::{SEALED_LEN, Topic, open, seal};
    use crate::{
        DialKey,
        nat::NatKind,
        offer::{Description, Part, Setup, Side},
    };

    const KEY: DialKey = DialKey::from_bytes([7; 32]);

    fn topic(session: u8) -> Topic {
        let relay = "ws://127.0.0.1:7777".parse().expect("a relay");
        Topic::of_answers(&KEY, &[session; 16], &relay)
    }

    fn description() -> Description {
        Description {
            session: [9; 16],
            side: Side::Offer,
            part: Part::First,
            relayed: false,
            nat: NatKind::Open,
            setup: Setup::ActPass,
            ufrag: "abcd".to_owned(),
            pwd: "p".repeat(24),
            fingerprint: [7; 32],
            candidates: Vec::new(),
        }
    }

    #[test]
    fn only_who_knows_the_key_opens_and_only_under_the_right_topic() {
        let sealed = seal(&KEY, &topic(1), 1234, &description()).expect("valid");

        assert_eq!(open(&KEY, &topic(1), &sealed), Some((1234, description())));
        assert_eq!(open(&DialKey::from_bytes([8; 32]), &topic(1), &sealed), None);
        assert_eq!(open(&KEY, &topic(2), &sealed), None);
        let again = seal(&KEY, &topic(1), 1234, &description()).expect("valid");
        assert_ne!(sealed, again);
    }

    #[test]
    fn no_changed_byte_goes_unnoticed() {
        let sealed = seal(&KEY, &topic(1), 1234, &description()).expect("valid");
        let bytes = BASE64.decode(sealed.as_bytes()).expect("base64");
        assert_eq!(bytes.len(), SEALED_LEN);

        for at in 0..bytes.len() {
            let mut bytes = bytes.clone();
            bytes[at] ^= 1;
            assert_eq!(open(&KEY, &topic(1), &BASE64.encode(&bytes)), None, "byte {at}");
        }
        for text in ["", "A", "====", &"A".repeat(4096)] {
            assert_eq!(open(&KEY, &topic(1), text), None, "{text}");
        }
    }
}
