//! What sessions say to each other, and how it is encoded.

use serde::{Deserialize, Serialize};

use crate::{
    Addr, EpochId, PeerId, addr,
    alias::Alias,
    body::{self, MAX_READS, MAX_STEP},
    frontier::MAX_BUCKETS,
};

/// One unit handed to a link; the receiver gets it whole or not at all.
pub type Frame = Vec<u8>;

/// The longest frame, in bytes: the longest Noise message (Noise specification, section 3).
pub const MAX_FRAME_LEN: usize = 65_535;

/// The longest of what lets into a network: the longest name and passphrase of Wi-Fi, with the length of each.
pub const MAX_NETWORK_LEN: usize = 97;

/// The most bytes of operations in one packet. With what surrounds them they stay below
/// [`MAX_FRAME_LEN`].
pub(crate) const MAX_OPS_BYTES: usize = 56 * 1024;

/// The most operations in one packet, so that one commit on the other side stays short and a
/// packet of nothing but empty ones costs no memory.
pub(crate) const MAX_OPS_PER_PACKET: usize = 256;

/// The most messages sent ahead of a long history, a page of them, and their bytes.
pub(crate) const MAX_NEWEST_TEXTS: usize = 50;
pub(crate) const MAX_NEWEST_BYTES: usize = 40 * 1024;

/// The most epochs a welcome may bring: a room that changes its key daily for two years, and 256 times
/// for other reasons. With the longest genesis they fit in a frame, with a usual one in a pack.
pub(crate) const MAX_EPOCHS: usize = 1_024;

/// The most epochs a member says it holds: whoever lacks older ones gets them all.
pub(crate) const MAX_EPOCHS_TOLD: usize = 16;

/// The most frontier entries in one packet: 1,500 of at most 43 bytes stay below
/// [`MAX_FRAME_LEN`].
pub(crate) const MAX_HAVE_ENTRIES: usize = 1_500;

/// The most heights in one packet, and the most differences: 6,000 of at most 10 bytes.
pub(crate) const MAX_HEIGHTS: usize = 6_000;

/// A decoded frame of an open session. Everything in it is about the session's room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Packet {
    /// "Here is the room you were invited to": from the host of a first contact, once.
    Welcome(Welcome),
    /// "This is where I can be dialed."
    Hello { addrs: Vec<Addr> },
    /// "Another member can be dialed here."
    Whereabouts { member: PeerId, addrs: Vec<Addr> },
    /// "This is a hash of all I hold, and of whose logs they are": if yours is equal, we need not
    /// compare. Once.
    Digest { logs: [u8; 8], authors: [u8; 4] },
    /// "I have taken so many of your packets": a receipt for what was in them.
    Have {
        /// Author and height: logs of which less is held than was sent, or with `again` all.
        entries: Vec<(PeerId, u64)>,
        /// More entries follow in the next packet.
        more: bool,
        /// Something you sent could not be used: this is all I hold, send the rest again.
        again: bool,
        /// How many packets of operations I have taken in this session.
        taken: u64,
    },
    /// "Here is what you lack": each log in order, each member's log after the owner's. Each
    /// operation as its author wrote it, or in [brief](crate::brief).
    Ops(Vec<Vec<u8>>),
    /// "This member holds your log up to here."
    Received { by: Alias, up_to: u64 },
    /// "These are hashes of the buckets my logs fall in": tell me of those that differ. Once.
    Sketch {
        /// For each bucket, of whose logs are held how far.
        logs: Vec<[u8; 4]>,
        /// For each bucket, of whose logs are held; empty if all are known to be the same.
        authors: Vec<[u8; 4]>,
    },
    /// "This is how far I hold the logs of these buckets": an answer to a sketch.
    Heights {
        parts: Vec<Part>,
        /// More follow in the next packet.
        more: bool,
    },
    /// "And this is how my heights differ": an answer to those heights, in their order.
    Differences {
        steps: Vec<u64>,
        /// More follow in the next packet.
        more: bool,
    },
    /// "These epochs I hold", the newest ones: what is missing, you can give me.
    Epochs(Vec<EpochId>),
    /// "These are keys of epochs", and from now on texts of the closed ones open with these.
    Keys { keys: Vec<[u8; 32]>, texts: Vec<TextKey> },
    /// "This was said last, and by whom": messages ahead of a long history, and the first
    /// operations of their authors; none once what comes before them was taken.
    Newest(Vec<Vec<u8>>),
    /// "Somebody here must let you in first": from the host of a first contact, once.
    Wait {
        /// What whoever holds the host's device is called.
        host: String,
        /// The hash of what is told in [`Packet::Reveal`].
        promise: [u8; 32],
    },
    /// "This is what I am called": a newcomer's answer, once.
    Knock {
        name: String,
        /// Drawn after the handshake, for the pictures both compare.
        nonce: [u8; 16],
    },
    /// "They did not let you in."
    Refuse,
    /// "I hold these logs up to here now": ask, if nobody else gives them to you.
    Offer(Vec<(Alias, u64)>),
    /// "Send me these logs, of which I hold so much."
    Ask(Vec<(Alias, u64)>),
    /// "I hear of others too: offer what they may send as well", or no longer.
    Spare(bool),
    /// "I am writing something."
    Typing,
    /// "This is what I promised": a host's answer to a knock, once. With it both know the pictures.
    Reveal { nonce: [u8; 16] },
    /// "This lets into a network that I made"; nothing if there is none any more.
    Network(Vec<u8>),
}

