//! How a token is shown where a system lets no program advertise service data, Apple's: as a service that is listed, whose
//! UUID carries it.

use super::token::Token;

/// The first half of such a UUID; the second is the token.
pub const LISTED_PREFIX: u64 = 0xfe57_0005_6368_4174;

/// The UUID that shows this token.
pub fn listed_uuid(token: Token) -> u128 {
    (u128::from(LISTED_PREFIX) << 64) | u128::from(u64::from_be_bytes(token))
}

/// The token that this UUID shows, if it is one that does.
pub fn listed_token(uuid: u128) -> Option<Token> {
    let [prefix, token] = [uuid >> 64, uuid].map(|half| half & u128::from(u64::MAX));
    let is_ours = prefix == u128::from(LISTED_PREFIX);
    u64::try_from(token).ok().filter(|_| is_ours).map(u64::to_be_bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{super::radio, listed_token, listed_uuid};

    #[test]
    fn uuid_is_written_with_the_token_at_its_end() {
        let uuid = listed_uuid([1, 2, 3, 4, 5, 6, 7, 0xff]);

        assert_eq!(uuid, 0xfe57_0005_6368_4174_0102_0304_0506_07ff);
    }

    #[test]
    fn service_and_its_characteristics_show_no_token() {
        for uuid in [radio::SERVICE, radio::TO_PERIPHERAL, radio::TO_CENTRAL, radio::PSM, 0x180a] {
            assert_eq!(listed_token(uuid), None, "{uuid:x}");
        }
    }

    proptest! {
        #[test]
        fn token_is_read_back_from_its_uuid(token: [u8; 8]) {
            prop_assert_eq!(listed_token(listed_uuid(token)), Some(token));
        }

        #[test]
        fn uuid_that_shows_a_token_is_the_one_that_this_token_is_shown_by(uuid: u128) {
            if let Some(token) = listed_token(uuid) {
                prop_assert_eq!(listed_uuid(token), uuid);
            }
        }
    }
}
