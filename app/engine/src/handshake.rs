//! The proof of who is at the other end of a link: Noise, the same on every transport.
//!
//! First contact is XXpsk0 with a psk from the invite, so that only those who have seen it get an
//! answer, or with a psk from the room, between members one of whom has not heard of the other;
//! reconnects are KK between keys both know. A link's own binding is part of the prologue,
//! so that nobody in the middle of the link can pass a handshake on.

use rand_core::RngCore as _;
use serde::{Deserialize, Serialize};
use snow::{
    HandshakeState,
    params::{CipherChoice, DHChoice, HashChoice},
    resolvers::{CryptoResolver, DefaultResolver},
    types::{Cipher, Dh, Hash, Random},
};

use crate::{
    Frame, PeerId,
    cipher::Cipherer,
    crypto,
    identity::{self, Identity},
};

/// The longest frame of a handshake, in bytes: the longest sent has 176, and a later version may
/// say more about itself.
pub(crate) const MAX_HANDSHAKE_LEN: usize = 512;

/// The first byte of every link: the protocol's version.
const VERSION: u8 = 1;
const KIND_XX: u8 = 1;
const KIND_KK: u8 = 2;
const KIND_ROOM: u8 = 3;
const PROLOGUE: &[u8] = b"festival/1";
const XX: &str = "Noise_XXpsk0_25519_ChaChaPoly_BLAKE2s";
const KK: &str = "Noise_KK_25519_ChaChaPoly_BLAKE2s";
/// Version, kind, nonce, hint.
const OPENING_LEN: usize = 18;
/// An author key, sealed.
const SEALED_AUTHOR_LEN: usize = 32 + crypto::TAG_LEN;

/// Chance for snow, drawn from the engine's own generator.
struct Chance(rand_chacha::ChaCha20Rng);

impl Random for Chance {
    fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), snow::Error> {
        self.0.fill_bytes(dest);
        Ok(())
    }
}

/// snow's own primitives, with [`Chance`] in place of the system's.
struct Resolver([u8; 32]);

impl CryptoResolver for Resolver {
    fn resolve_rng(&self) -> Option<Box<dyn Random>> {
        use rand_core::SeedableRng as _;
        Some(Box::new(Chance(rand_chacha::ChaCha20Rng::from_seed(self.0))))
    }

    fn resolve_dh(&self, choice: &DHChoice) -> Option<Box<dyn Dh>> {
        DefaultResolver.resolve_dh(choice)
    }

    fn resolve_hash(&self, choice: &HashChoice) -> Option<Box<dyn Hash>> {
        DefaultResolver.resolve_hash(choice)
    }

    fn resolve_cipher(&self, choice: &CipherChoice) -> Option<Box<dyn Cipher>> {
        DefaultResolver.resolve_cipher(choice)
    }
}

/// What the dialer's first frame says in clear, and what hides behind it.
#[derive(Debug)]
pub(crate) struct Opening<'a> {
    /// Which pattern follows.
    pub(crate) pattern: Pattern<'a>,
    nonce: [u8; 8],
    hint: [u8; 8],
    head: &'a [u8],
    noise: &'a [u8],
}

/// The pattern of a handshake, as its first frame shows it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Pattern<'a> {
    /// First contact through an invite.
    Invite,
    /// Reconnect of a member, named in a box for members only.
    Member(&'a [u8]),
    /// First contact of two members.
    Stranger,
}

impl<'a> Opening<'a> {
    /// Takes a first frame apart.
    pub(crate) fn decode(frame: &'a [u8]) -> Option<Self> {
        let (head, rest) = frame.split_at_checked(OPENING_LEN)?;
        let (&[version, kind], tail) = head.split_first_chunk::<2>()?;
        let (nonce, hint) = tail.split_first_chunk::<8>()?;
        let (pattern, noise) = match (version, kind) {
            (VERSION, KIND_XX) => (Pattern::Invite, rest),
            (VERSION, KIND_ROOM) => (Pattern::Stranger, rest),
            (VERSION, KIND_KK) => {
                let (sealed, noise) = rest.split_at_checked(SEALED_AUTHOR_LEN)?;
                (Pattern::Member(sealed), noise)
            }
            _ => return None,
        };
        Some(Self { pattern, nonce: *nonce, hint: *hint.first_chunk()?, head, noise })
    }

    /// Whether the dialer meant the context with this key: an invite's or a room's psk, or a room's
    /// hello key.
    pub(crate) fn is_for(&self, key: &[u8; 32]) -> bool {
        crypto::hint(key, &self.nonce) == self.hint
    }

    /// Who asks to reconnect, as they claim.
    pub(crate) fn member(&self, hello_key: &[u8; 32]) -> Option<PeerId> {
        let Pattern::Member(sealed) = self.pattern else { return None };
        let author = crypto::open(hello_key, &wide(&self.nonce), self.head, sealed.to_vec())?;
        author.try_into().ok().map(PeerId::from_bytes)
    }
}

