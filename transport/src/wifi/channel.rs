//! The channels on which groups are made.

use rand_core::{OsRng, RngCore as _};

/// Channels of 2.4 GHz that do not disturb each other, and are allowed everywhere.
const CHANNELS: [u32; 3] = [6, 1, 11];

/// The channels to try, beginning with any of them.
pub(super) fn by_chance() -> impl Iterator<Item = u32> {
    let chance = usize::try_from(OsRng.next_u32()).unwrap_or_default();
    let first = chance.checked_rem(CHANNELS.len()).unwrap_or_default();
    CHANNELS.into_iter().cycle().skip(first).take(CHANNELS.len())
}

/// The middle of a channel of 2.4 GHz, in MHz.
pub(super) fn frequency(channel: u32) -> u32 {
    channel.saturating_mul(5).saturating_add(2_407)
}

#[cfg(test)]
mod tests {
    use super::{by_chance, frequency};

    #[test]
    fn each_channel_is_tried_once_and_is_where_the_standard_has_it() {
        let mut tried: Vec<_> = by_chance().map(frequency).collect();
        tried.sort_unstable();

        assert_eq!(tried, [2_412, 2_437, 2_462]);
    }
}
