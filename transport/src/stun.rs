//! A first look at a datagram from an unknown address: is it a dialer's STUN binding request?
//!
//! Only what is needed to decide whether the request deserves a connection; the ICE agent of that
//! connection reads the same datagram again, whole.

/// The value every STUN message carries in bytes 4 to 8 (RFC 8489, section 5).
const MAGIC_COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];

/// Message type of a binding request.
const BINDING_REQUEST: [u8; 2] = [0x00, 0x01];

/// Message type of its success response.
const BINDING_SUCCESS: [u8; 2] = [0x01, 0x01];

/// Bytes of a STUN message before its attributes.
const HEADER_LEN: usize = 20;

/// Bytes of an attribute before its value.
const ATTRIBUTE_HEADER_LEN: usize = 4;

/// Bytes of a MESSAGE-INTEGRITY value: HMAC-SHA1.
const INTEGRITY_LEN: usize = 20;

const USERNAME: u16 = 0x0006;
const MESSAGE_INTEGRITY: u16 = 0x0008;

/// The longest request looked at, in bytes: a binding request of ours takes about 150.
const MAX_REQUEST_LEN: usize = 548;

/// The shortest and longest user fragment ICE allows (RFC 8839, section 5.4).
const UFRAG_LEN: std::ops::RangeInclusive<usize> = 4..=256;

/// A well-formed, not yet verified request of a dialer to a listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BindingRequest<'a> {
    /// The user fragment of whoever is called: names the key the dialer claims to know.
    pub listener: &'a str,
    /// The user fragment of the caller.
    pub dialer: &'a str,
    /// HMAC-SHA1 over [`Self::signed`], keyed with the listener's password.
    pub integrity: &'a [u8; INTEGRITY_LEN],
    before_integrity: &'a [u8],
    signed_len: [u8; 2],
}

impl<'a> BindingRequest<'a> {
    /// The bytes the sender signed, in order: the datagram up to its MESSAGE-INTEGRITY, with the
    /// length field rewritten as if the message ended there.
    pub fn signed(&self) -> [&[u8]; 3] {
        let (kind, rest) = self.before_integrity.split_at_checked(2).unwrap_or_default();
        let (_len, rest) = rest.split_at_checked(2).unwrap_or_default();
        [kind, &self.signed_len, rest]
    }

    /// The USERNAME as sent: listener, colon, dialer.
    pub fn username(&self) -> String {
        format!("{}:{}", self.listener, self.dialer)
    }
}

/// Whether `datagram` could be a binding request at all: the cheapest test there is.
pub fn is_binding_request(datagram: &[u8]) -> bool {
    datagram.get(..2) == Some(&BINDING_REQUEST) && datagram.get(4..8) == Some(&MAGIC_COOKIE)
}

/// Whether `datagram` could be the answer to a binding request.
pub fn is_binding_response(datagram: &[u8]) -> bool {
    datagram.get(..2) == Some(&BINDING_SUCCESS) && datagram.get(4..8) == Some(&MAGIC_COOKIE)
}

/// Reads a dialer's first datagram; `None` if it is anything else or malformed.
pub fn inspect(datagram: &[u8]) -> Option<BindingRequest<'_>> {
    if datagram.len() > MAX_REQUEST_LEN || !is_binding_request(datagram) {
        return None;
    }
    let (header, mut attributes) = datagram.split_at_checked(HEADER_LEN)?;
    let declared = u16::from_be_bytes(*header.get(2..)?.first_chunk()?);
    if usize::from(declared) != attributes.len() {
        return None;
    }

    let mut username = None;
    loop {
        let offset = datagram.len().checked_sub(attributes.len())?;
        let (kind, value, rest) = next_attribute(attributes)?;
        match kind {
            USERNAME if username.is_none() => username = Some(split_username(value)?),
            MESSAGE_INTEGRITY => {
                let (listener, dialer) = username?;
                let end = offset
                    .checked_sub(HEADER_LEN)?
                    .checked_add(ATTRIBUTE_HEADER_LEN)?
                    .checked_add(INTEGRITY_LEN)?;
                return Some(BindingRequest {
                    listener,
                    dialer,
                    integrity: value.try_into().ok()?,
                    before_integrity: datagram.get(..offset)?,
                    signed_len: u16::try_from(end).ok()?.to_be_bytes(),
                });
            }
            _ => {}
        }
        attributes = rest;
    }
}

