//! How frames of an open session travel.

use snow::TransportState;

use crate::{Frame, crypto};

/// What is done to a packet between session and link.
pub(crate) enum Cipherer {
    /// As they are: the link encrypts, and its binding was proved.
    Bound,
    /// As Noise transport messages.
    Noise(Box<TransportState>),
}

/// Says nothing of keys.
impl std::fmt::Debug for Cipherer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Bound => "Bound",
            Self::Noise(_) => "Noise(..)",
        })
    }
}

impl Cipherer {
    /// What goes onto the link for `plain`, which is at most [`MAX_FRAME_LEN`](crate::MAX_FRAME_LEN) less 16 bytes long.
    pub(crate) fn seal(&mut self, plain: Frame) -> Option<Frame> {
        match self {
            Self::Bound => Some(plain),
            Self::Noise(state) => {
                let mut sealed = vec![0; plain.len().saturating_add(crypto::TAG_LEN)];
                let len = state.write_message(&plain, &mut sealed).ok()?;
                sealed.truncate(len);
                Some(sealed)
            }
        }
    }

    /// What came off the link; `None` if it was forged, repeated or reordered.
    pub(crate) fn open(&mut self, frame: Frame) -> Option<Frame> {
        match self {
            Self::Bound => Some(frame),
            Self::Noise(state) => {
                let mut plain = vec![0; frame.len()];
                let len = state.read_message(&frame, &mut plain).ok()?;
                plain.truncate(len);
                Some(plain)
            }
        }
    }
}
