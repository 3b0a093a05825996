//! What a device says of itself so that another can connect to it.

use std::{fmt, net::SocketAddr};

use crate::{Addr, AddrKind, nat::NatKind};

/// The first byte: which form the rest has.
const VERSION: u8 = 1;

/// Bytes of a description, padding included: together with its seal, 512.
pub(super) const ENCODED_LEN: usize = 472;

/// The most candidates of one description.
pub const MAX_CANDIDATES: usize = 16;

/// Lengths of ICE's two secrets: its own least, and enough for anybody's.
const UFRAG_LEN: std::ops::RangeInclusive<usize> = 4..=64;
const PWD_LEN: std::ops::RangeInclusive<usize> = 22..=64;

/// Bits of the second byte.
const ANSWER: u8 = 1;
const MORE: u8 = 1 << 1;
const RELAYED: u8 = 1 << 2;
const SETUP_SHIFT: u32 = 3;
const NAT_SHIFT: u32 = 5;
const TWO_BITS: u8 = 0b11;

/// Beside its kind, what the first byte of a candidate says.
const IPV6: u8 = 1 << 4;

/// What one end must know of the other to connect.
#[derive(Clone, PartialEq, Eq)]
pub struct Description {
    /// Which attempt this belongs to; the caller chose it.
    pub session: [u8; 16],
    /// Who speaks.
    pub side: Side,
    /// Whether something came before.
    pub part: Part,
    /// Whether the speaker has only relayed candidates, or wants no others.
    pub relayed: bool,
    /// What stands between the speaker and the internet.
    pub nat: NatKind,
    /// Who starts the DTLS handshake.
    pub setup: Setup,
    /// ICE's name for the speaker.
    pub ufrag: String,
    /// ICE's password.
    pub pwd: String,
    /// SHA-256 of the speaker's DTLS certificate.
    pub fingerprint: [u8; 32],
    /// Where the speaker may be reached, best first.
    pub candidates: Vec<Candidate>,
}

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The caller.
    Offer,
    /// The called.
    Answer,
}

/// Candidates come as they are found: in two parts at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// What is known at once.
    First,
    /// Further candidates; the rest is as before.
    More,
}

/// Who starts the DTLS handshake (`a=setup`, RFC 8842).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setup {
    /// The other end decides.
    ActPass,
    /// The speaker.
    Active,
    /// The other end.
    Passive,
}

/// Where a device may be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Candidate {
    /// Whose address it is.
    pub kind: CandidateKind,
    /// The UDP address; the TCP address if it is for streams.
    pub addr: SocketAddr,
}

/// Whose address a candidate is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CandidateKind {
    /// The device's own.
    Host,
    /// Its NAT's.
    Reflexive,
    /// A TURN server's.
    Relayed,
    /// For streams instead of datagrams: a TURN server's that the other end may connect to over
    /// TCP, or from which it will itself, or the device's own, with port 9 (as in RFC 6544), from
    /// where it will or, in an offer, would.
    Stream,
}

impl Description {
    /// The bytes to seal, always as many; `time` is in seconds since 1970. Candidates that do not
    /// fit are left out. `None` if ICE would not take the name or the password.
    pub fn encode(&self, time: u64) -> Option<Vec<u8>> {
        if !is_ice_text(&self.ufrag, &UFRAG_LEN) || !is_ice_text(&self.pwd, &PWD_LEN) {
            return None;
        }
        let mut bytes = Vec::with_capacity(ENCODED_LEN);
        bytes.push(VERSION);
        bytes.push(self.flags());
        bytes.extend_from_slice(&self.session);
        bytes.extend_from_slice(&time.to_be_bytes());
        bytes.extend_from_slice(&self.fingerprint);
        for text in [&self.ufrag, &self.pwd] {
            bytes.push(u8::try_from(text.len()).ok()?);
            bytes.extend_from_slice(text.as_bytes());
        }
        let mut room = ENCODED_LEN.checked_sub(bytes.len())?.checked_sub(1)?;
        let mut encoded = Vec::new();
        for candidate in self.candidates.iter().filter_map(Candidate::encode).take(MAX_CANDIDATES) {
            let Some(left) = room.checked_sub(candidate.len()) else { break };
            room = left;
            encoded.push(candidate);
        }
        bytes.push(u8::try_from(encoded.len()).ok()?);
        bytes.extend(encoded.into_iter().flatten());
        bytes.resize(ENCODED_LEN, 0);
        Some(bytes)
    }

