//! Operations in brief: what a session knows already is left out on the way, and put back before
//! anything is checked. What is signed and stored stays as it is.

use std::collections::BTreeMap;

use crate::{
    PeerId, Store, StoreError,
    alias::{Alias, MAX_TAGS, Names, Tag},
    op::{self, Header, Op},
    room::Room,
};

/// Bit of the first byte of a brief operation; a whole one begins with its suite, which has it not.
const BRIEF: u8 = 0x80;

/// The bits of the first byte that hold the number of the epoch's tag,
const TAG_BITS: u8 = 0x0f;
/// and those above them, which say how the author is named.
const NAME_SHIFT: u32 = 4;
const NAME_BITS: u8 = 0x03;

/// An operation without what the session knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Brief<'a> {
    author: Alias,
    seq: u64,
    tag: ShortTag,
    hlc: [u8; 6],
    /// What is sealed, and the signature.
    rest: &'a [u8],
}

/// An epoch's number and tag, or the number the pair has in this session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ShortTag {
    Number(u8),
    Whole(Tag),
}

impl<'a> Brief<'a> {
    /// Takes bytes apart; `None` if they are not just one brief operation.
    pub(crate) fn decode(bytes: &'a [u8]) -> Option<Self> {
        let (first, mut rest) = bytes.split_first()?;
        let number = first & TAG_BITS;
        let author = match first.checked_sub(BRIEF)? >> NAME_SHIFT {
            0 => Alias::Key(PeerId::from_bytes(op::take(&mut rest)?)),
            1 => Alias::Number(op::take_varint(&mut rest)?.try_into().ok()?),
            2 => Alias::Rank(op::take_varint(&mut rest)?.try_into().ok()?),
            _ => return None,
        };
        let seq = op::take_varint(&mut rest)?;
        let tag = if usize::from(number) < MAX_TAGS {
            ShortTag::Number(number)
        } else {
            let epoch = op::take_varint(&mut rest)?.try_into().ok()?;
            ShortTag::Whole((epoch, op::take(&mut rest)?))
        };
        let hlc = op::take(&mut rest)?;
        Some(Self { author, seq, tag, hlc, rest })
    }

    /// What [`decode`](Self::decode) reads.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let (name, number) = match (self.author, self.tag) {
            (Alias::Key(_), tag) => (0, tag),
            (Alias::Number(_), tag) => (1, tag),
            (Alias::Rank(_), tag) => (2, tag),
        };
        let number = match number {
            ShortTag::Number(number) => number & TAG_BITS,
            ShortTag::Whole(_) => TAG_BITS,
        };
        let mut bytes = vec![BRIEF | ((name & NAME_BITS) << NAME_SHIFT) | number];
        match self.author {
            Alias::Key(key) => bytes.extend(key.as_bytes()),
            Alias::Number(number) => op::put_varint(&mut bytes, u64::from(number)),
            Alias::Rank(rank) => op::put_varint(&mut bytes, u64::from(rank)),
        }
        op::put_varint(&mut bytes, self.seq);
        if let ShortTag::Whole((epoch, tag)) = self.tag {
            op::put_varint(&mut bytes, u64::from(epoch));
            bytes.extend(tag);
        }
        bytes.extend(self.hlc);
        bytes.extend(self.rest);
        bytes
    }
}

/// An operation's bytes as its author wrote them, as far as that can be told.
#[derive(Debug)]
pub(crate) struct Carried {
    pub(crate) bytes: Vec<u8>,
    /// Whether something was put back that could be wrong: if the signature does not hold, that is
    /// not yet the fault of whoever sent it.
    pub(crate) is_brief: bool,
}

/// An operation of ours in brief, for a peer that will hold what comes before it.
pub(crate) fn shorten(room: &Room, names: &mut Names, bytes: Vec<u8>) -> Vec<u8> {
    let mut rest = bytes.as_slice();
    let Some(header) = Header::decode(&mut rest) else { return bytes };
    let tag = (header.epoch, header.room_tag);
    let [a, b, c, d, e, f, ..] = header.hlc.to_le_bytes();
    let brief = Brief {
        author: names.say(room, header.author),
        seq: header.seq,
        tag: names.say_tag(tag).map_or(ShortTag::Whole(tag), ShortTag::Number),
        hlc: [a, b, c, d, e, f],
        rest,
    };
    brief.encode()
}

/// Puts back what was left out of a packet's operations; `None` if a name in it was never given.
pub(crate) fn expand(
    ops: &[Vec<u8>],
    names: &mut Names,
    room: &Room,
    store: &impl Store,
) -> Result<Option<Vec<Carried>>, StoreError> {
    let mut carried = Vec::with_capacity(ops.len());
    // The last operation of each author so far, and where it stands.
    let mut last = BTreeMap::new();
    for bytes in ops {
        if bytes.first().is_none_or(|first| *first < BRIEF) {
            if let Some(header) = Header::decode(&mut bytes.as_slice()) {
                last.insert(header.author, (header.seq, carried.len()));
            }
            carried.push(Carried { bytes: bytes.clone(), is_brief: false });
            continue;
        }
        let Some(brief) = Brief::decode(bytes) else { return Ok(None) };
        let Some(author) = names.hear(room, brief.author) else { return Ok(None) };
        let tag = match brief.tag {
            ShortTag::Number(number) => names.tag(number),
            ShortTag::Whole(tag) => {
                names.hear_tag(tag);
                Some(tag)
            }
        };
        let Some((epoch, room_tag)) = tag else { return Ok(None) };
        let before = last.get(&author).filter(|(seq, _)| seq.checked_add(1) == Some(brief.seq));
        let before = before.and_then(|(_, at)| carried.get(*at)).map(|op: &Carried| &op.bytes);
        let prev = match before.and_then(|bytes| Op::decode(bytes)) {
            Some(before) => before.id,
            None => prev_of(author, brief.seq, room, store)?,
        };
        let [a, b, c, d, e, f] = brief.hlc;
        let hlc = u64::from_le_bytes([a, b, c, d, e, f, 0, 0]);
        let header = Header { room_tag, author, seq: brief.seq, prev, epoch, hlc };
        last.insert(author, (brief.seq, carried.len()));
        let bytes = [header.encode().as_slice(), brief.rest].concat();
        carried.push(Carried { bytes, is_brief: true });
    }
    Ok(Some(carried))
}

/// What an operation at `seq` of a log names as its previous one, if it is to extend the log, or to
/// be the one held there; anything for others, which are not looked at.
fn prev_of(
    author: PeerId,
    seq: u64,
    room: &Room,
    store: &impl Store,
) -> Result<[u8; 16], StoreError> {
    let Some(index) = room.index_of(author) else { return Ok([0; 16]) };
    let head = room.head(index);
    if head.height.checked_add(1) == Some(seq) {
        return Ok(head.id);
    }
    if seq == 0 || seq > head.height || (seq < head.height && !room.suspects.contains(&author)) {
        return Ok([0; 16]);
    }
    let held = store.ops_after(room.id(), index, seq.saturating_sub(1), 1, usize::MAX)?;
    let held = held.first().and_then(|bytes| Op::decode(bytes));
    let held = held.filter(|op| op.header.seq == seq);
    Ok(held.map_or([0; 16], |op| op.header.prev))
}
