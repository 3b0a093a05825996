//! Operations: what members write into their logs.
//!
//! An operation is signed by its author, encrypted for the room and names the author's previous
//! one. Its canonical bytes are drawn in `docs/protocol.md`; they are stored and passed on as
//! they are.

use serde::{Deserialize, Serialize};

use crate::{
    Check, PeerId, RoomId, Timestamp,
    body::OpBody,
    crypto, hlc,
    identity::{self, Identity},
};

/// The longest operation, in bytes: room for the longest text and what surrounds it.
pub(crate) const MAX_OP_LEN: usize = 16_384;

/// The only suite: Ed25519, BLAKE3, ChaCha20-Poly1305.
const SUITE: u8 = 1;
const SIGNATURE_LEN: usize = 64;
const OP_DOMAIN: &[u8] = b"fst-op1";
const JOIN_DOMAIN: &[u8] = b"fst-join1";

/// Signs that `author` with `noise_key` joins `room` by the invite with `secret`.
pub(crate) fn join_certificate(
    secret: &[u8; 16],
    room: RoomId,
    author: PeerId,
    noise_key: &[u8; 32],
) -> [[u8; 32]; 2] {
    use ed25519_dalek::Signer as _;
    let message = [JOIN_DOMAIN, room.as_bytes(), author.as_bytes(), noise_key].concat();
    let signature = crypto::invite_signing_key(secret).sign(&message);
    [*signature.r_bytes(), *signature.s_bytes()]
}

/// Whether `certificate` is what [`join_certificate`] makes.
pub(crate) fn is_join_certified(
    secret: &[u8; 16],
    room: RoomId,
    author: PeerId,
    noise_key: &[u8; 32],
    certificate: &[[u8; 32]; 2],
) -> bool {
    let message = [JOIN_DOMAIN, room.as_bytes(), author.as_bytes(), noise_key].concat();
    let key = crypto::invite_signing_key(secret).verifying_key().to_bytes();
    let mut signature = [0; 64];
    signature.iter_mut().zip(certificate.as_flattened()).for_each(|(to, from)| *to = *from);
    identity::verify(&key, &message, &signature)
}

/// What stands before the text in clear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) room_tag: [u8; 8],
    pub(crate) author: PeerId,
    pub(crate) seq: u64,
    pub(crate) prev: [u8; 16],
    pub(crate) epoch: u32,
    pub(crate) hlc: u64,
}

impl Header {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![SUITE];
        bytes.extend(self.room_tag);
        bytes.extend(self.author.as_bytes());
        put_varint(&mut bytes, self.seq);
        bytes.extend(self.prev);
        put_varint(&mut bytes, u64::from(self.epoch));
        bytes.extend(self.hlc.to_le_bytes().iter().take(6));
        bytes
    }

    /// Reads what [`encode`](Self::encode) wrote from the beginning of `rest`.
    pub(crate) fn decode(rest: &mut &[u8]) -> Option<Self> {
        if take::<1>(rest)? != [SUITE] {
            return None;
        }
        let room_tag = take(rest)?;
        let author = PeerId::from_bytes(take(rest)?);
        let seq = take_varint(rest)?;
        let prev = take(rest)?;
        let epoch = u32::try_from(take_varint(rest)?).ok()?;
        let [a, b, c, d, e, f] = take(rest)?;
        let hlc = u64::from_le_bytes([a, b, c, d, e, f, 0, 0]);
        (seq > 0).then_some(Self { room_tag, author, seq, prev, epoch, hlc })
    }
}

/// The longest header: suite, tag, author, two integers at their longest, previous id and clock.
pub(crate) const MAX_HEADER_LEN: usize = 1 + 8 + 32 + 10 + 16 + 5 + 6;

/// An operation without its text: enough to see that its author signed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stub {
    pub(crate) header: Vec<u8>,
    /// The hash of what was sealed.
    sealed: [u8; 32],
    /// The signature, in two halves because serde knows arrays up to 32.
    signature: [[u8; 32]; 2],
}

