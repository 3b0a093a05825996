//! What one GATT value holds, or one packet of an L2CAP channel.
//!
//! ```text
//! 0        2              3
//! +--------+--------------+------------------------------------------
//! | tag  2 | kind|channel | ...
//! +--------+--------------+------------------------------------------
//!  kind 1  open    version 1 | proof 16        kind 2  accept   -
//!  kind 3  data    ack u32 | place u32 | gaps u8 | each: missing u16, arrived u16
//!                  | at least one byte of the stream
//!  kind 4  ack     ack u32 | gaps, to the end
//!  kind 5  close   -
//! ```
//!
//! Integers are little-endian. The tag is drawn by the central for each connection: what a server
//! notifies reaches all its centrals, and only one is meant.

use super::pipe::Gap;

/// The longest GATT value: `BlueZ` 5.66 drops longer ones without a word.
pub const MAX_VALUE_LEN: usize = 509;

/// The longest packet: on an L2CAP channel, twice as long, so that several are on their way and none
/// holds up what is urgent.
pub const MAX_PACKET_LEN: usize = 2 * MAX_VALUE_LEN;

/// The longest value before a larger MTU was agreed.
pub const MIN_PACKET_LEN: usize = 20;

/// What precedes the stream's bytes in a packet.
pub(super) const DATA_HEADER_LEN: usize = 12;

/// What precedes the gaps in an acknowledgment, and what each takes.
const ACK_HEADER_LEN: usize = 7;
pub(super) const GAP_LEN: usize = 4;

/// Gaps in one acknowledgment at most: more than are seen with one packet of five lost.
const MAX_GAPS: usize = 16;

/// The channels of one connection.
pub(super) const CHANNELS: u8 = 16;

const VERSION: u8 = 1;

/// How many gaps fit beside a piece, of which they take no more than half the room.
pub(super) fn max_gaps_beside(len: usize) -> usize {
    (len.saturating_sub(DATA_HEADER_LEN) / 2 / GAP_LEN).min(MAX_GAPS)
}

/// How many gaps fit an acknowledgment of this length.
pub(super) fn max_gaps(len: usize) -> usize {
    (len.saturating_sub(ACK_HEADER_LEN) / GAP_LEN).min(MAX_GAPS)
}

/// A proof of knowing a dial key.
pub(super) type Proof = [u8; 16];

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Packet {
    pub(super) tag: u16,
    pub(super) channel: u8,
    pub(super) body: Body,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Body {
    /// Asks for a link.
    Open(Proof),
    /// Gives it.
    Accept,
    /// A piece of the stream, and what an acknowledgment says.
    Data { ack: u32, place: u32, gaps: Vec<Gap>, bytes: Vec<u8> },
    /// Up to where the other stream has arrived, and what arrived beyond.
    Ack { ack: u32, gaps: Vec<Gap> },
    /// The link is over, or never was.
    Close,
}

impl Packet {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = self.tag.to_le_bytes().to_vec();
        let mut begin = |kind: u8| out.push(kind << 4 | (self.channel & 0xf));
        match &self.body {
            Body::Open(proof) => {
                begin(1);
                out.push(VERSION);
                out.extend(proof);
            }
            Body::Accept => begin(2),
            Body::Data { ack, place, gaps, bytes } => {
                begin(3);
                out.extend(ack.to_le_bytes());
                out.extend(place.to_le_bytes());
                // There are never more than fit.
                out.push(u8::try_from(gaps.len()).unwrap_or_default());
                put_gaps(&mut out, gaps);
                out.extend(bytes);
            }
            Body::Ack { ack, gaps } => {
                begin(4);
                out.extend(ack.to_le_bytes());
                put_gaps(&mut out, gaps);
            }
            Body::Close => begin(5),
        }
        out
    }

    /// `None` for anything that is no packet of this version.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        // A radio that claims more than any radio can carry is not believed.
        if bytes.len() > MAX_PACKET_LEN {
            return None;
        }
        let (tag, rest) = bytes.split_first_chunk()?;
        let (&head, rest) = rest.split_first()?;
        let body = match head >> 4 {
            1 => {
                let (&VERSION, proof) = rest.split_first()? else { return None };
                Body::Open(proof.try_into().ok()?)
            }
            2 if rest.is_empty() => Body::Accept,
            3 => {
                let (ack, rest) = rest.split_first_chunk()?;
                let (place, rest) = rest.split_first_chunk()?;
                let (&count, rest) = rest.split_first()?;
                let len = usize::from(count).checked_mul(GAP_LEN)?;
                let (gaps, bytes) = rest.split_at_checked(len)?;
                if bytes.is_empty() {
                    return None;
                }
                Body::Data {
                    ack: u32::from_le_bytes(*ack),
                    place: u32::from_le_bytes(*place),
                    gaps: read_gaps(gaps)?,
                    bytes: bytes.to_vec(),
                }
            }
            4 => {
                let (ack, rest) = rest.split_first_chunk()?;
                Body::Ack { ack: u32::from_le_bytes(*ack), gaps: read_gaps(rest)? }
            }
            5 if rest.is_empty() => Body::Close,
            _ => return None,
        };
        Some(Self { tag: u16::from_le_bytes(*tag), channel: head & 0xf, body })
    }
}

