//! Asking STUN servers what they see of this device, all from one port.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::{Duration, Instant},
};

use tokio::{net::UdpSocket, time::timeout_at};
use turn_client_proto::stun::types::{
    attribute::XorMappedAddress,
    message::{BINDING, Message, MessageClass, MessageWriteVec, TransactionId},
    prelude::{MessageWrite as _, MessageWriteExt as _},
};

use super::{CheckError, NOBODY, resolve, source_towards};
use crate::{
    nat::{Mapping, NatKind},
    servers::StunUrl,
};

/// When a question is asked, and asked again: the last answer is waited for as long again.
const ASK_AFTER: [Duration; 4] = [
    Duration::ZERO,
    Duration::from_millis(300),
    Duration::from_millis(900),
    Duration::from_millis(2_100),
];
const WAIT: Duration = Duration::from_secs(4);

/// The longest answer looked at.
const MAX_ANSWER_LEN: usize = 1_500;

/// What one server sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StunAnswer {
    /// The server.
    pub server: SocketAddr,
    /// This device's address and port, as seen from there.
    pub public: SocketAddr,
    /// How long the answer took.
    pub round_trip: Duration,
}

/// One question that is under way.
struct Question {
    index: usize,
    to: SocketAddr,
    id: TransactionId,
    bytes: Vec<u8>,
    asked: Instant,
}

/// Asks every server; gives what each of them said, in order, and what stands in between.
pub async fn check_stun(urls: &[String]) -> (Vec<Result<StunAnswer, CheckError>>, NatKind) {
    let mut answers: Vec<Result<StunAnswer, CheckError>> = Vec::new();
    let mut questions = Vec::new();
    for (index, url) in urls.iter().enumerate() {
        let addrs = match url.parse() {
            Ok(StunUrl { host, port }) => resolve((host, port)).await,
            Err(why) => Err(CheckError::Url(why)),
        };
        match addrs {
            // One family per server: IPv4 first, since only there addresses are translated.
            Ok(addrs) => {
                questions.extend(addrs.first().map(|to| Question::new(index, *to)));
                answers.push(Err(CheckError::TimedOut));
            }
            Err(why) => answers.push(Err(why)),
        }
    }
    let mut local = Vec::new();
    for is_ipv6 in [false, true] {
        let of_family = questions.extract_if(.., |question| question.to.is_ipv6() == is_ipv6);
        let of_family: Vec<_> = of_family.collect();
        if !of_family.is_empty() {
            local.extend(ask(of_family, is_ipv6, &mut answers).await);
        }
    }
    let nat = kind(&local, &answers);
    (answers, nat)
}

impl Question {
    fn new(index: usize, to: SocketAddr) -> Self {
        let request = Message::builder_request(BINDING, MessageWriteVec::new());
        let id = request.transaction_id();
        Self { index, to, id, bytes: request.finish(), asked: Instant::now() }
    }

    fn answer(&self, from: SocketAddr, datagram: &[u8]) -> Option<SocketAddr> {
        let message = Message::from_bytes(datagram).ok()?;
        let is_mine = from == self.to
            && message.transaction_id() == self.id
            && message.has_class(MessageClass::Success);
        let mapped = message.attribute::<XorMappedAddress>().ok().filter(|_| is_mine)?;
        Some(mapped.addr(self.id))
    }
}

/// Asks until all have answered or the time is up; gives this device's own address and port.
async fn ask(
    mut questions: Vec<Question>,
    is_ipv6: bool,
    answers: &mut [Result<StunAnswer, CheckError>],
) -> Option<SocketAddr> {
    let any =
        if is_ipv6 { IpAddr::V6(Ipv6Addr::UNSPECIFIED) } else { IpAddr::V4(Ipv4Addr::UNSPECIFIED) };
    let socket = UdpSocket::bind((any, 0)).await.ok()?;
    let port = socket.local_addr().ok()?.port();
    let started = Instant::now();
    let mut turns = ASK_AFTER.iter().map(|after| started.checked_add(*after)).skip(1);
    let mut until = started;
    while !questions.is_empty() {
        for question in &mut questions {
            question.asked = Instant::now();
            if let Err(error) = socket.send_to(&question.bytes, question.to).await
                && let Some(answer) = answers.get_mut(question.index)
            {
                *answer = Err(error.into());
            }
        }
        until = match turns.next() {
            Some(turn) => turn.unwrap_or(until),
            None => match started.checked_add(WAIT).filter(|end| *end > until) {
                Some(end) => end,
                None => break,
            },
        };
        hear(&socket, until, &mut questions, answers).await;
    }
    let [v4, v6] = NOBODY;
    let own = source_towards(if is_ipv6 { v6 } else { v4 })?;
    Some(SocketAddr::new(own, port))
}