impl Stub {
    /// Whose operation it is, at which place, and the operation's id; `None` if it is none.
    pub(crate) fn read(&self) -> Option<(PeerId, u64, [u8; 16])> {
        let mut rest = self.header.as_slice();
        let header = Header::decode(&mut rest).filter(|_| rest.is_empty())?;
        Some((header.author, header.seq, *self.hash().first_chunk()?))
    }

    /// Whether its author signed it.
    pub(crate) fn is_signed(&self) -> bool {
        let Some((author, ..)) = self.read() else { return false };
        let mut signature = [0; SIGNATURE_LEN];
        signature.iter_mut().zip(self.signature.as_flattened()).for_each(|(to, from)| *to = *from);
        signed_check(author, &self.hash(), signature).holds()
    }

    fn hash(&self) -> [u8; 32] {
        hash(&self.header, &self.sealed)
    }
}

/// The id of an operation, whole: over its header, and over the hash of what is sealed, so that a
/// signature can be checked without it.
fn hash(header: &[u8], sealed: &[u8; 32]) -> [u8; 32] {
    *blake3::Hasher::new().update(header).update(sealed).finalize().as_bytes()
}

fn signed_check(author: PeerId, hash: &[u8; 32], signature: [u8; SIGNATURE_LEN]) -> Check {
    let mut message = [0; 39];
    message.iter_mut().zip(OP_DOMAIN.iter().chain(hash)).for_each(|(to, from)| *to = *from);
    Check::new(author, message, signature)
}

/// An operation taken apart, its signature not yet checked.
#[derive(Debug, Clone)]
pub(crate) struct Op<'a> {
    pub(crate) header: Header,
    /// The first 16 bytes of its id.
    pub(crate) id: [u8; 16],
    pub(crate) bytes: &'a [u8],
    hash: [u8; 32],
    header_bytes: &'a [u8],
    sealed: &'a [u8],
    signature: &'a [u8; SIGNATURE_LEN],
    /// What a check of its signature said, if there was one.
    pub(crate) is_checked: Option<bool>,
}

impl<'a> Op<'a> {
    /// Takes canonical bytes apart.
    pub(crate) fn decode(bytes: &'a [u8]) -> Option<Self> {
        if bytes.len() > MAX_OP_LEN {
            return None;
        }
        let (signed, signature) = bytes.split_last_chunk::<SIGNATURE_LEN>()?;
        let mut rest = signed;
        let header = Header::decode(&mut rest)?;
        if rest.len() < crypto::TAG_LEN {
            return None;
        }
        let header_bytes = signed.get(..signed.len().checked_sub(rest.len())?)?;
        let hash = hash(header_bytes, blake3::hash(rest).as_bytes());
        Some(Self {
            header,
            id: *hash.first_chunk()?,
            bytes,
            hash,
            header_bytes,
            sealed: rest,
            signature,
            is_checked: None,
        })
    }

    /// What has to hold for its author to have signed it.
    pub(crate) fn check(&self) -> Check {
        signed_check(self.header.author, &self.hash, *self.signature)
    }

    /// What of it shows that its author wrote it.
    pub(crate) fn stub(&self) -> Stub {
        let (low, high) = self.signature.split_at(32);
        let half = |bytes: &[u8]| bytes.try_into().expect("half of 64 bytes");
        Stub {
            header: self.header_bytes.to_vec(),
            sealed: *blake3::hash(self.sealed).as_bytes(),
            signature: [half(low), half(high)],
        }
    }

    /// Whether the author it names signed it.
    pub(crate) fn is_signed(&self) -> bool {
        self.is_checked.unwrap_or_else(|| self.check().holds())
    }

    /// Decrypts what it does; `None` if the key is another or a limit is broken.
    pub(crate) fn open(&self, epoch_key: &[u8; 32]) -> Option<OpBody> {
        let key = crypto::op_key(epoch_key, self.header.author, self.header.seq);
        let nonce = crypto::op_nonce(self.header_bytes);
        let text = crypto::open(&key, &nonce, self.header_bytes, self.sealed.to_vec())?;
        OpBody::decode(text)
    }

