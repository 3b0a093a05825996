//! The opening of a link between devices that have nothing in common: neither says who it is, and
//! no key lasts longer than the link. It keeps listeners out, and nobody else.

use snow::HandshakeState;

use super::{MAX_HANDSHAKE_LEN, PROLOGUE, Resolver, VERSION};
use crate::{Frame, cipher::Cipherer};

const KIND: u8 = 4;
const NN: &str = "Noise_NN_25519_ChaChaPoly_BLAKE2s";

/// Version and kind: what stands before the Noise message.
const HEAD: [u8; 2] = [VERSION, KIND];

/// A handshake whose answer is awaited.
pub(crate) struct Nameless {
    state: HandshakeState,
    is_bound: bool,
}

/// Says nothing of keys.
impl std::fmt::Debug for Nameless {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Nameless").finish_non_exhaustive()
    }
}

impl Nameless {
    /// Whether a first frame opens such a link.
    pub(crate) fn is_opening(frame: &[u8]) -> bool {
        frame.starts_with(&HEAD)
    }

    /// Dials; gives the first frame.
    pub(crate) fn dial(binding: Option<[u8; 32]>, seed: [u8; 32]) -> (Self, Frame) {
        let mut nameless = Self::new(binding, seed, true);
        let mut frame = HEAD.to_vec();
        nameless.write_onto(&mut frame);
        (nameless, frame)
    }

    /// Answers a first frame: gives the second one, after which the link is open.
    pub(crate) fn answer(
        frame: &[u8],
        binding: Option<[u8; 32]>,
        seed: [u8; 32],
    ) -> Option<(Frame, Cipherer)> {
        let mut nameless = Self::new(binding, seed, false);
        nameless.read_message(frame.strip_prefix(&HEAD)?)?;
        let mut reply = Frame::new();
        nameless.write_onto(&mut reply);
        Some((reply, nameless.finish()?))
    }

    /// Takes the second frame in; the link is open then.
    pub(crate) fn read(mut self, frame: &[u8]) -> Option<Cipherer> {
        self.read_message(frame)?;
        self.finish()
    }

    fn new(binding: Option<[u8; 32]>, seed: [u8; 32], is_dialer: bool) -> Self {
        let is_bound = binding.is_some();
        let binding = binding.unwrap_or_default();
        let prologue = [PROLOGUE, &[u8::from(is_bound)], &binding, &HEAD].concat();
        let pattern = NN.parse().expect("a pattern of the Noise specification");
        let builder = snow::Builder::with_resolver(pattern, Box::new(Resolver(seed)));
        let builder = builder.prologue(&prologue).expect("the first one");
        let state = if is_dialer { builder.build_initiator() } else { builder.build_responder() };
        Self { state: state.expect("NN needs no keys"), is_bound }
    }

    fn write_onto(&mut self, frame: &mut Frame) {
        let mut message = vec![0; MAX_HANDSHAKE_LEN];
        let len = self.state.write_message(&[], &mut message).expect("our turn, no payload");
        message.truncate(len);
        frame.append(&mut message);
    }

    /// Nothing is said inside the handshake.
    fn read_message(&mut self, message: &[u8]) -> Option<()> {
        let mut payload = vec![0; message.len()];
        let len = self.state.read_message(message, &mut payload).ok()?;
        (len == 0).then_some(())
    }

    fn finish(self) -> Option<Cipherer> {
        if !self.state.is_handshake_finished() {
            return None;
        }
        if self.is_bound {
            return Some(Cipherer::Bound);
        }
        Some(Cipherer::Noise(Box::new(self.state.into_transport_mode().ok()?)))
    }
}