/// The logs of one bucket, in the order of authors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Part {
    pub(crate) bucket: u16,
    pub(crate) logs: PartLogs,
}

/// How far they are held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum PartLogs {
    /// Both devices hold logs of the same authors.
    Heights(Vec<u64>),
    /// They do not. A bucket may be told in several such parts.
    Named(Vec<(PeerId, u64)>),
}

impl PartLogs {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Heights(heights) => heights.len(),
            Self::Named(entries) => entries.len(),
        }
    }
}

/// What a newcomer needs to take part.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Welcome {
    /// The owner's first operation, which proves the room's id and names it.
    pub(crate) genesis: Vec<u8>,
    /// Epoch number and key, ascending.
    pub(crate) epochs: Vec<(u32, [u8; 32])>,
    /// Which of them says where members meet, counted from 0.
    pub(crate) meeting: u32,
    /// What texts of the newest closed epochs open with from now on.
    pub(crate) texts: Vec<TextKey>,
}

/// What texts of a closed epoch open with from a step on.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TextKey {
    pub(crate) epoch: EpochId,
    pub(crate) step: u32,
    pub(crate) key: [u8; 32],
}

/// Says nothing of the key.
impl std::fmt::Debug for TextKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TextKey").field("step", &self.step).finish_non_exhaustive()
    }
}

fn are_text_keys(texts: &[TextKey]) -> bool {
    texts.len() <= MAX_READS && texts.iter().all(|text| text.step <= MAX_STEP)
}

impl Welcome {
    pub(crate) fn is_within_limits(&self) -> bool {
        self.epochs.len() <= MAX_EPOCHS
            && self.epochs.is_sorted_by_key(|(number, _)| number)
            && are_text_keys(&self.texts)
    }

    /// The key of the epoch that says where members meet.
    pub(crate) fn meeting_key(&self) -> Option<[u8; 32]> {
        self.epochs.get(self.meeting as usize).map(|(_, key)| *key)
    }
}

/// Says nothing of the keys.
impl std::fmt::Debug for Welcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Welcome").field("epochs", &self.epochs.len()).finish_non_exhaustive()
    }
}

impl Packet {
    /// Encodes the packet into one frame.
    pub(crate) fn encode(&self) -> Frame {
        postcard::to_stdvec(self).expect("packets hold no unserializable value")
    }

    /// Decodes a frame from a peer; `None` if the bytes are not one whole packet within limits.
    pub(crate) fn decode(frame: &[u8]) -> Option<Self> {
        if frame.len() > MAX_FRAME_LEN {
            return None;
        }
        let (packet, rest) = postcard::take_from_bytes::<Self>(frame).ok()?;
        (rest.is_empty() && packet.is_within_limits()).then_some(packet)
    }

    fn is_within_limits(&self) -> bool {
        match self {
            Self::Hello { addrs } | Self::Whereabouts { addrs, .. } => addr::are_usable(addrs),
            Self::Have { entries, .. } => entries.len() <= MAX_HAVE_ENTRIES,
            Self::Ops(ops) => ops.len() <= MAX_OPS_PER_PACKET,
            Self::Welcome(welcome) => welcome.is_within_limits(),
            Self::Sketch { logs, authors } => {
                logs.len().is_power_of_two()
                    && logs.len() <= MAX_BUCKETS
                    && (authors.is_empty() || authors.len() == logs.len())
            }
            Self::Heights { parts, .. } => {
                let heights = parts.iter().fold(0, |sum, part| part.logs.len().saturating_add(sum));
                parts.len() <= MAX_BUCKETS && heights <= MAX_HEIGHTS
            }
            Self::Differences { steps, .. } => steps.len() <= MAX_HEIGHTS,
            Self::Epochs(ids) => ids.len() <= MAX_EPOCHS_TOLD,
            Self::Keys { keys, texts } => keys.len() <= MAX_EPOCHS && are_text_keys(texts),
            Self::Newest(ops) => ops.len() <= MAX_NEWEST_TEXTS * 2,
            Self::Wait { host: name, .. } | Self::Knock { name, .. } => body::is_name(name),
            Self::Offer(entries) | Self::Ask(entries) => entries.len() <= MAX_HAVE_ENTRIES,
            Self::Network(access) => access.len() <= MAX_NETWORK_LEN,
            Self::Digest { .. }
            | Self::Received { .. }
            | Self::Refuse
            | Self::Reveal { .. }
            | Self::Spare(_)
            | Self::Typing => true,
        }
    }
}
