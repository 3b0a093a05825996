//! What a QR or a link carries: enough to find a device and be let in, for those who have seen it.
//!
//! ```text
//!  0      1                17               33         36
//! +------+----------------+----------------+---------+------------------------------+
//! | v|fl | secret         | host           | expiry  | addresses: tag|len, bytes ...|
//! +------+----------------+----------------+---------+------------------------------+
//!  v: version 1 in the high 4 bits · fl: bit 0 = expiry is there
//!  host: first 16 bytes of a hash over the host's two keys · expiry: hours since 2020, LE
//! ```

use crate::{Addr, InviteId, MAX_ADDR_LEN, MAX_ADDRS, Timestamp, crypto};

/// What every invite begins with as text. Upper case, so that a QR stays in alphanumeric mode.
pub const INVITE_SCHEME: &str = "FESTIVAL:";

/// What invites begin with instead, if the program was built with it: a web page that tells people
/// without the app where to get it. Ends in `#`, so that the invite itself never reaches the web
/// server; for example `HTTPS://CHAT.EXAMPLE/#`.
const INVITE_URL: Option<&str> = option_env!("FESTIVAL_INVITE_URL");

/// The longest text taken for an invite: four times the longest one written.
const MAX_TEXT_LEN: usize = 1_200;

const VERSION: u8 = 1;
const HAS_EXPIRY: u8 = 0b0001;
/// 2020-01-01T00:00:00Z in hours since the Unix epoch.
const EPOCH_HOURS: u64 = 438_288;
const MILLIS_PER_HOUR: u64 = 3_600_000;

/// The right to join a room, and where to ask.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Invite {
    /// Known to those who have seen the invite and to the room's members.
    pub secret: [u8; 16],
    /// Whose screen showed it: a hash of that device's keys in the room.
    pub host: [u8; 16],
    /// When it stops working, if ever: a whole hour.
    pub expires_at: Option<Timestamp>,
    /// Where the host can be dialed, best first.
    pub addrs: Vec<Addr>,
}

/// Names the invite, hides the secret.
impl std::fmt::Debug for Invite {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Invite")
            .field("id", &self.id())
            .field("addrs", &self.addrs.len())
            .finish_non_exhaustive()
    }
}

impl Invite {
    /// What the invite is called in public.
    pub fn id(&self) -> InviteId {
        crypto::invite_id(&self.secret)
    }

    /// The bytes of the invite, without the scheme.
    pub fn encode(&self) -> Vec<u8> {
        let flags = if self.expires_at.is_some() { HAS_EXPIRY } else { 0 };
        let mut bytes = vec![VERSION << 4 | flags];
        bytes.extend(self.secret);
        bytes.extend(self.host);
        if let Some(Timestamp(millis)) = self.expires_at {
            let hours = (millis / MILLIS_PER_HOUR).saturating_sub(EPOCH_HOURS).min(0x00ff_ffff);
            bytes.extend(hours.to_le_bytes().iter().take(3));
        }
        for addr in self.addrs.iter().take(MAX_ADDRS) {
            let len = addr.bytes.len().min(MAX_ADDR_LEN);
            // Lengths from 15 up take a byte of their own.
            let low = u8::try_from(len.min(15)).unwrap_or(15);
            bytes.push(addr.tag << 4 | low);
            if low == 15 {
                bytes.push(u8::try_from(len).unwrap_or(u8::MAX));
            }
            bytes.extend(addr.bytes.iter().take(len));
        }
        bytes
    }

    /// The invite as text: the scheme, or the web page this program was built with, and upper-case
    /// base32 without padding.
    pub fn to_text(&self) -> String {
        self.to_text_after(INVITE_URL.unwrap_or(INVITE_SCHEME))
    }

    fn to_text_after(&self, beginning: &str) -> String {
        format!("{beginning}{}", data_encoding::BASE32_NOPAD.encode(&self.encode()))
    }

