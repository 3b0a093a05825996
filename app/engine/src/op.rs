//! Operations: what members write into their logs.
//!
//! An operation is signed by its author, encrypted for the room and names the author's previous
//! one. Its canonical bytes are drawn in `docs/protocol.md`; they are stored and passed on as
//! they are.

use serde::{Deserialize, Serialize};

use crate::{
    Addr, Check, InviteId, MAX_NAME_LEN, MAX_TEXT_LEN, PeerId, RoomId, Timestamp, addr, crypto,
    hlc,
    identity::{self, Identity},
};

/// The longest operation, in bytes: room for the longest text and what surrounds it.
pub(crate) const MAX_OP_LEN: usize = 16_384;

/// The only suite: Ed25519, BLAKE3, ChaCha20-Poly1305.
const SUITE: u8 = 1;
const SIGNATURE_LEN: usize = 64;
const OP_DOMAIN: &[u8] = b"fst-op1";
const JOIN_DOMAIN: &[u8] = b"fst-join1";

/// What an operation does, once opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum OpBody {
    /// Begins the room; the owner's first operation.
    Genesis {
        /// With the owner's key, what the room's id is a hash of.
        nonce: [u8; 16],
        /// The room's name.
        room_name: String,
        /// What the owner calls themselves.
        name: String,
        /// The owner's link key.
        noise_key: [u8; 32],
    },
    /// Lets whoever knows `secret` join; by the owner only.
    Invite { secret: [u8; 16], expires_at: Option<Timestamp> },
    /// Takes part from now on; the first operation of everyone but the owner.
    Join {
        /// By which invite.
        invite: InviteId,
        /// The author's link key.
        noise_key: [u8; 32],
        /// What the author calls themselves.
        name: String,
        /// The invite key's signature over room, author and link key, in two halves because
        /// serde knows arrays up to 32.
        certificate: [[u8; 32]; 2],
    },
    /// Says something.
    Text(String),
    /// Changes the author's name.
    Profile { name: String },
    /// Says which relays have the room's mailbox; by the owner only.
    Relays { addrs: Vec<Addr> },
}

impl OpBody {
    /// The number under which the store counts operations of this sort.
    pub(crate) fn kind(&self) -> u8 {
        match self {
            Self::Genesis { .. } => 0,
            Self::Invite { .. } => 1,
            Self::Join { .. } => 2,
            Self::Text(_) => KIND_TEXT,
            Self::Profile { .. } => 4,
            Self::Relays { .. } => 5,
        }
    }

    /// Whether every part keeps its limit.
    fn is_within_limits(&self) -> bool {
        match self {
            Self::Genesis { room_name, name, .. } => is_name(room_name) && is_name(name),
            Self::Join { name, .. } | Self::Profile { name } => is_name(name),
            Self::Text(text) => is_text(text),
            Self::Invite { .. } => true,
            Self::Relays { addrs } => are_relays(addrs),
        }
    }
}

/// [`OpBody::kind`] of a text.
pub(crate) const KIND_TEXT: u8 = 3;

/// Whether `name` can name a person or a room.
pub(crate) fn is_name(name: &str) -> bool {
    !name.trim().is_empty() && name.len() <= MAX_NAME_LEN && !name.chars().any(char::is_control)
}

/// Whether `addrs` can be said to be a room's relays.
pub(crate) fn are_relays(addrs: &[Addr]) -> bool {
    addr::are_usable(addrs) && addr::relays(addrs).len() == addrs.len()
}

/// Whether `text` can be said.
pub(crate) fn is_text(text: &str) -> bool {
    !text.trim().is_empty() && text.len() <= MAX_TEXT_LEN
}

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
    fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![SUITE];
        bytes.extend(self.room_tag);
        bytes.extend(self.author.as_bytes());
        put_varint(&mut bytes, self.seq);
        bytes.extend(self.prev);
        put_varint(&mut bytes, u64::from(self.epoch));
        bytes.extend(self.hlc.to_le_bytes().iter().take(6));
        bytes
    }
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
        if take::<1>(&mut rest)? != [SUITE] {
            return None;
        }
        let room_tag = take(&mut rest)?;
        let author = PeerId::from_bytes(take(&mut rest)?);
        let seq = take_varint(&mut rest)?;
        let prev = take(&mut rest)?;
        let epoch = u32::try_from(take_varint(&mut rest)?).ok()?;
        let [a, b, c, d, e, f] = take(&mut rest)?;
        let hlc = u64::from_le_bytes([a, b, c, d, e, f, 0, 0]);
        if seq == 0 || rest.len() < crypto::TAG_LEN {
            return None;
        }
        let header_bytes = signed.get(..signed.len().checked_sub(rest.len())?)?;
        let hash = *blake3::hash(signed).as_bytes();
        Some(Self {
            header: Header { room_tag, author, seq, prev, epoch, hlc },
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
        let mut message = [0; 39];
        message
            .iter_mut()
            .zip(OP_DOMAIN.iter().chain(&self.hash))
            .for_each(|(to, from)| *to = *from);
        Check::new(self.header.author, message, *self.signature)
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
        let (body, rest) = postcard::take_from_bytes::<OpBody>(&text).ok()?;
        (rest.is_empty() && body.is_within_limits()).then_some(body)
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
    let mut text = postcard::to_stdvec(body).expect("bodies hold no unserializable value");
    let key = crypto::op_key(epoch_key, header.author, header.seq);
    crypto::seal(&key, &crypto::op_nonce(&bytes), &bytes, &mut text);
    bytes.append(&mut text);
    let hash = blake3::hash(&bytes);
    bytes.extend(me.sign(&[OP_DOMAIN, hash.as_bytes()].concat()));
    bytes
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (head, tail) = rest.split_first_chunk()?;
    *rest = tail;
    Some(*head)
}

/// LEB128, at most 10 bytes, in its shortest form only: one operation has one encoding.
fn take_varint(rest: &mut &[u8]) -> Option<u64> {
    let (value, tail) = postcard::take_from_bytes::<u64>(rest).ok()?;
    let used = rest.len().checked_sub(tail.len())?;
    let mut shortest = Vec::new();
    put_varint(&mut shortest, value);
    *rest = tail;
    (shortest.len() == used).then_some(value)
}

fn put_varint(bytes: &mut Vec<u8>, value: u64) {
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