fn put_gaps(out: &mut Vec<u8>, gaps: &[Gap]) {
    for gap in gaps {
        out.extend(gap.missing.to_le_bytes());
        out.extend(gap.arrived.to_le_bytes());
    }
}

fn read_gaps(bytes: &[u8]) -> Option<Vec<Gap>> {
    let (gaps, []) = bytes.as_chunks::<GAP_LEN>() else { return None };
    let gap = |&[a, b, c, d]: &[u8; GAP_LEN]| Gap {
        missing: u16::from_le_bytes([a, b]),
        arrived: u16::from_le_bytes([c, d]),
    };
    (gaps.len() <= MAX_GAPS).then(|| gaps.iter().map(gap).collect())
}

#[cfg(test)]
mod tests {
    use super::{
        Body, DATA_HEADER_LEN, GAP_LEN, Gap, MAX_GAPS, MAX_PACKET_LEN, MIN_PACKET_LEN, Packet,
        max_gaps,
    };

    fn packets() -> [Packet; 5] {
        let data = Body::Data {
            ack: 7,
            place: u32::MAX,
            gaps: vec![Gap { missing: 1, arrived: 2 }],
            bytes: vec![1, 2, 3],
        };
        let gaps = vec![Gap { missing: 9, arrived: u16::MAX }; max_gaps(MIN_PACKET_LEN)];
        let ack = Body::Ack { ack: 5, gaps };
        [Body::Open([9; 16]), Body::Accept, data, ack, Body::Close].map(|body| Packet {
            tag: 0xbeef,
            channel: 15,
            body,
        })
    }

    #[test]
    fn every_packet_is_read_as_it_was_written() {
        for packet in packets() {
            assert_eq!(Packet::decode(&packet.encode()), Some(packet));
        }
    }

    #[test]
    fn every_packet_fits_the_smallest_radio() {
        for packet in packets() {
            assert!(packet.encode().len() <= MIN_PACKET_LEN, "{packet:?}");
        }
        const { assert!(DATA_HEADER_LEN < MIN_PACKET_LEN) };
    }

    #[test]
    fn packet_cut_short_is_none_or_says_less() {
        for packet in packets() {
            let bytes = packet.encode();
            for len in 0..bytes.len() {
                let cut = Packet::decode(&bytes[..len]);
                assert!(
                    cut.is_none_or(|cut| matches!(cut.body, Body::Data { .. } | Body::Ack { .. })),
                    "{packet:?} cut to {len}"
                );
            }
        }
        assert_eq!(Packet::decode(&[0x30; MAX_PACKET_LEN + 1]), None);
        assert_eq!(Packet::decode(&[0x40; 7 + GAP_LEN * (MAX_GAPS + 1)]), None);
    }
}
