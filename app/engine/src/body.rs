//! What operations do, once opened.

use serde::{Deserialize, Serialize};

use crate::{
    Addr, Control, EpochId, EpochRecord, InviteId, MAX_NAME_LEN, MAX_TEXT_LEN, OptionChange,
    PeerId, Role, RoleChange, TextChain, Timestamp, addr, crypto,
    op::{MAX_HEADER_LEN, Stub},
    report::SealedReport,
    wire::MAX_EPOCHS_TOLD,
};

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
    /// Lets whoever knows `secret` join; by owner and admins.
    Invite {
        secret: [u8; 16],
        expires_at: Option<Timestamp>,
        /// What those become who join by it.
        role: Role,
        /// How many may, if not as many as like.
        max_uses: Option<u32>,
        /// Whether they get to read what is hidden from other newcomers.
        reads_before: bool,
    },
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
    /// Makes somebody something else; by owner and admins.
    SetRole(RoleChange),
    /// Changes the room's key, and leaves some without it; by owner and admins. If texts are locked in
    /// it, says by what true keys of them are known.
    Epoch(EpochRecord, Sealed, Option<TextChain>),
    /// More of those who get the key of an epoch that follows; by owner and admins.
    Seal(EpochId, Sealed),
    /// Makes one key of several.
    Merge { parents: Vec<EpochId> },
    /// Shows that somebody wrote two different operations at one place of their log.
    Fork(Stub, Stub),
    /// Takes part no longer: the last of its author's log.
    Leave,
    /// Switches an option of the room; by owner and admins.
    Option(OptionChange),
    /// A key in place of one that has been in use for long; by owner and admins, whose devices do
    /// so by themselves. Nobody is removed and nothing is revoked by it.
    Renewal(EpochRecord, Sealed, Option<TextChain>),
    /// Says that another member is a device of the same person, or is not any more; it counts where
    /// that one says so too.
    Same { other: PeerId, is_so: bool },
    /// Tells the admins something nobody else can read.
    Report(SealedReport),
    /// Says something to those who were there: in a closed epoch.
    Locked(Locked),
    /// From which step on texts can be read by the author, in closed epochs made without them.
    Reads(Vec<(EpochId, u32)>),
    /// Says that between this and the author's last operation that is no text, whose place and id
    /// these are, there are only texts: so they need not be kept for the log to be whole.
    Checkpoint { since: u64, id: [u8; 16] },
}

/// A text that opens for whoever has the key of a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Locked {
    /// Which.
    pub(crate) step: u32,
    /// The text, sealed once more.
    pub(crate) sealed: Vec<u8>,
}

/// The last step: one for each newcomer of the largest room, and as many again for those who try
/// and break off. There it stays, until the key is changed.
pub(crate) const MAX_STEP: u32 = 65_536;

/// The most closed epochs that one operation, or one packet, tells steps of: the newest there may be
/// written in.
pub(crate) const MAX_READS: usize = MAX_EPOCHS_TOLD;

/// An epoch's key, for some of the members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sealed {
    /// The X25519 public key of this sealing.
    pub(crate) sender_key: [u8; 32],
    /// One for each member: a tag by which they find theirs, and the key.
    pub(crate) boxes: Vec<SealedKey>,
}

/// The key of an epoch, for one member: tag, ciphertext, and the cipher's own tag.
pub(crate) type SealedKey = ([u8; 4], [u8; 32], [u8; crypto::TAG_LEN]);

/// The most keys in one operation: with 52 bytes each they leave room for the rest of an
/// [`EpochRecord`].
pub(crate) const MAX_BOXES: usize = 200;

/// The most members removed, invites revoked and logs seen that one epoch names.
pub(crate) const MAX_REMOVED: usize = 32;
pub(crate) const MAX_REVOKED: usize = 64;
pub(crate) const MAX_SEEN: usize = 64;

/// The most epochs one is merged of.
pub(crate) const MAX_PARENTS: usize = 16;

impl OpBody {
    /// The number under which the store counts operations of this sort.
    pub(crate) fn kind(&self) -> u8 {
        match self {
            Self::Genesis { .. } => 0,
            Self::Invite { .. } => 1,
            Self::Join { .. } => 2,
            Self::Text(_) => KIND_TEXT,
            Self::Profile { .. } => KIND_PROFILE,
            Self::Relays { .. } => 5,
            Self::SetRole(_) => 6,
            Self::Epoch(..) => KIND_EPOCH,
            Self::Seal(..) => 8,
            Self::Merge { .. } => 9,
            Self::Fork(..) => 10,
            Self::Leave => 11,
            Self::Option(_) => 12,
            Self::Renewal(..) => KIND_RENEWAL,
            Self::Same { .. } => KIND_SAME,
            Self::Report(_) => 15,
            Self::Locked(_) => KIND_LOCKED,
            Self::Reads(_) => 17,
            Self::Checkpoint { .. } => KIND_CHECKPOINT,
        }
    }

    /// The bytes that are sealed.
    pub(crate) fn encode(&self) -> Vec<u8> {
        postcard::to_stdvec(self).expect("bodies hold no unserializable value")
    }

