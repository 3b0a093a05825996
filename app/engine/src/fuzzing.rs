//! Decoders of peers' bytes, for the fuzz targets and for nobody else.

use crate::{op::Op, wire::Packet};

/// Whether `bytes` are a packet; if so, it must read back from what it is written as.
///
/// # Panics
///
/// If the packet does not survive being written and read.
pub fn is_packet(bytes: &[u8]) -> bool {
    let Some(packet) = Packet::decode(bytes) else { return false };
    assert_eq!(Packet::decode(&packet.encode()).as_ref(), Some(&packet));
    true
}

/// Whether `bytes` are an operation with a valid signature.
pub fn is_signed_op(bytes: &[u8]) -> bool {
    Op::decode(bytes).is_some_and(|op| op.is_signed())
}