    /// Reads what was sealed, and when.
    pub fn decode(bytes: &[u8]) -> Option<(u64, Self)> {
        if bytes.len() != ENCODED_LEN {
            return None;
        }
        let mut rest = bytes;
        if take::<1>(&mut rest)? != [VERSION] {
            return None;
        }
        let [flags] = take::<1>(&mut rest)?;
        let session = take(&mut rest)?;
        let time = u64::from_be_bytes(take(&mut rest)?);
        let fingerprint = take(&mut rest)?;
        let ufrag = take_text(&mut rest, &UFRAG_LEN)?;
        let pwd = take_text(&mut rest, &PWD_LEN)?;
        let [count] = take::<1>(&mut rest)?;
        let count = usize::from(count);
        if count > MAX_CANDIDATES {
            return None;
        }
        let candidates =
            (0..count).map(|_| Candidate::decode(&mut rest)).collect::<Option<Vec<_>>>()?;
        if rest.iter().any(|byte| *byte != 0) {
            return None;
        }
        let description = Self {
            session,
            side: if flags & ANSWER == 0 { Side::Offer } else { Side::Answer },
            part: if flags & MORE == 0 { Part::First } else { Part::More },
            relayed: flags & RELAYED != 0,
            nat: nat_kind(flags >> NAT_SHIFT)?,
            setup: match (flags >> SETUP_SHIFT) & TWO_BITS {
                0 => Setup::ActPass,
                1 => Setup::Active,
                2 => Setup::Passive,
                _ => return None,
            },
            ufrag,
            pwd,
            fingerprint,
            candidates,
        };
        Some((time, description))
    }

    /// Where streams instead of datagrams may go to, or come from.
    pub fn stream(&self) -> Option<SocketAddr> {
        let mut streams = self.candidates.iter().filter(|one| one.kind == CandidateKind::Stream);
        let addr = streams.next().map(|candidate| candidate.addr);
        addr.filter(|addr| crate::addr::names_one_device(addr.ip()))
    }

    fn flags(&self) -> u8 {
        let when = |is_so: bool, bit: u8| if is_so { bit } else { 0 };
        let setup = match self.setup {
            Setup::ActPass => 0,
            Setup::Active => 1,
            Setup::Passive => 2,
        };
        let nat: u8 = match self.nat {
            NatKind::Unknown => 0,
            NatKind::Open => 1,
            NatKind::EndpointIndependent => 2,
            NatKind::Symmetric => 3,
            NatKind::Blocked => 4,
        };
        when(self.side == Side::Answer, ANSWER)
            | when(self.part == Part::More, MORE)
            | when(self.relayed, RELAYED)
            | (setup << SETUP_SHIFT)
            | (nat << NAT_SHIFT)
    }
}

/// Says nothing of the password, nor of where anybody is.
impl fmt::Debug for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Description")
            .field("side", &self.side)
            .field("part", &self.part)
            .field("relayed", &self.relayed)
            .field("nat", &self.nat)
            .field("setup", &self.setup)
            .field("candidates", &self.candidates.len())
            .finish_non_exhaustive()
    }
}

impl Candidate {
    /// `None` for an address that cannot be one device's.
    fn encode(&self) -> Option<Vec<u8>> {
        let addr = Addr::from_socket_addr(self.addr);
        addr.to_socket_addr()?;
        let kind = match self.kind {
            CandidateKind::Host => 0,
            CandidateKind::Reflexive => 1,
            CandidateKind::Relayed => 2,
            CandidateKind::Stream => 3,
        };
        let family = if addr.bytes.len() == 18 { IPV6 } else { 0 };
        let mut bytes = vec![kind | family];
        bytes.extend(addr.bytes);
        Some(bytes)
    }

    fn decode(rest: &mut &[u8]) -> Option<Self> {
        let [first] = take::<1>(rest)?;
        let kind = match first & !IPV6 {
            0 => CandidateKind::Host,
            1 => CandidateKind::Reflexive,
            2 => CandidateKind::Relayed,
            3 => CandidateKind::Stream,
            _ => return None,
        };
        let bytes =
            if first & IPV6 == 0 { take::<6>(rest)?.to_vec() } else { take::<18>(rest)?.to_vec() };
        let addr = Addr { kind: AddrKind::Socket, bytes };
        let socket = addr.to_socket_addr()?;
        // One form for each address: an IPv4 one is not written as IPv6.
        (Addr::from_socket_addr(socket) == addr).then_some(Self { kind, addr: socket })
    }
}

fn nat_kind(number: u8) -> Option<NatKind> {
    Some(match number {
        0 => NatKind::Unknown,
        1 => NatKind::Open,
        2 => NatKind::EndpointIndependent,
        3 => NatKind::Symmetric,
        4 => NatKind::Blocked,
        _ => return None,
    })
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, left) = rest.split_first_chunk::<N>()?;
    *rest = left;
    Some(*taken)
}