    /// What stands before the sealed part, as it was written.
    pub(crate) fn header_bytes(&self) -> &[u8] {
        self.header_bytes
    }

    /// When its author wrote it, by the author's clock.
    pub(crate) fn sent_at(&self) -> Timestamp {
        hlc::to_wall(self.header.hlc)
    }
}

/// Seals and signs `body`; gives the canonical bytes.
pub(crate) fn write(
    header: &Header,
    body: &OpBody,
    epoch_key: &[u8; 32],
    me: &Identity,
) -> Vec<u8> {
    let mut bytes = header.encode();
    let mut text = body.encode();
    let key = crypto::op_key(epoch_key, header.author, header.seq);
    crypto::seal(&key, &crypto::op_nonce(&bytes), &bytes, &mut text);
    let hash = hash(&bytes, blake3::hash(&text).as_bytes());
    bytes.append(&mut text);
    bytes.extend(me.sign(&[OP_DOMAIN, &hash].concat()));
    bytes
}

/// The place of an operation in its author's log.
pub(crate) fn seq_of(mut bytes: &[u8]) -> Option<u64> {
    Header::decode(&mut bytes).map(|header| header.seq)
}

pub(crate) fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (head, tail) = rest.split_first_chunk()?;
    *rest = tail;
    Some(*head)
}

/// LEB128, at most 10 bytes, in its shortest form only: one operation has one encoding.
pub(crate) fn take_varint(rest: &mut &[u8]) -> Option<u64> {
    let (value, tail) = postcard::take_from_bytes::<u64>(rest).ok()?;
    let used = rest.len().checked_sub(tail.len())?;
    let mut shortest = Vec::new();
    put_varint(&mut shortest, value);
    *rest = tail;
    (shortest.len() == used).then_some(value)
}

pub(crate) fn put_varint(bytes: &mut Vec<u8>, value: u64) {
    bytes.extend(postcard::to_stdvec(&value).expect("an integer serializes"));
}

#[cfg(test)]
mod tests {
    use super::{Header, Op, OpBody, write};
    use crate::{MAX_TEXT_LEN, identity::Identity};

    const KEY: [u8; 32] = [5; 32];

    fn sample(body: &OpBody) -> Vec<u8> {
        let me = Identity::from_seed(&[1; 32]);
        let header = Header {
            room_tag: [2; 8],
            author: me.id,
            seq: 300,
            prev: [3; 16],
            epoch: 0,
            hlc: 0x1234_5678_9abc,
        };
        write(&header, body, &KEY, &me)
    }

    #[test]
    fn written_operation_reads_back_signed_and_whole() {
        let body = OpBody::Text("hello".to_owned());
        let bytes = sample(&body);

        let op = Op::decode(&bytes).expect("whole");

        assert!(op.is_signed());
        assert_eq!((op.header.seq, op.header.hlc), (300, 0x1234_5678_9abc));
        assert_eq!(op.open(&KEY), Some(body));
        assert_eq!(op.open(&[6; 32]), None, "another key opens nothing");
    }

    #[test]
    fn any_flipped_bit_is_noticed() {
        let bytes = sample(&OpBody::Text("hello".to_owned()));
        for bit in 0..bytes.len() * 8 {
            let mut forged = bytes.clone();
            forged[bit / 8] ^= 1 << (bit % 8);

            assert!(!Op::decode(&forged).is_some_and(|op| op.is_signed()), "bit {bit}");
        }
    }

    #[test]
    fn longest_text_fits_and_a_longer_one_does_not_open() {
        let longest = OpBody::Text("a".repeat(MAX_TEXT_LEN));
        let longer = OpBody::Text("a".repeat(MAX_TEXT_LEN + 1));

        assert_eq!(Op::decode(&sample(&longest)).expect("whole").open(&KEY), Some(longest));
        assert_eq!(Op::decode(&sample(&longer)).expect("whole").open(&KEY), None);
    }
}
