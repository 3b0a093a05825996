//! Hybrid logical clock: time for display order that never runs backwards.
//!
//! A value has 48 bits: milliseconds since 2020 in the upper 44, a counter in the lower 4 that
//! overflows into the milliseconds.

use std::time::Duration;

use crate::{PeerId, Timestamp};

/// 2020-01-01T00:00:00Z in milliseconds since the Unix epoch.
const EPOCH_MILLIS: u64 = 1_577_836_800_000;

/// How far ahead of this device's clock another's may be before it is held back in the order
/// shown: more than honest phones differ, less than would let a message stay on top for hours.
const MAX_AHEAD: Duration = Duration::from_secs(5 * 60);

/// The largest value that fits in 48 bits.
pub(crate) const MAX_HLC: u64 = (1 << 48) - 1;

/// The clock's value at a wall-clock time, with the counter at zero.
pub(crate) fn from_wall(wall: Timestamp) -> u64 {
    wall.0.saturating_sub(EPOCH_MILLIS).saturating_mul(16).min(MAX_HLC)
}

/// The wall-clock time in a value.
pub(crate) fn to_wall(hlc: u64) -> Timestamp {
    Timestamp((hlc >> 4).saturating_add(EPOCH_MILLIS))
}

/// The latest value taken at face value at `wall`.
pub(crate) fn latest_at(wall: Timestamp) -> u64 {
    let ahead = u64::try_from(MAX_AHEAD.as_millis()).unwrap_or(u64::MAX);
    from_wall(Timestamp(wall.0.saturating_add(ahead)))
}

/// What a room is sorted by: the clock, then 16 bits of the author's key.
pub(crate) fn order(hlc: u64, author: PeerId) -> u64 {
    let [high, low, ..] = *author.as_bytes();
    hlc.min(MAX_HLC) << 16 | u64::from(high) << 8 | u64::from(low)
}

/// The first place in the order at a clock's value.
pub(crate) fn order_at(hlc: u64) -> u64 {
    hlc.min(MAX_HLC) << 16
}

/// The clock in what [`order`] made.
pub(crate) fn of_order(order: u64) -> u64 {
    order >> 16
}