fn take_text(rest: &mut &[u8], lengths: &std::ops::RangeInclusive<usize>) -> Option<String> {
    let [len] = take::<1>(rest)?;
    let (taken, left) = rest.split_at_checked(usize::from(len))?;
    let text = std::str::from_utf8(taken).ok().filter(|text| is_ice_text(text, lengths))?;
    *rest = left;
    Some(text.to_owned())
}

/// Whether ICE takes it (RFC 8839, section 5.4): safe to write into a session description.
fn is_ice_text(text: &str, lengths: &std::ops::RangeInclusive<usize>) -> bool {
    let is_ice_char = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/';
    lengths.contains(&text.len()) && text.bytes().all(is_ice_char)
}

#[cfg(test)]
mod tests {
    use super::{Candidate, CandidateKind, Description, ENCODED_LEN, MAX_CANDIDATES, Part, Setup};
    use crate::{nat::NatKind, offer::Side};

    fn candidate(kind: CandidateKind, addr: &str) -> Candidate {
        Candidate { kind, addr: addr.parse().expect("an address") }
    }

    fn description() -> Description {
        Description {
            session: [9; 16],
            side: Side::Answer,
            part: Part::More,
            relayed: true,
            nat: NatKind::Symmetric,
            setup: Setup::Passive,
            ufrag: "abcd".to_owned(),
            pwd: "abcdefghijklmnopqrstu+/0".to_owned(),
            fingerprint: [7; 32],
            candidates: vec![
                candidate(CandidateKind::Host, "192.168.1.7:4433"),
                candidate(CandidateKind::Reflexive, "[2001:db8::7]:65535"),
                candidate(CandidateKind::Relayed, "203.0.113.9:1"),
                candidate(CandidateKind::Stream, "203.0.113.9:50000"),
            ],
        }
    }

    #[test]
    fn descriptions_survive_their_bytes_whose_number_says_nothing() {
        let rich = description();
        let poor = Description {
            side: Side::Offer,
            part: Part::First,
            relayed: false,
            nat: NatKind::Unknown,
            setup: Setup::ActPass,
            candidates: Vec::new(),
            ..description()
        };

        for description in [rich, poor] {
            let bytes = description.encode(1234).expect("valid");
            assert_eq!(bytes.len(), ENCODED_LEN);
            assert_eq!(Description::decode(&bytes), Some((1234, description)));
        }
    }

    #[test]
    fn candidates_that_do_not_fit_are_left_out() {
        let long = candidate(CandidateKind::Host, "[2001:db8::7]:9");
        let description = Description {
            ufrag: "u".repeat(64),
            pwd: "p".repeat(64),
            candidates: vec![long; 30],
            ..description()
        };
        let count = |description: &Description| {
            let bytes = description.encode(0).expect("valid");
            Description::decode(&bytes).expect("valid").1.candidates.len()
        };

        assert_eq!(count(&description), 14);
        let shorter = Description { ufrag: "user".to_owned(), ..description };
        assert_eq!(count(&shorter), MAX_CANDIDATES);
    }

    #[test]
    fn what_is_not_safe_in_a_session_description_is_neither_written_nor_read() {
        for (ufrag, pwd) in [
            ("abc", "p".repeat(22)),
            ("abcd", "p".repeat(21)),
            ("abcd", "p".repeat(65)),
            ("ab\r\n", "p".repeat(22)),
            ("ab d", "p".repeat(22)),
        ] {
            let description = Description { ufrag: ufrag.to_owned(), pwd, ..description() };
            assert_eq!(description.encode(0), None, "{ufrag:?}");
        }
        let nowhere = candidate(CandidateKind::Host, "0.0.0.0:1");
        let description = Description { candidates: vec![nowhere], ..description() };
        let bytes = description.encode(0).expect("valid");
        assert!(Description::decode(&bytes).expect("valid").1.candidates.is_empty());
    }

    #[test]
    fn damaged_bytes_are_refused() {
        let bytes = description().encode(0).expect("valid");
        let with = |at: usize, byte: u8| {
            let mut bytes = bytes.clone();
            bytes[at] = byte;
            Description::decode(&bytes)
        };

        assert_eq!(with(0, 2), None, "version");
        assert_eq!(with(1, 0b1110_0000), None, "NAT");
        assert_eq!(with(1, 0b0001_1000), None, "setup");
        assert_eq!(with(58, 3), None, "length of the name");
        assert_eq!(with(59, b'\n'), None, "name");
        assert_eq!(with(ENCODED_LEN - 1, 1), None, "padding");
        assert_eq!(Description::decode(&bytes[1..]), None);
        assert_eq!(Description::decode(&[]), None);
    }
}