/// The first attribute's type and value, and what follows its padding.
fn next_attribute(attributes: &[u8]) -> Option<(u16, &[u8], &[u8])> {
    let (kind, rest) = attributes.split_first_chunk()?;
    let (len, rest) = rest.split_first_chunk()?;
    let len = usize::from(u16::from_be_bytes(*len));
    let (padded, rest) = rest.split_at_checked(len.checked_next_multiple_of(4)?)?;
    Some((u16::from_be_bytes(*kind), padded.get(..len)?, rest))
}

/// Listener's and dialer's user fragments, if both could be ones.
fn split_username(value: &[u8]) -> Option<(&str, &str)> {
    let (listener, dialer) = std::str::from_utf8(value).ok()?.split_once(':')?;
    (is_ufrag(listener) && is_ufrag(dialer)).then_some((listener, dialer))
}

/// ICE characters only: what passes may be written into a session description as it is.
fn is_ufrag(text: &str) -> bool {
    UFRAG_LEN.contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'+' || b == b'/')
}

#[cfg(test)]
mod tests {
    use super::{inspect, is_binding_request};

    /// A request for `username`, with an integrity value of sevens and a fingerprint.
    fn request(username: &str) -> Vec<u8> {
        let mut attributes = vec![0, 6];
        attributes.extend(u16::try_from(username.len()).expect("short").to_be_bytes());
        attributes.extend(username.bytes());
        attributes.resize(attributes.len().next_multiple_of(4), 0);
        attributes.extend([0, 8, 0, 20]);
        attributes.extend([7; 20]);
        attributes.extend([0x80, 0x28, 0, 4, 1, 2, 3, 4]);

        let mut datagram = vec![0, 1];
        datagram.extend(u16::try_from(attributes.len()).expect("short").to_be_bytes());
        datagram.extend([0x21, 0x12, 0xa4, 0x42]);
        datagram.extend([9; 12]);
        datagram.extend(attributes);
        datagram
    }

    #[test]
    fn request_names_listener_and_dialer() {
        let datagram = request("LISTENER:dialer+/1");

        let found = inspect(&datagram).expect("well-formed");

        assert_eq!(found.listener, "LISTENER");
        assert_eq!(found.dialer, "dialer+/1");
        assert_eq!(found.integrity, &[7; 20]);
        assert_eq!(found.username(), "LISTENER:dialer+/1");
    }

    #[test]
    fn signed_bytes_pretend_the_message_ends_with_its_integrity() {
        let datagram = request("LISTENER:dialer+/1");

        let signed = inspect(&datagram).expect("well-formed").signed().concat();

        let fingerprint_and_integrity = 8 + 24;
        assert_eq!(signed.len(), datagram.len() - fingerprint_and_integrity);
        assert_eq!(signed[..2], datagram[..2]);
        assert_eq!(
            usize::from(u16::from_be_bytes([signed[2], signed[3]])),
            datagram.len() - 20 - 8
        );
        assert_eq!(signed[4..], datagram[4..signed.len()]);
    }

    #[test]
    fn every_prefix_and_every_flipped_byte_is_survived() {
        let datagram = request("LISTENER:dialer");
        for len in 0..datagram.len() {
            assert_eq!(inspect(&datagram[..len]), None);
        }
        for at in 0..datagram.len() {
            let mut bent = datagram.clone();
            bent[at] ^= 0xff;
            if let Some(request) = inspect(&bent) {
                assert!(!request.signed().concat().is_empty());
            }
        }
    }

    #[test]
    fn characters_that_could_break_a_session_description_are_refused() {
        assert!(inspect(&request("LISTENER:dia\r\na=x")).is_none());
        assert!(inspect(&request("LISTENER:di:al")).is_none());
        assert!(inspect(&request("LIST:abc")).is_none());
        assert!(inspect(&request("LISTENERdialer")).is_none());
    }

    #[test]
    fn other_traffic_is_not_a_request() {
        assert!(!is_binding_request(&[]));
        assert!(!is_binding_request(&[22, 254, 253, 0, 0, 0, 0, 0, 0]));
        assert!(inspect(&[0; 64]).is_none());
    }
}
