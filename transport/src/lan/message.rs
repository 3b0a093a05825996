//! Announcements and questions as multicast DNS messages (RFC 6762, RFC 6763): whoever browses
//! for the service with any other program sees an ordinary one.

use std::net::{IpAddr, SocketAddr};

use simple_dns::{
    CLASS, Name, Packet, PacketFlag, QTYPE, Question, ResourceRecord, SimpleDnsError, TYPE,
    rdata::{A, AAAA, PTR, RData, SRV, TXT},
};

use super::names::{COUNTS, MAX_ADDRS, Nonce, Spot, TOKEN_LEN, Token};
use crate::Addr;

/// The service's name.
pub(super) const SERVICE: &str = "_festival._udp.local";

/// The longest message read: one Ethernet frame.
pub(super) const MAX_LEN: usize = 1_500;

/// Records a message may claim to hold in each part, so that reading one costs little. Ours have
/// eight.
const MAX_RECORDS: u16 = 32;

/// Announcements taken from one message.
const MAX_ANNOUNCEMENTS: usize = 4;

/// Tokens in one string of the TXT record: its strings hold 255 bytes.
const TOKENS_PER_TEXT: usize = 16;

/// One device, at one spot, for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Announcement {
    pub(super) nonce: Nonce,
    pub(super) spot: Spot,
    pub(super) tokens: Vec<Token>,
    /// In seconds; 0 if it is leaving.
    pub(super) ttl: u32,
}

/// What somebody said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Heard {
    /// Asks who is there; or for more about one announcement.
    Question(Option<Nonce>),
    /// Says so.
    Answer(Vec<Announcement>),
}

impl Announcement {
    /// The message that says it.
    pub(super) fn encode(&self) -> Result<Vec<u8>, SimpleDnsError> {
        let (instance, host) = (instance(&self.nonce), host(&self.nonce));
        let mut packet = Packet::new_reply(0);
        packet.set_flags(PacketFlag::AUTHORITATIVE_ANSWER);
        let mut text = TXT::new();
        for (place, tokens) in (0_u8..).zip(self.tokens.chunks(TOKENS_PER_TEXT)) {
            text.add_attribute(&format!("t{place}"), Some(tokens.as_flattened()))?;
        }
        let target = Name::new(&host)?;
        let service = SRV { priority: 0, weight: 0, port: self.spot.port, target: target.clone() };
        let mut add = |name: Name<'_>, is_ours_alone, rdata: RData<'_>| {
            let record = ResourceRecord::new(name.into_owned(), CLASS::IN, self.ttl, rdata);
            packet.answers.push(record.into_owned().with_cache_flush(is_ours_alone));
        };
        add(Name::new(SERVICE)?, false, RData::PTR(PTR(Name::new(&instance)?)));
        add(Name::new(&instance)?, true, RData::SRV(service));
        add(Name::new(&instance)?, true, RData::TXT(text));
        for addr in &self.spot.addrs {
            let rdata = match *addr {
                IpAddr::V4(ip) => RData::A(A { address: ip.to_bits() }),
                IpAddr::V6(ip) => RData::AAAA(AAAA { address: ip.to_bits() }),
            };
            add(target.clone(), true, rdata);
        }
        packet.build_bytes_vec_compressed()
    }
}

/// The message that asks who is there.
pub(super) fn question() -> Result<Vec<u8>, SimpleDnsError> {
    let mut packet = Packet::new_query(0);
    let all = QTYPE::TYPE(TYPE::PTR);
    packet.questions.push(Question::new(Name::new(SERVICE)?, all, CLASS::IN.into(), false));
    packet.build_bytes_vec_compressed()
}

/// Reads a message; `None` if it is not about us, or not as it should be.
pub(super) fn decode(bytes: &[u8]) -> Option<Heard> {
    // The counts at its beginning decide how much the reader sets aside.
    let (counts, _) = bytes.get(4..12)?.as_chunks::<2>();
    let is_large = |count: &[u8; 2]| u16::from_be_bytes(*count) > MAX_RECORDS;
    if bytes.len() > MAX_LEN || counts.iter().any(is_large) {
        return None;
    }
    let packet = Packet::parse(bytes).ok()?;
    if packet.has_flags(PacketFlag::RESPONSE) {
        let announcements = announcements(&packet);
        return (!announcements.is_empty()).then_some(Heard::Answer(announcements));
    }
    let service = Name::new(SERVICE).ok()?;
    let asks_all = |question: &Question<'_>| {
        let is_listing = matches!(question.qtype, QTYPE::TYPE(TYPE::PTR) | QTYPE::ANY);
        is_listing && question.qname == service
    };
    if packet.questions.iter().any(asks_all) {
        return Some(Heard::Question(None));
    }
    let about = packet.questions.iter().find_map(|question| nonce(&question.qname))?;
    Some(Heard::Question(Some(about)))
}

