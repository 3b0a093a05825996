//! Packs: what a mailbox holds. To whoever lacks the mailbox's key a pack is chance, of one of
//! three lengths.
//!
//! ```text
//!  nonce 24 | sealed: length 4 | letter | signature 64 | zeros | tag 16
//! ```

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{PeerId, Timestamp, crypto, identity, identity::Identity};

/// The lengths of packs. Few, so that a length says little; written in base64 with what surrounds
/// it, the longest stays below the 64 KiB relays take, and the middle one below 16 KiB.
pub(crate) const LENS: [usize; 3] = [3_072, 11_264, MAX_PACK_LEN];

/// Which of [`LENS`] this one is.
pub(crate) fn length_of(len: usize) -> Option<u8> {
    LENS.iter().position(|known| *known == len).and_then(|place| u8::try_from(place).ok())
}

/// The longest pack, in bytes.
pub const MAX_PACK_LEN: usize = 46_080;

const NONCE_LEN: usize = 24;
const LENGTH_LEN: usize = 4;
const SIGNATURE_LEN: usize = 64;

/// What a pack has besides its letter.
const OVERHEAD: usize = NONCE_LEN + LENGTH_LEN + SIGNATURE_LEN + crypto::TAG_LEN;

/// The longest letter.
pub(crate) const MAX_LETTER_LEN: usize = MAX_PACK_LEN - OVERHEAD;

/// The most that a letter tells of times, relays and gaps.
const MAX_LIVES: usize = 64;
pub(super) const MAX_ACKED: usize = 8;
pub(super) const MAX_MISSING: usize = 64;

/// What is sealed into a pack: the kind of letter goes with the kind of mailbox.
pub(crate) trait Letter: Serialize + DeserializeOwned {
    /// Separates signatures over this kind from all others.
    const DOMAIN: &'static [u8];

    /// Whose signature it must bear.
    fn signer(&self) -> PeerId;

    /// Whether every part keeps its limit.
    fn is_within_limits(&self) -> bool;
}

/// In a room's mailbox: some operations, and what its depositor has put there before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Parcel {
    /// Who put it there.
    pub(crate) depositor: PeerId,
    /// Its place among those of this depositor in this mailbox, counted from 1.
    pub(crate) number: u64,
    pub(crate) made_at: Timestamp,
    pub(crate) expires_at: Timestamp,
    /// Of parcels from which number on ends when, both ascending: what is older is over.
    pub(crate) lives: Vec<(u64, Timestamp)>,
    /// What relays have acknowledged of the depositor's earlier parcels.
    pub(crate) acked: Vec<Acked>,
    /// Operations in canonical form.
    pub(crate) ops: Vec<Vec<u8>>,
}

/// Which parcels a relay took in, by its depositor's word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Acked {
    /// Names the relay to those who know the mailbox.
    pub(crate) relay: [u8; 4],
    /// From this number
    pub(crate) from: u64,
    /// up to this one all of them,
    pub(crate) up_to: u64,
    /// save these, ascending.
    pub(crate) missing: Vec<u64>,
}

impl Letter for Parcel {
    const DOMAIN: &'static [u8] = b"fst-pack1";

    fn signer(&self) -> PeerId {
        self.depositor
    }

    fn is_within_limits(&self) -> bool {
        self.number > 0
            && self.lives.len() <= MAX_LIVES
            && self.lives.is_sorted()
            && self.acked.len() <= MAX_ACKED
            && self.acked.iter().all(|acked| {
                acked.missing.len() <= MAX_MISSING && acked.missing.is_sorted_by(|a, b| a < b)
            })
    }
}

/// The bytes a list element of `len` bytes takes in a letter.
pub(crate) fn element_len(len: usize) -> usize {
    // Lengths up to 16 KiB are written in at most three bytes.
    len.saturating_add(3)
}

/// How long a letter is.
pub(super) fn letter_len(letter: &impl Letter) -> usize {
    postcard::to_stdvec(letter).map_or(usize::MAX, |bytes| bytes.len())
}

/// Signs a letter and seals it; `None` if it is too long. `nonce` is fresh chance.
pub(crate) fn seal<L: Letter>(
    mailbox: &[u8; 32],
    letter: &L,
    me: &Identity,
    nonce: [u8; NONCE_LEN],
) -> Option<Vec<u8>> {
    let mut signed = postcard::to_stdvec(letter).expect("letters hold no unserializable value");
    let signature = me.sign(&[L::DOMAIN, mailbox, &signed].concat());
    signed.extend(signature);
    let len = u32::try_from(signed.len()).ok()?;
    let space = |pack_len: &usize| pack_len.saturating_sub(OVERHEAD - SIGNATURE_LEN);
    let space = LENS.iter().map(space).find(|space| *space >= signed.len())?;
    let mut text = len.to_le_bytes().to_vec();
    text.append(&mut signed);
    text.resize(space.saturating_add(LENGTH_LEN), 0);
    let mut pack = nonce.to_vec();
    // The key is used once, so its nonce may stay the same.
    crypto::seal(&crypto::pack_key(mailbox, &nonce), &[0; 12], &[], &mut text);
    pack.append(&mut text);
    Some(pack)
}

/// Opens a pack; `None` if it was not sealed for this mailbox by whoever signed it.
pub(crate) fn open<L: Letter>(mailbox: &[u8; 32], pack: &[u8]) -> Option<L> {
    if !LENS.contains(&pack.len()) {
        return None;
    }
    let (nonce, sealed) = pack.split_first_chunk::<NONCE_LEN>()?;
    let key = crypto::pack_key(mailbox, nonce);
    let text = crypto::open(&key, &[0; 12], &[], sealed.to_vec())?;
    let (len, rest) = text.split_first_chunk::<LENGTH_LEN>()?;
    let signed = rest.get(..usize::try_from(u32::from_le_bytes(*len)).ok()?)?;
    let (bytes, signature) = signed.split_last_chunk::<SIGNATURE_LEN>()?;
    let letter = decode::<L>(bytes)?;
    let signer = letter.signer();
    let message = [L::DOMAIN, mailbox, bytes].concat();
    identity::verify(signer.as_bytes(), &message, signature).then_some(letter)
}

/// Takes a letter apart; `None` if the bytes are not one whole letter within limits.
pub(crate) fn decode<L: Letter>(bytes: &[u8]) -> Option<L> {
    let (letter, rest) = postcard::take_from_bytes::<L>(bytes).ok()?;
    (rest.is_empty() && letter.is_within_limits()).then_some(letter)
}

#[cfg(test)]
mod tests;