async fn hear(
    socket: &UdpSocket,
    until: Instant,
    questions: &mut Vec<Question>,
    answers: &mut [Result<StunAnswer, CheckError>],
) {
    let mut buffer = [0; MAX_ANSWER_LEN];
    while !questions.is_empty() {
        let (len, from) = match timeout_at(until.into(), socket.recv_from(&mut buffer)).await {
            Ok(Ok(received)) => received,
            // A host that says that nobody listens there: the others may still answer.
            Ok(Err(_)) => continue,
            Err(_) => return,
        };
        let datagram = buffer.get(..len).unwrap_or_default();
        questions.retain(|question| {
            let Some(public) = question.answer(from, datagram) else { return true };
            let round_trip = question.asked.elapsed();
            if let Some(answer) = answers.get_mut(question.index) {
                *answer = Ok(StunAnswer { server: question.to, public, round_trip });
            }
            false
        });
    }
}

/// What stands between this device, whose sockets are `local`, and those who answered. Where
/// IPv4 was asked, it decides: only there addresses are translated.
fn kind(local: &[SocketAddr], answers: &[Result<StunAnswer, CheckError>]) -> NatKind {
    let asked = answers.iter().filter(|answer| !matches!(answer, Err(CheckError::Url(_)))).count();
    let all: Vec<&StunAnswer> = answers.iter().flatten().collect();
    let has_ipv4 = all.iter().any(|answer| answer.server.is_ipv4());
    let of_family = all.iter().filter(|answer| answer.server.is_ipv4() == has_ipv4);
    let mappings: Vec<Mapping> =
        of_family.map(|answer| Mapping { server: answer.server, mapped: answer.public }).collect();
    let own = local.iter().find(|addr| addr.is_ipv4() == has_ipv4);
    let ips: Vec<IpAddr> = own.iter().map(|addr| addr.ip()).collect();
    NatKind::of(&ips, own.map_or(0, SocketAddr::port), &mappings, asked)
}

#[cfg(test)]
mod tests {
    use std::{net::SocketAddr, time::Duration};

    use super::{CheckError, NatKind, StunAnswer, kind};

    fn seen(server: &str, public: &str) -> Result<StunAnswer, CheckError> {
        let addr = |text: &str| text.parse::<SocketAddr>().expect("an address");
        let round_trip = Duration::from_millis(20);
        Ok(StunAnswer { server: addr(server), public: addr(public), round_trip })
    }

    #[test]
    fn kind_is_told_from_what_two_servers_see() {
        let own = ["192.168.1.7:5000".parse().expect("an address")];
        let (a, b) = ("198.51.100.1:3478", "198.51.100.2:3478");
        let silent = || Err(CheckError::TimedOut);

        let cone = [seen(a, "203.0.113.9:5000"), seen(b, "203.0.113.9:5000")];
        let symmetric = [seen(a, "203.0.113.9:5000"), seen(b, "203.0.113.9:5001")];
        assert_eq!(kind(&own, &cone), NatKind::EndpointIndependent);
        assert_eq!(kind(&own, &symmetric), NatKind::Symmetric);
        assert_eq!(kind(&own, &[seen(a, "192.168.1.7:5000"), silent()]), NatKind::Open);
        assert_eq!(kind(&own, &[seen(a, "203.0.113.9:5000"), silent()]), NatKind::Unknown);
        assert_eq!(kind(&own, &[silent(), silent()]), NatKind::Blocked);
        assert_eq!(kind(&own, &[]), NatKind::Unknown);
    }
}