fn announcements(packet: &Packet<'_>) -> Vec<Announcement> {
    let records = || packet.answers.iter().chain(&packet.additional_records);
    let services = records().filter_map(|record| match &record.rdata {
        RData::SRV(service) => Some((record, service)),
        _ => None,
    });
    let read = |(record, service): (&ResourceRecord<'_>, &SRV<'_>)| {
        let nonce = nonce(&record.name)?;
        let text = records().find_map(|other| match &other.rdata {
            RData::TXT(text) if other.name == record.name => Some(text),
            _ => None,
        })?;
        let addrs = records().filter(|other| other.name == service.target).filter_map(addr);
        let usable = addrs.map(|ip| Addr::from_socket_addr(SocketAddr::new(ip, service.port)));
        let usable = usable.filter_map(|addr| addr.to_socket_addr()).take(MAX_ADDRS);
        let spot = Spot::new(service.port, usable.map(|addr| addr.ip()));
        let tokens = tokens(text)?;
        let is_dialable = !spot.addrs.is_empty();
        is_dialable.then_some(Announcement { nonce, spot, tokens, ttl: record.ttl })
    };
    services.filter_map(read).take(MAX_ANNOUNCEMENTS).collect()
}

fn addr(record: &ResourceRecord<'_>) -> Option<IpAddr> {
    match record.rdata {
        RData::A(A { address }) => Some(IpAddr::V4(address.into())),
        RData::AAAA(AAAA { address }) => Some(IpAddr::V6(address.into())),
        _ => None,
    }
}

/// Its tokens, if there are as many as we would show.
fn tokens(text: &TXT<'_>) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    for (key, value) in text.iter_raw() {
        // What later versions may add is none.
        if key.first_chunk() == Some(b"t") {
            let (chunks, []) = value?.as_chunks::<TOKEN_LEN>() else { return None };
            tokens.extend_from_slice(chunks);
        }
    }
    COUNTS.contains(&tokens.len()).then_some(tokens)
}

/// The announcement's name among those of the service.
fn instance(nonce: &Nonce) -> String {
    format!("{}.{SERVICE}", label(nonce))
}

/// The name of the device, which is none: it changes with every announcement.
fn host(nonce: &Nonce) -> String {
    format!("{}.local", label(nonce))
}

fn label(nonce: &Nonce) -> String {
    data_encoding::HEXLOWER.encode(nonce)
}

/// The announcement a name belongs to, be it that of the instance or of the host.
fn nonce(name: &Name<'_>) -> Option<Nonce> {
    let (label, rest) = name.get_labels().split_first()?;
    let rest = Name::new_with_labels(rest);
    let is_ours = ["local", SERVICE].iter().any(|end| Name::new(end).is_ok_and(|n| n == rest));
    let bytes = data_encoding::HEXLOWER_PERMISSIVE.decode(label.as_ref()).ok()?;
    bytes.try_into().ok().filter(|_| is_ours)
}

#[cfg(test)]
mod tests {
    use simple_dns::Packet;

    use super::{Announcement, Heard, MAX_LEN, decode, instance, question};
    use crate::lan::names::{MAX_ADDRS, Spot};

    fn announcement(tokens: usize) -> Announcement {
        let ips = ["192.0.2.7", "169.254.1.2", "2001:db8::1", "2001:db8::2", "fd00::7"];
        assert_eq!(ips.len(), MAX_ADDRS);
        Announcement {
            nonce: [0xab; 16],
            spot: Spot::new(4433, ips.map(|ip| ip.parse().expect("an address"))),
            tokens: (0..tokens).map(|n| [n as u8; 8]).collect(),
            ttl: 1_200,
        }
    }

    #[test]
    fn what_is_said_is_heard() {
        for count in [16, 32, 64] {
            let said = announcement(count);
            let bytes = said.encode().expect("fits");
            assert!(bytes.len() <= MAX_LEN - 48, "{} bytes", bytes.len());
            assert_eq!(decode(&bytes), Some(Heard::Answer(vec![said])));
        }
    }

    #[test]
    fn question_is_heard_as_one() {
        assert_eq!(decode(&question().expect("fits")), Some(Heard::Question(None)));
    }

    #[test]
    fn question_about_one_announcement_names_it() {
        use simple_dns::{CLASS, Name, Question, TYPE};
        let name = instance(&[0xab; 16]).to_uppercase();
        let mut packet = Packet::new_query(0);
        let name = Name::new(&name).expect("a name");
        packet.questions.push(Question::new(name, TYPE::SRV.into(), CLASS::IN.into(), true));
        let bytes = packet.build_bytes_vec().expect("fits");

        assert_eq!(decode(&bytes), Some(Heard::Question(Some([0xab; 16]))));
    }

    #[test]
    fn strange_numbers_of_tokens_and_undialable_addresses_are_not_heard() {
        let strange = Announcement { tokens: vec![[1; 8]; 17], ..announcement(0) };
        assert_eq!(decode(&strange.encode().expect("fits")), None);
        for ip in ["0.0.0.0", "224.0.0.251", "::", "ff02::fb"] {
            let spot = Spot::new(1, [ip.parse().expect("an address")]);
            let strange = Announcement { spot, ..announcement(16) };
            assert_eq!(decode(&strange.encode().expect("fits")), None, "{ip}");
        }
    }

    #[test]
    fn counts_that_promise_much_are_not_believed() {
        let mut bytes = question().expect("fits");
        bytes[6..8].copy_from_slice(&[0xff, 0xff]);
        assert_eq!(decode(&bytes), None);
    }

    #[test]
    fn damaged_messages_are_refused_or_read_without_harm() {
        let whole = announcement(16).encode().expect("fits");
        for len in 0..whole.len() {
            assert_eq!(decode(&whole[..len]), None);
        }
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 0xff;
            decode(&damaged);
        }
    }
}
