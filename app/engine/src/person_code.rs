//! What a QR carries by which a member shows who they are: read from their own screen, it proves
//! which of a room's members they are.
//!
//! ```text
//!  0   1                17               33
//! +---+----------------+----------------+
//! | v | room           | host           |
//! +---+----------------+----------------+
//!  v: version 1 in the high 4 bits, others 0
//!  host: first 16 bytes of a hash over the member's two keys, as in an invite
//! ```
//!
//! It is no secret and lets nobody in: whoever sees it learns that a room of this id has a member of
//! these keys.

use crate::RoomId;

/// What every such code begins with as text. Upper case, so that a QR stays in alphanumeric mode;
/// and not what invites begin with, so that neither is taken for the other.
pub const PERSON_SCHEME: &str = "FESTIVALME:";

/// The longest text taken for a code: that of one, and blanks around it.
const MAX_TEXT_LEN: usize = 200;

const VERSION: u8 = 1;

/// Who a member is, as their own screen shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PersonCode {
    /// In which room.
    pub room: RoomId,
    /// A hash of their keys there.
    pub host: [u8; 16],
}

impl PersonCode {
    /// The bytes of the code, without the scheme.
    pub fn encode(&self) -> Vec<u8> {
        [&[VERSION << 4][..], self.room.as_bytes(), &self.host].concat()
    }

    /// The code as text: the scheme, and upper-case base32 without padding.
    pub fn to_text(&self) -> String {
        format!("{PERSON_SCHEME}{}", data_encoding::BASE32_NOPAD.encode(&self.encode()))
    }

    /// Reads a code from text: a scanned QR, or one that was pasted. Case, blanks around it and
    /// slashes after the scheme do not matter.
    ///
    /// # Errors
    ///
    /// [`PersonCodeError`] says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, PersonCodeError> {
        let text = text.trim();
        if text.len() > MAX_TEXT_LEN {
            return Err(PersonCodeError::NotAPerson);
        }
        let upper = text.to_ascii_uppercase();
        let body = upper.strip_prefix(PERSON_SCHEME).ok_or(PersonCodeError::NotAPerson)?;
        let bytes = data_encoding::BASE32_NOPAD
            .decode(body.trim_matches('/').as_bytes())
            .map_err(|_reason| PersonCodeError::Damaged)?;
        Self::decode(&bytes)
    }

    /// Reads the bytes of a code.
    ///
    /// # Errors
    ///
    /// [`PersonCodeError::TooNew`] for another version, [`PersonCodeError::Damaged`] for anything
    /// else.
    pub fn decode(bytes: &[u8]) -> Result<Self, PersonCodeError> {
        let (first, rest) = bytes.split_first().ok_or(PersonCodeError::Damaged)?;
        if first >> 4 != VERSION {
            return Err(PersonCodeError::TooNew);
        }
        let (room, rest) = rest.split_first_chunk().ok_or(PersonCodeError::Damaged)?;
        let host = rest.try_into().map_err(|_longer| PersonCodeError::Damaged)?;
        if *first != VERSION << 4 {
            return Err(PersonCodeError::Damaged);
        }
        Ok(Self { room: RoomId::from_bytes(*room), host })
    }
}

/// Why a text is not the code of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PersonCodeError {
    /// It is some other text.
    #[error("this is not the code of a person")]
    NotAPerson,
    /// It begins like one, but does not go on like one.
    #[error("this code is damaged or cut short; scan it again")]
    Damaged,
    /// It has a version this program does not know.
    #[error("this code comes from a newer version of the app; update to use it")]
    TooNew,
}

#[cfg(test)]
mod tests {
    use super::{PersonCode, PersonCodeError};
    use crate::{Invite, InviteError, RoomId};

    fn code() -> PersonCode {
        PersonCode { room: RoomId::from_bytes([7; 16]), host: [9; 16] }
    }

    #[test]
    fn code_reads_back_in_any_case() {
        let text = code().to_text();

        assert_eq!(PersonCode::parse(&text), Ok(code()));
        assert_eq!(PersonCode::parse(&format!(" {}\n", text.to_lowercase())), Ok(code()));
        assert_eq!(PersonCode::parse(&text.replace(':', "://")), Ok(code()));
    }

    #[test]
    fn codes_and_invites_are_never_taken_for_each_other() {
        let invite = Invite { secret: [1; 16], host: [2; 16], expires_at: None, addrs: vec![] };

        assert_eq!(Invite::parse(&code().to_text()), Err(InviteError::NotAnInvite));
        assert_eq!(PersonCode::parse(&invite.to_text()), Err(PersonCodeError::NotAPerson));
    }

    #[test]
    fn what_is_shorter_longer_or_newer_is_refused() {
        let bytes = code().encode();

        for len in 0..bytes.len() {
            assert_eq!(PersonCode::decode(&bytes[..len]), Err(PersonCodeError::Damaged), "{len}");
        }
        let longer = [&bytes[..], &[0]].concat();
        assert_eq!(PersonCode::decode(&longer), Err(PersonCodeError::Damaged));
        let newer = [&[0x20], &bytes[1..]].concat();
        assert_eq!(PersonCode::decode(&newer), Err(PersonCodeError::TooNew));
        let flagged = [&[0x11], &bytes[1..]].concat();
        assert_eq!(PersonCode::decode(&flagged), Err(PersonCodeError::Damaged));
        let long = format!("{}{}", code().to_text(), "A".repeat(400));
        assert_eq!(PersonCode::parse(&long), Err(PersonCodeError::NotAPerson));
    }
}
