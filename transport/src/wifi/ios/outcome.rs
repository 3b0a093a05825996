//! What becomes of an attempt to join, by the system's numbers for errors (`NEHotspotConfigurationError`).

use super::super::port::WifiError;

const INVALID_PASSPHRASE: isize = 2;
const USER_DENIED: isize = 7;
const PENDING: isize = 9;
const ALREADY_ASSOCIATED: isize = 13;
const NOT_IN_FOREGROUND: isize = 14;
const USER_UNAUTHORIZED: isize = 16;
const SYSTEM_DENIED: isize = 17;

/// What an error with this number comes to; `words` are the system's own.
pub(super) fn outcome(number: isize, words: &str) -> Result<(), WifiError> {
    Err(match number {
        ALREADY_ASSOCIATED => return Ok(()),
        INVALID_PASSPHRASE => WifiError::Refused,
        USER_DENIED => WifiError::CalledOff,
        USER_UNAUTHORIZED | SYSTEM_DENIED => WifiError::Denied,
        PENDING => WifiError::Failed("another network is being joined, try again".to_owned()),
        NOT_IN_FOREGROUND => WifiError::Failed("open the app and try again".to_owned()),
        _ => WifiError::Failed(words.to_owned()),
    })
}

/// Whether this device is in the network of this name: the system says that a network was joined before it is, and
/// also if it never will be.
pub(super) fn is_in(current: Option<&str>, has_address: bool, ssid: &str) -> bool {
    has_address && current == Some(ssid)
}

#[cfg(test)]
mod tests {
    use super::{is_in, outcome};
    use crate::wifi::WifiError;

    #[test]
    fn error_of_the_system_tells_a_person_what_to_do() {
        assert_eq!(outcome(13, ""), Ok(()), "it is in it already");
        assert_eq!(outcome(2, "invalid"), Err(WifiError::Refused));
        assert_eq!(outcome(7, "denied"), Err(WifiError::CalledOff));
        assert_eq!(
            (outcome(16, ""), outcome(17, "")),
            (Err(WifiError::Denied), Err(WifiError::Denied))
        );
        let said = |number, words| outcome(number, words).expect_err("an error").to_string();
        assert_eq!(said(14, ""), "the system says: open the app and try again");
        assert_eq!(said(8, "internal error."), "the system says: internal error.");
        assert_eq!(said(-1, "anything"), "the system says: anything");
    }

    #[test]
    fn network_counts_as_joined_once_it_is_the_current_one_and_gave_an_address() {
        assert!(is_in(Some("Festival-ABCD"), true, "Festival-ABCD"));
        assert!(!is_in(Some("Festival-ABCD"), false, "Festival-ABCD"));
        assert!(!is_in(Some("Home"), true, "Festival-ABCD"));
        assert!(!is_in(None, true, "Festival-ABCD"));
    }
}
