//! Signatures, checked by whoever has hands free.

use std::fmt;

use ed25519_dalek::{Signature, VerifyingKey};

use crate::PeerId;

/// Checks signatures: the engine's port to more cores than its own.
pub trait Verifier: fmt::Debug + Send {
    /// Whether each of `checks` holds, in their order: what [`Check::holds`] says, each by itself.
    fn verify_all(&self, checks: &[Check]) -> Vec<bool>;
}

/// A signature to be checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    author: PeerId,
    message: [u8; 39],
    signature: [u8; 64],
}

impl Check {
    pub(crate) fn new(author: PeerId, message: [u8; 39], signature: [u8; 64]) -> Self {
        Self { author, message, signature }
    }

    /// Whether the author signed the message. Strict: weak keys and malleable signatures are
    /// refused.
    pub fn holds(&self) -> bool {
        self.holds_by(VerifyingKey::from_bytes(self.author.as_bytes()).ok().as_ref())
    }

    fn holds_by(&self, key: Option<&VerifyingKey>) -> bool {
        let signature = Signature::from_bytes(&self.signature);
        key.is_some_and(|key| key.verify_strict(&self.message, &signature).is_ok())
    }
}

/// What [`Check::holds`] says of each. An author's key is unpacked once for all that follow each
/// other.
pub fn verify_in_turn(checks: &[Check]) -> Vec<bool> {
    let same_author = checks.chunk_by(|a, b| a.author == b.author);
    let verdicts = same_author.flat_map(|checks| {
        let key = checks.first().map(|check| VerifyingKey::from_bytes(check.author.as_bytes()));
        let key = key.and_then(Result::ok);
        checks.iter().map(move |check| check.holds_by(key.as_ref()))
    });
    verdicts.collect()
}

/// Checks one signature after the other on the engine's own core.
#[derive(Debug, Clone, Copy, Default)]
pub struct InTurn;

impl Verifier for InTurn {
    fn verify_all(&self, checks: &[Check]) -> Vec<bool> {
        verify_in_turn(checks)
    }
}

#[cfg(test)]
mod tests {
    use super::{Check, verify_in_turn};
    use crate::identity::Identity;

    fn signed(seed: u8) -> Check {
        let me = Identity::from_seed(&[seed; 32]);
        let message = [seed; 39];
        Check::new(me.id, message, me.sign(&message))
    }

    #[test]
    fn each_signature_is_judged_by_itself() {
        let (alice, bob) = (signed(1), signed(2));
        let mut forged = alice.clone();
        forged.signature[40] ^= 1;
        let borrowed = Check { author: bob.author, ..alice.clone() };
        let no_key = Check { author: crate::PeerId::from_bytes([2; 32]), ..alice.clone() };
        // The neutral point: a key of small order under which a signature fits any message.
        let mut weak = [0; 64];
        weak[0] = 1;
        let one = std::array::from_fn(|n| u8::from(n == 0));
        let weak = Check::new(crate::PeerId::from_bytes(one), [9; 39], weak);
        let checks = [&alice, &forged, &alice, &borrowed, &bob, &no_key, &weak, &bob];
        let checks = checks.map(Check::clone);

        let verdicts = verify_in_turn(&checks);

        assert_eq!(verdicts, [true, false, true, false, true, false, false, true]);
        assert_eq!(verdicts, checks.map(|check| check.holds()));
    }
}
