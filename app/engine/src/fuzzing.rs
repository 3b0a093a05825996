//! Decoders of peers' bytes, for the fuzz targets and for nobody else.

use crate::{
    body::OpBody,
    brief::Brief,
    courier::{Bundle, Talk},
    mailbox::{
        Greeting,
        pack::{self, Letter, Parcel},
    },
    op::Op,
    wire::Packet,
};

/// Whether `bytes` are a packet; if so, it must read back from what it is written as.
///
/// # Panics
///
/// If the packet does not survive being written and read.
pub fn is_packet(bytes: &[u8]) -> bool {
    let Some(packet) = Packet::decode(bytes) else { return false };
    if let Packet::Ops(ops) = &packet {
        for op in ops {
            assert!(Brief::decode(op).is_none_or(|brief| brief.encode() == *op));
        }
    }
    assert_eq!(Packet::decode(&packet.encode()).as_ref(), Some(&packet));
    true
}

/// Whether `bytes` are what strangers say to each other; if so, it must read back from what it is
/// written as.
///
/// # Panics
///
/// If it does not survive being written and read.
pub fn is_talk(bytes: &[u8]) -> bool {
    let Some(talk) = Talk::decode(bytes) else { return false };
    assert_eq!(Talk::decode(&talk.encode()).as_ref(), Some(&talk));
    true
}

/// Whether `bytes` are a letter such as is sealed into packs; if so, it must read back from what it
/// is written as.
///
/// # Panics
///
/// If the letter does not survive being written and read.
pub fn is_letter(bytes: &[u8]) -> bool {
    survives::<Parcel>(bytes) | survives::<Greeting>(bytes) | survives::<Bundle>(bytes)
}

fn survives<L: Letter + PartialEq + std::fmt::Debug>(bytes: &[u8]) -> bool {
    let Some(letter) = pack::decode::<L>(bytes) else { return false };
    let written = postcard::to_stdvec(&letter).expect("letters hold no unserializable value");
    assert_eq!(pack::decode::<L>(&written).as_ref(), Some(&letter));
    true
}

/// Whether `bytes` are an operation with a valid signature.
pub fn is_signed_op(bytes: &[u8]) -> bool {
    Op::decode(bytes).is_some_and(|op| op.is_signed())
}

/// Whether `bytes` are what an operation says; if so, it must read back from what it is written as.
///
/// # Panics
///
/// If the body does not survive being written and read.
pub fn is_body(bytes: &[u8]) -> bool {
    let Some(body) = OpBody::decode(bytes.to_vec()) else { return false };
    assert_eq!(OpBody::decode(body.encode()).as_ref(), Some(&body));
    true
}