    /// Reads what [`encode`](Self::encode) wrote; `None` if it is none or breaks a limit.
    pub(crate) fn decode(text: Vec<u8>) -> Option<Self> {
        let whole = |text: &[u8]| match postcard::take_from_bytes::<Self>(text) {
            Ok((body, [])) => Some(body),
            _ => None,
        };
        let body = whole(&text).or_else(|| {
            // Keys were first changed without a word on those of texts, and invites written without one on
            // what was before,
            let kind = text.first().copied();
            let with = |end: &[u8]| whole(&[text.as_slice(), end].concat());
            let is_grown = matches!(kind, Some(KIND_INVITE | KIND_EPOCH | KIND_RENEWAL));
            // and still earlier ones without role and number of uses.
            let earliest = || {
                let end = postcard::to_stdvec(&(Role::Member, None::<u32>, false)).ok()?;
                with(&end).filter(|_| kind == Some(KIND_INVITE))
            };
            with(&[0]).filter(|_| is_grown).or_else(earliest)
        })?;
        body.is_within_limits().then_some(body)
    }

    /// What of it rules are made of.
    pub(crate) fn control(&self) -> Option<Control> {
        match self {
            Self::Join { invite, .. } => Some(Control::Join { invite: *invite }),
            Self::Invite { secret, expires_at, role, max_uses, reads_before } => {
                Some(Control::Invite {
                    invite: crypto::invite_id(secret),
                    role: *role,
                    expires_at: *expires_at,
                    max_uses: *max_uses,
                    reads_before: *reads_before,
                })
            }
            Self::SetRole(change) => Some(Control::SetRole(*change)),
            Self::Epoch(epoch, _, chain) => Some(Control::Epoch(epoch.clone(), *chain)),
            Self::Option(change) => Some(Control::Option(*change)),
            Self::Fork(stub, _) => {
                let (author, seq, _) = stub.read()?;
                Some(Control::Fork { author, seq })
            }
            Self::Leave => Some(Control::Leave),
            Self::Same { other, is_so } => Some(Control::Same { other: *other, is_so: *is_so }),
            _ => None,
        }
    }

    /// Whether only who governs the room may write it.
    pub(crate) fn is_governing(&self) -> bool {
        matches!(
            self,
            Self::Invite { .. }
                | Self::SetRole(_)
                | Self::Epoch(..)
                | Self::Seal(..)
                | Self::Option(_)
                | Self::Renewal(..)
        )
    }

    /// Whether every part keeps its limit.
    fn is_within_limits(&self) -> bool {
        match self {
            Self::Genesis { room_name, name, .. } => is_name(room_name) && is_name(name),
            Self::Join { name, .. } | Self::Profile { name } => is_name(name),
            Self::Text(text) => is_text(text),
            Self::Invite { .. }
            | Self::SetRole(_)
            | Self::Leave
            | Self::Option(_)
            | Self::Same { .. }
            | Self::Checkpoint { .. } => true,
            Self::Relays { addrs } => are_relays(addrs),
            Self::Epoch(epoch, sealed, _) => {
                epoch.removed.len() <= MAX_REMOVED
                    && epoch.revoked.len() <= MAX_REVOKED
                    && epoch.seen.len() <= MAX_SEEN
                    && sealed.boxes.len() <= MAX_BOXES
            }
            Self::Renewal(epoch, sealed, _) => {
                epoch.removed.is_empty()
                    && epoch.revoked.is_empty()
                    && epoch.seen.len() <= MAX_SEEN
                    && sealed.boxes.len() <= MAX_BOXES
            }
            Self::Seal(_, sealed) => sealed.boxes.len() <= MAX_BOXES,
            Self::Fork(a, b) => {
                a.header.len() <= MAX_HEADER_LEN && b.header.len() <= MAX_HEADER_LEN
            }
            Self::Report(report) => report.is_within_limits(),
            Self::Locked(Locked { step, sealed }) => {
                let len = sealed.len().saturating_sub(crypto::TAG_LEN);
                *step <= MAX_STEP && len > 0 && len <= MAX_TEXT_LEN
            }
            Self::Reads(reads) => {
                reads.len() <= MAX_READS && reads.iter().all(|(_, step)| *step <= MAX_STEP)
            }
            Self::Merge { parents } => {
                parents.len() <= MAX_PARENTS && parents.is_sorted_by(|a, b| a < b)
            }
        }
    }
}

/// [`OpBody::kind`] of an invite.
const KIND_INVITE: u8 = 1;

/// [`OpBody::kind`] of a new key, and of one that only follows on another.
const KIND_EPOCH: u8 = 7;
const KIND_RENEWAL: u8 = 13;

/// [`OpBody::kind`] of a text.
pub(crate) const KIND_TEXT: u8 = 3;

/// [`OpBody::kind`] of a text that could not be read when it came.
pub(crate) const KIND_LOCKED: u8 = 16;

/// [`OpBody::kind`] of a checkpoint.
pub(crate) const KIND_CHECKPOINT: u8 = 18;

/// Whether operations of this kind are a person's words, read or not: what disappears with time, and
/// what a checkpoint says is all there was.
pub(crate) fn is_words(kind: u8) -> bool {
    matches!(kind, KIND_TEXT | KIND_LOCKED)
}

/// Whether operations of this sort govern the room: of the first of its kind in a log on, the log is
/// kept whole.
pub(crate) fn is_governing_kind(kind: u8) -> bool {
    const GENESIS: u8 = 0;
    matches!(kind, GENESIS | KIND_INVITE | 6..=8 | 12 | 13)
}

/// [`OpBody::kind`] of a new name.
pub(crate) const KIND_PROFILE: u8 = 4;

/// The number of [`OpBody::Same`] in the encoding.
pub(crate) const KIND_SAME: u8 = 14;

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