/// The nonce of the box in a reconnect's first frame.
fn wide(nonce: &[u8; 8]) -> [u8; 12] {
    let mut wide = [0; 12];
    wide.iter_mut().zip(nonce).for_each(|(to, from)| *to = *from);
    wide
}

/// What both ends of a first contact say of themselves, encrypted, inside the handshake.
#[derive(Debug, Serialize, Deserialize)]
struct Claim {
    author: PeerId,
    certificate: [[u8; 32]; 2],
}

impl Claim {
    fn of(me: &Identity) -> Vec<u8> {
        let certificate = me.noise_certificate();
        let (low, high) = certificate.split_at(32);
        let half = |bytes: &[u8]| bytes.try_into().expect("half of 64 bytes");
        let claim = Self { author: me.id, certificate: [half(low), half(high)] };
        postcard::to_stdvec(&claim).expect("a claim serializes")
    }

    /// Reads a claim and checks it against the key the handshake proved.
    fn checked(payload: &[u8], noise_key: &[u8; 32]) -> Option<Proof> {
        let claim: Self = postcard::from_bytes(payload).ok()?;
        let certificate = claim.certificate.as_flattened().try_into().ok()?;
        identity::vouches(claim.author, noise_key, &certificate)
            .then_some(Proof { author: claim.author, noise_key: *noise_key })
    }
}

/// Who was proved to be at the other end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Proof {
    pub(crate) author: PeerId,
    pub(crate) noise_key: [u8; 32],
}

/// A handshake under way.
pub(crate) struct Handshake {
    state: HandshakeState,
    me: Vec<u8>,
    /// Who the other end must be, if we know.
    expected: Option<Proof>,
    /// Whether both ends say inside the handshake who they are.
    is_introduction: bool,
    proof: Option<Proof>,
    is_bound: bool,
}

/// Says nothing of keys.
impl std::fmt::Debug for Handshake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Handshake").field("proof", &self.proof).finish_non_exhaustive()
    }
}

/// Where a link stands in being proved.
#[derive(Debug)]
pub(crate) enum Step {
    /// Send this, if anything, and wait for the next frame.
    Continue(Box<Handshake>, Option<Frame>),
    /// Send this, if anything; the other end is proved. Last, a hash that is equal at both ends
    /// and that neither could choose.
    Done(Option<Frame>, Proof, Cipherer, [u8; 32]),
}

impl Handshake {
    /// Dials by an invite; gives the first frame.
    pub(crate) fn dial_invite(
        psk: &[u8; 32],
        me: &Identity,
        binding: Option<[u8; 32]>,
        seed: [u8; 32],
    ) -> (Self, Frame) {
        Self::introduce(KIND_XX, psk, None, me, binding, seed)
    }

    /// Dials a member who may not know us; gives the first frame.
    pub(crate) fn dial_stranger(
        room_psk: &[u8; 32],
        peer: Proof,
        me: &Identity,
        binding: Option<[u8; 32]>,
        seed: [u8; 32],
    ) -> (Self, Frame) {
        Self::introduce(KIND_ROOM, room_psk, Some(peer), me, binding, seed)
    }

    fn introduce(
        kind: u8,
        psk: &[u8; 32],
        peer: Option<Proof>,
        me: &Identity,
        binding: Option<[u8; 32]>,
        seed: [u8; 32],
    ) -> (Self, Frame) {
        let nonce = fresh_nonce(&seed);
        let mut frame = vec![VERSION, kind];
        frame.extend(nonce);
        frame.extend(crypto::hint(psk, &nonce));
        let params = Params { pattern: XX, psk: Some(psk), remote: None, is_dialer: true };
        let mut handshake = Self::new(&params, me, &frame, binding, seed);
        handshake.expected = peer;
        handshake.write_onto(&mut frame, &[]);
        (handshake, frame)
    }

    /// Dials a member; gives the first frame.
    pub(crate) fn dial_member(
        hello_key: &[u8; 32],
        peer: Proof,
        me: &Identity,
        binding: Option<[u8; 32]>,
        seed: [u8; 32],
    ) -> (Self, Frame) {
        let nonce = fresh_nonce(&seed);
        let mut frame = vec![VERSION, KIND_KK];
        frame.extend(nonce);
        frame.extend(crypto::hint(hello_key, &nonce));
        let mut sealed = me.id.as_bytes().to_vec();
        crypto::seal(hello_key, &wide(&nonce), &frame, &mut sealed);
        frame.append(&mut sealed);
        let params = Params { pattern: KK, psk: None, remote: Some(peer), is_dialer: true };
        let mut handshake = Self::new(&params, me, &frame, binding, seed);
        handshake.write_onto(&mut frame, &[]);
        (handshake, frame)
    }

