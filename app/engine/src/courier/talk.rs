//! What two devices that know nothing of each other say, and how it is encoded.

use serde::{Deserialize, Serialize};

use crate::{Frame, MAX_FRAME_LEN, PackId, body, mailbox::pack};

/// The most packs in one offer.
pub(crate) const MAX_OFFERED: usize = 128;

/// The most rooms told of in one meeting: whoever opens more of theirs to people nearby tells of
/// others the next time.
pub(crate) const MAX_TOLD: usize = 4;

/// A decoded frame of an open link between strangers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Talk {
    /// "These I carry": answered by [`Talk::Want`]. With none: "and that is all".
    Offer(Vec<Offered>),
    /// "Of those, give me these": their places in the offer, ascending.
    Want(Vec<u8>),
    /// One of those, in that order; empty if it is there no more.
    Pack(Vec<u8>),
    /// "These rooms are open to people nearby; knock here": at most once, at any time.
    Doors(Vec<Door>),
}

/// A room that people nearby may knock at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Door {
    /// The keys of the device that tells of it, as in an invite.
    pub(crate) host: [u8; 16],
    /// The secret of the room's invite for people nearby.
    pub(crate) secret: [u8; 16],
    /// What the room is called.
    pub(crate) name: String,
}

/// A pack that is offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Offered {
    pub(crate) id: PackId,
    /// Which of the lengths of packs it has.
    pub(crate) length: u8,
    /// For how many minutes more it is to be carried.
    pub(crate) minutes: u16,
}

impl Offered {
    /// How long the pack is, in bytes; `None` if packs have no such length.
    pub(crate) fn len(&self) -> Option<usize> {
        pack::LENS.get(usize::from(self.length)).copied()
    }
}

impl Talk {
    /// Encodes it into one frame.
    pub(crate) fn encode(&self) -> Frame {
        postcard::to_stdvec(self).expect("it holds no unserializable value")
    }

    /// Decodes a frame from a stranger; `None` if the bytes are not one whole packet within limits.
    pub(crate) fn decode(frame: &[u8]) -> Option<Self> {
        if frame.len() > MAX_FRAME_LEN {
            return None;
        }
        let (talk, rest) = postcard::take_from_bytes::<Self>(frame).ok()?;
        (rest.is_empty() && talk.is_within_limits()).then_some(talk)
    }

    fn is_within_limits(&self) -> bool {
        match self {
            Self::Offer(offered) => {
                offered.len() <= MAX_OFFERED && offered.iter().all(|o| o.len().is_some())
            }
            Self::Want(places) => places.len() <= MAX_OFFERED && places.is_sorted_by(|a, b| a < b),
            Self::Pack(pack) => pack.is_empty() || pack::LENS.contains(&pack.len()),
            Self::Doors(doors) => {
                doors.len() <= MAX_TOLD && doors.iter().all(|door| body::is_name(&door.name))
            }
        }
    }
}
