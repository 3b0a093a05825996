//! Asking STUN servers how they see this device (RFC 8489).
//!
//! [`reflexive`] asks from a socket of its own before a driver takes it; [`MuxStun`] asks from the
//! shared port of the listener, whose reader hands it the answers.

mod port;

use std::{
    io::{self, IoSliceMut},
    net::SocketAddr,
    time::Duration,
};

use tokio::{
    net::lookup_host,
    time::{Instant, sleep_until, timeout},
};
use turn_client_proto::stun::types::{
    attribute::XorMappedAddress,
    message::{BINDING, Message, MessageClass, MessageWriteVec, TransactionId},
    prelude::{MessageWrite, MessageWriteExt},
};
use webrtc::runtime::RecvMeta;

pub(super) use self::port::{MuxStun, Public};
use super::socket::{Family, Udp};
use crate::nat::Mapping;

/// How long a name may take to resolve.
const RESOLVE_TIMEOUT: Duration = Duration::from_secs(5);

/// The first wait for an answer; each further one is twice as long (RFC 8489, section 6.2.1).
const FIRST_WAIT: Duration = Duration::from_millis(500);

/// Servers asked at most.
const MAX_SERVERS: usize = 8;

/// Once a server has answered, the others get as long again, but at least this long.
const GRACE: Duration = Duration::from_millis(20);

/// The largest datagram expected.
const DATAGRAM_LEN: usize = 2048;

/// The addresses of a server, IPv4 and IPv6 in turns, so that the second one tried is of the other
/// kind: a device with only one of them has an answer soon.
pub(super) async fn resolve(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    let found = timeout(RESOLVE_TIMEOUT, lookup_host((host, port))).await;
    let found = found.map_err(|_elapsed| io::Error::from(io::ErrorKind::TimedOut))??;
    let (v4, v6): (Vec<_>, Vec<_>) = found.partition(SocketAddr::is_ipv4);
    let mut addrs = Vec::with_capacity(v4.len().saturating_add(v6.len()));
    let (mut v4, mut v6) = (v4.into_iter(), v6.into_iter());
    loop {
        let before = addrs.len();
        addrs.extend(v4.next());
        addrs.extend(v6.next());
        if addrs.len() == before {
            return Ok(addrs);
        }
    }
}

/// One question to one server.
#[derive(Debug, Clone)]
struct Question {
    server: SocketAddr,
    id: TransactionId,
    request: Vec<u8>,
}

impl Question {
    fn new(server: SocketAddr) -> Self {
        let request = Message::builder_request(BINDING, MessageWriteVec::new());
        let id = request.transaction_id();
        Self { server, id, request: request.finish() }
    }

    /// What the server says, if `datagram` from `from` is its answer to this.
    fn answer(&self, from: SocketAddr, datagram: &[u8]) -> Option<Mapping> {
        if from != self.server {
            return None;
        }
        let message = Message::from_bytes(datagram).ok()?;
        let is_answer = message.has_method(BINDING)
            && message.has_class(MessageClass::Success)
            && message.transaction_id() == self.id;
        let mapped = message.attribute::<XorMappedAddress>().ok()?.addr(self.id);
        is_answer.then_some(Mapping { server: self.server, mapped })
    }
}

/// The public addresses of `udp`, as `servers` see it: returns once all have answered, or a little
/// after the first has, or after `within`. Whatever else arrives meanwhile is lost, so no driver
/// may use the socket yet.
pub(super) async fn reflexive(
    udp: &Udp,
    servers: &[SocketAddr],
    within: Duration,
) -> Vec<SocketAddr> {
    let Ok(own) = udp.local_addr() else { return Vec::new() };
    let mut open: Vec<_> = servers
        .iter()
        .filter(|server| Family::of(**server) == Family::of(own))
        .take(MAX_SERVERS)
        .map(|server| Question::new(*server))
        .collect();
    let _sent_or_not = udp.writable().await;
    let (started, mut wait) = (Instant::now(), FIRST_WAIT);
    let mut deadline = after(started, within);
    let mut again = started;
    let mut mapped = Vec::new();
    let mut bytes = vec![0; DATAGRAM_LEN.saturating_mul(udp.max_gro_segments())];
    while !open.is_empty() {
        if Instant::now() >= again {
            for Question { server, request, .. } in &open {
                udp.try_send(*server, request);
            }
            again = after(Instant::now(), wait);
            wait = wait.saturating_mul(2);
        }
        let mut meta = [RecvMeta::default()];
        let receive = std::future::poll_fn(|cx| {
            udp.poll_recv(cx, &mut [IoSliceMut::new(&mut bytes)], &mut meta)
        });
        tokio::select! {
            _received = receive => {}
            () = sleep_until(again) => continue,
            () = sleep_until(deadline) => break,
        }
        let [RecvMeta { addr, len, stride, .. }] = meta;
        for datagram in bytes.get(..len).unwrap_or_default().chunks(stride.max(1)) {
            let answer = open
                .iter()
                .enumerate()
                .find_map(|(at, question)| Some((at, question.answer(addr, datagram)?)));
            let Some((at, answer)) = answer else { continue };
            open.swap_remove(at);
            if !mapped.contains(&answer.mapped) {
                mapped.push(answer.mapped);
            }
            deadline = deadline.min(after(Instant::now(), started.elapsed().max(GRACE)));
        }
    }
    mapped
}

/// Like `at + wait`, without the end of time.
fn after(at: Instant, wait: Duration) -> Instant {
    at.checked_add(wait).unwrap_or(at)
}