    /// Answers a first contact, through an invite or between members.
    pub(crate) fn answer_introduction(
        opening: &Opening<'_>,
        psk: &[u8; 32],
        me: &Identity,
        binding: Option<[u8; 32]>,
        seed: [u8; 32],
    ) -> Option<Step> {
        let params = Params { pattern: XX, psk: Some(psk), remote: None, is_dialer: false };
        Self::new(&params, me, opening.head, binding, seed).read(opening.noise)
    }

    /// Answers a member's reconnect.
    pub(crate) fn answer_member(
        opening: &Opening<'_>,
        peer: Proof,
        me: &Identity,
        binding: Option<[u8; 32]>,
        seed: [u8; 32],
    ) -> Option<Step> {
        let Pattern::Member(sealed) = opening.pattern else { return None };
        let params = Params { pattern: KK, psk: None, remote: Some(peer), is_dialer: false };
        let head = [opening.head, sealed].concat();
        Self::new(&params, me, &head, binding, seed).read(opening.noise)
    }

    /// Takes the next frame in; `None` if it is not what the handshake needs.
    pub(crate) fn read(mut self, frame: &[u8]) -> Option<Step> {
        let mut payload = vec![0; frame.len()];
        let len = self.state.read_message(frame, &mut payload).ok()?;
        payload.truncate(len);
        self.take_claim(&payload)?;
        let mut reply = None;
        if !self.state.is_handshake_finished() {
            let mut frame = Vec::new();
            let claim = if self.is_introduction { self.me.clone() } else { Vec::new() };
            self.write_onto(&mut frame, &claim);
            reply = Some(frame);
        }
        if !self.state.is_handshake_finished() {
            return Some(Step::Continue(Box::new(self), reply));
        }
        let proof = if self.is_introduction { self.proof? } else { self.expected? };
        let salt = self.state.get_handshake_hash().try_into().ok()?;
        // A link that encrypts by itself needs no second layer.
        let cipherer = if self.is_bound {
            Cipherer::Bound
        } else {
            Cipherer::Noise(Box::new(self.state.into_transport_mode().ok()?))
        };
        Some(Step::Done(reply, proof, cipherer, salt))
    }

    /// Reads who the other end says it is; `None` if that is said wrongly, too early or twice.
    fn take_claim(&mut self, payload: &[u8]) -> Option<()> {
        let noise_key = match (self.is_introduction, self.proof, self.state.get_remote_static()) {
            (true, None, Some(noise_key)) => noise_key.try_into().ok()?,
            _ => return payload.is_empty().then_some(()),
        };
        let proof = Claim::checked(payload, &noise_key)?;
        self.proof = Some(proof);
        self.expected.is_none_or(|expected| expected == proof).then_some(())
    }

    fn new(
        params: &Params<'_>,
        me: &Identity,
        head: &[u8],
        binding: Option<[u8; 32]>,
        seed: [u8; 32],
    ) -> Self {
        let prologue =
            [PROLOGUE, &[u8::from(binding.is_some())], &binding.unwrap_or_default(), head].concat();
        Self {
            state: params.build(me, &prologue, seed).expect("keys have the lengths Noise wants"),
            me: if params.remote.is_none() { Claim::of(me) } else { Vec::new() },
            expected: params.remote,
            is_introduction: params.remote.is_none(),
            proof: None,
            is_bound: binding.is_some(),
        }
    }

    fn write_onto(&mut self, frame: &mut Frame, payload: &[u8]) {
        let mut message = vec![0; MAX_HANDSHAKE_LEN];
        let len = self.state.write_message(payload, &mut message).expect("our turn, small payload");
        message.truncate(len);
        frame.append(&mut message);
    }
}

/// What a pattern is built from.
struct Params<'a> {
    pattern: &'static str,
    psk: Option<&'a [u8; 32]>,
    remote: Option<Proof>,
    is_dialer: bool,
}

impl Params<'_> {
    fn build(
        &self,
        me: &Identity,
        prologue: &[u8],
        seed: [u8; 32],
    ) -> Result<HandshakeState, snow::Error> {
        let remote = self.remote.map(|proof| proof.noise_key);
        let mut builder =
            snow::Builder::with_resolver(self.pattern.parse()?, Box::new(Resolver(seed)))
                .prologue(prologue)?
                .local_private_key(&me.noise_secret)?;
        if let Some(psk) = self.psk {
            builder = builder.psk(0, psk)?;
        }
        if let Some(key) = &remote {
            builder = builder.remote_public_key(key)?;
        }
        if self.is_dialer { builder.build_initiator() } else { builder.build_responder() }
    }
}

fn fresh_nonce(seed: &[u8; 32]) -> [u8; 8] {
    *blake3::derive_key("festival/1 handshake nonce", seed).first_chunk().expect("8 of 32 bytes")
}

pub(crate) mod nameless;
#[cfg(test)]
mod tests;
