//! Where at a relay offers and answers are left.

use std::fmt;

use data_encoding::HEXLOWER;

use crate::{Callee, DialKey, nostr::RelayUrl};

/// Derivation contexts: one per use, so that no derived value says anything about another.
const OFFERS: &str = "festival-chat 2026 rendezvous: topic of offers";
const ANSWERS: &str = "festival-chat 2026 rendezvous: topic of answers";

const BYTES: usize = 16;

/// A name under which events are left at one relay. Without the dial key, no two can be told to
/// belong together: not those of one device on two days or relays, nor those of two devices of
/// one room.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Topic(String);

impl Topic {
    /// Where offers to `callee` are left, on one day (in days since 1970, UTC).
    pub fn of_offers(key: &DialKey, callee: Callee, day: u32, relay: &RelayUrl) -> Self {
        Self::derive(OFFERS, key, &[callee.as_bytes(), &day.to_be_bytes()], relay)
    }

    /// Where answers to the offer of `session` are left.
    pub fn of_answers(key: &DialKey, session: &[u8; 16], relay: &RelayUrl) -> Self {
        Self::derive(ANSWERS, key, &[session], relay)
    }

    fn derive(context: &str, key: &DialKey, parts: &[&[u8]], relay: &RelayUrl) -> Self {
        let key = blake3::derive_key(context, key.as_bytes());
        let mut hasher = blake3::Hasher::new_keyed(&key);
        for part in parts {
            hasher.update(part);
        }
        hasher.update(relay.host().as_bytes());
        let hash = hasher.finalize();
        let (topic, _rest) = hash.as_bytes().split_at(BYTES);
        Self(HEXLOWER.encode(topic))
    }

    /// The value of the tag `x`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A topic somebody else wrote.
impl From<&str> for Topic {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::Topic;
    use crate::{Callee, DialKey, nostr::RelayUrl};

    #[test]
    fn no_two_days_relays_callees_or_keys_share_a_topic() {
        let relays: [RelayUrl; 2] =
            ["wss://one.example", "wss://two.example"].map(|url| url.parse().expect("a relay"));
        let mut topics = BTreeSet::new();
        for relay in &relays {
            for n in 0..8_u8 {
                let (key, callee) =
                    (DialKey::from_bytes([n >> 2; 32]), Callee::from_bytes([(n >> 1) & 1; 16]));
                topics.insert(Topic::of_offers(&key, callee, u32::from(n & 1), relay));
                topics.insert(Topic::of_answers(&key, &[n; 16], relay));
            }
        }

        assert_eq!(topics.len(), 32);
        assert!(topics.iter().all(|topic| topic.as_str().len() == 32));
    }

    #[test]
    fn topics_are_those_of_the_documentation() {
        let relay = "ws://127.0.0.1:7777".parse().expect("a relay");
        let key = DialKey::from_bytes([7; 32]);

        let offers = Topic::of_offers(&key, Callee::from_bytes([1; 16]), 20_783, &relay);
        let answers = Topic::of_answers(&key, &[9; 16], &relay);

        assert_eq!(offers.as_str(), "0346929bcc0b10fee8ad680792adc4e8");
        assert_eq!(answers.as_str(), "d5e4b8bcf199e4227f569b81f6e8d9fb");
    }
}
