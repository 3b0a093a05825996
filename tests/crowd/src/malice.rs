//! Devices that do not keep to the protocol. All of them are members: strangers get no answer.

use engine::Frame;

use crate::{chance::Chance, traffic::is_ops};

/// What a malicious device does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Malice {
    /// Sends frames of junk, as many as the link carries, once it is let in.
    Junk,
    /// Takes everything and passes nothing on.
    Hoard,
}

impl Malice {
    /// Whether it lets out a frame that an honest device would send.
    pub(crate) fn lets_out(self, frame: &[u8]) -> bool {
        match self {
            Self::Junk => true,
            Self::Hoard => !is_ops(frame),
        }
    }

    /// What it sends on each link each second, of its own accord.
    pub(crate) fn adds(self, chance: &mut Chance) -> Vec<Frame> {
        match self {
            Self::Junk => {
                let junk: Frame =
                    std::iter::repeat_with(|| chance.bytes()).take(64).flatten().collect();
                vec![junk; 4]
            }
            Self::Hoard => Vec::new(),
        }
    }
}
