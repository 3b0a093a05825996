//! Where a device may be dialed, as the engine sees it: not at all.

use serde::{Deserialize, Serialize};

/// The longest address, in bytes. The longest in use, IPv6 with port, has 18.
pub const MAX_ADDR_LEN: usize = 32;

/// The most addresses told of one device: a laptop's cable, Wi-Fi and tunnel, twice over.
pub const MAX_ADDRS: usize = 6;

/// An address as a transport issued it. The engine carries it and never looks inside.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Addr {
    /// Which form `bytes` has: the tag it travels under in an invite, 1 to 15.
    pub tag: u8,
    /// The address, at most [`MAX_ADDR_LEN`] bytes.
    pub bytes: Vec<u8>,
}

/// The tags that fit in an invite and mean something.
const TAGS: std::ops::RangeInclusive<u8> = 1..=15;

/// The tags of addresses that are not of the device but of relays where it can be met, and where
/// mailboxes are.
const RELAY_TAGS: std::ops::RangeInclusive<u8> = 3..=4;

/// The tag of the address, without bytes, that says only that a device can be heard by those near it.
pub const NEAR_TAG: u8 = 5;

/// Where whoever is near is dialed.
pub(crate) fn near() -> Addr {
    Addr { tag: NEAR_TAG, bytes: Vec::new() }
}

impl Addr {
    /// Whether it keeps the limits.
    pub(crate) fn is_usable(&self) -> bool {
        self.bytes.len() <= MAX_ADDR_LEN && TAGS.contains(&self.tag)
    }
}

/// Those of `addrs` that name relays.
pub(crate) fn relays(addrs: &[Addr]) -> Vec<Addr> {
    addrs.iter().filter(|addr| RELAY_TAGS.contains(&addr.tag)).cloned().collect()
}

/// Whether `addrs` keep the limits of addresses told of one device.
pub(crate) fn are_usable(addrs: &[Addr]) -> bool {
    addrs.len() <= MAX_ADDRS && addrs.iter().all(Addr::is_usable)
}

/// Those of `addrs` that may be told, best first.
pub(crate) fn usable(mut addrs: Vec<Addr>) -> Vec<Addr> {
    addrs.retain(Addr::is_usable);
    addrs.truncate(MAX_ADDRS);
    addrs
}