    /// Reads an invite from text: a scanned QR, a pasted or a clicked link. Case, blanks around it
    /// and slashes after the scheme do not matter.
    ///
    /// # Errors
    ///
    /// [`InviteError`] says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, InviteError> {
        Self::parse_after(text, INVITE_URL)
    }

    fn parse_after(text: &str, url: Option<&str>) -> Result<Self, InviteError> {
        let text = text.trim();
        if text.len() > MAX_TEXT_LEN {
            return Err(InviteError::NotAnInvite);
        }
        let upper = text.to_ascii_uppercase();
        let after_url = || upper.strip_prefix(&url?.to_ascii_uppercase());
        let body = upper.strip_prefix(INVITE_SCHEME).or_else(after_url);
        let body = body.ok_or(InviteError::NotAnInvite)?;
        let body = body.trim_matches('/');
        let bytes = data_encoding::BASE32_NOPAD
            .decode(body.as_bytes())
            .map_err(|_reason| InviteError::Damaged)?;
        Self::decode(&bytes)
    }

    /// Reads the bytes of an invite.
    ///
    /// # Errors
    ///
    /// [`InviteError::TooNew`] for another version, [`InviteError::Damaged`] for anything else.
    pub fn decode(bytes: &[u8]) -> Result<Self, InviteError> {
        let mut rest = Bytes(bytes);
        let first = rest.byte()?;
        if first >> 4 != VERSION {
            return Err(InviteError::TooNew);
        }
        let secret = rest.array()?;
        let host = rest.array()?;
        let expires_at = if first & HAS_EXPIRY != 0 {
            let [a, b, c] = rest.array()?;
            let hours = u64::from(u32::from_le_bytes([a, b, c, 0]));
            Some(Timestamp(hours.saturating_add(EPOCH_HOURS).saturating_mul(MILLIS_PER_HOUR)))
        } else {
            None
        };
        let mut addrs = Vec::new();
        while !rest.0.is_empty() {
            let head = rest.byte()?;
            let len = match head & 0x0f {
                15 => usize::from(rest.byte()?),
                short => usize::from(short),
            };
            if len > MAX_ADDR_LEN || addrs.len() == MAX_ADDRS {
                return Err(InviteError::Damaged);
            }
            let addr = Addr { tag: head >> 4, bytes: rest.take(len)?.to_vec() };
            if !addr.is_usable() {
                return Err(InviteError::Damaged);
            }
            addrs.push(addr);
        }
        Ok(Self { secret, host, expires_at, addrs })
    }
}

/// What is left to read.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, len: usize) -> Result<&'a [u8], InviteError> {
        let (head, rest) = self.0.split_at_checked(len).ok_or(InviteError::Damaged)?;
        self.0 = rest;
        Ok(head)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], InviteError> {
        let (head, rest) = self.0.split_first_chunk().ok_or(InviteError::Damaged)?;
        self.0 = rest;
        Ok(*head)
    }

    fn byte(&mut self) -> Result<u8, InviteError> {
        self.array::<1>().map(|[byte]| byte)
    }
}

/// Why a text is not a usable invite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InviteError {
    /// It is some other text.
    #[error("this is not a Festival Chat invite")]
    NotAnInvite,
    /// It begins like an invite, but does not go on like one.
    #[error("this invite is damaged or cut short; scan or copy it again")]
    Damaged,
    /// It has a version this program does not know.
    #[error("this invite comes from a newer version of the app; update to use it")]
    TooNew,
}

#[cfg(test)]
mod tests {
    use super::{Invite, InviteError};
    use crate::{Addr, Timestamp};

    fn invite() -> Invite {
        Invite {
            secret: [7; 16],
            host: [9; 16],
            expires_at: Some(Timestamp(1_795_000_000_000 / 3_600_000 * 3_600_000)),
            addrs: vec![Addr { tag: 1, bytes: vec![192, 168, 1, 20, 0x1f, 0x90] }],
        }
    }

    #[test]
    fn invite_with_one_ipv4_address_fits_in_47_bytes() {
        assert!(invite().encode().len() <= 47, "{} bytes", invite().encode().len());
    }

    #[test]
    fn text_of_an_invite_reads_back_as_the_same_invite_in_any_case() {
        let mut long = invite();
        long.addrs.push(Addr { tag: 2, bytes: vec![0xfd; 18] });
        for invite in [invite(), long, Invite { expires_at: None, addrs: vec![], ..invite() }] {
            let text = invite.to_text();

            assert_eq!(Invite::parse(&text), Ok(invite.clone()));
            assert_eq!(Invite::parse(&format!(" {}\n", text.to_lowercase())), Ok(invite.clone()));
            assert_eq!(Invite::parse(&text.replace(':', "://")), Ok(invite));
        }
    }

    #[test]
    fn program_built_with_a_web_page_writes_and_reads_its_links_and_the_plain_ones() {
        let page = "HTTPS://CHAT.EXAMPLE/#";
        let link = invite().to_text_after(page);

        assert!(link.starts_with(page));
        assert_eq!(Invite::parse_after(&link.to_lowercase(), Some(page)), Ok(invite()));
        assert_eq!(Invite::parse_after(&invite().to_text(), Some(page)), Ok(invite()));
        assert_eq!(Invite::parse_after(&link, None), Err(InviteError::NotAnInvite));
    }

    #[test]
    fn every_truncation_is_refused_or_a_whole_shorter_invite() {
        let bytes = invite().encode();
        for len in 0..bytes.len() {
            if let Ok(shorter) = Invite::decode(&bytes[..len]) {
                assert_eq!(shorter.encode(), bytes[..len]);
            }
        }
    }

    #[test]
    fn foreign_texts_are_told_apart_from_damaged_and_newer_invites() {
        assert_eq!(Invite::parse("https://example.org"), Err(InviteError::NotAnInvite));
        assert_eq!(Invite::parse("FESTIVAL:ME!"), Err(InviteError::Damaged));
        assert_eq!(Invite::parse("FESTIVAL:MFRGG"), Err(InviteError::TooNew));
    }
}
