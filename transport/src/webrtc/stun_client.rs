//! Asking STUN servers how they see this device (RFC 8489).
//!
//! [`reflexive`] asks from a socket of its own before a driver takes it; [`MuxStun`] asks from the
//! shared port of the listener, whose reader hands it the answers.

use std::{
    fmt,
    io::{self, IoSliceMut},
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::{StreamExt, stream::FuturesUnordered};
use tokio::{
    net::lookup_host,
    sync::{Notify, watch},
    task::AbortHandle,
    time::{Instant, sleep, sleep_until, timeout},
};
use turn_client_proto::stun::types::{
    attribute::XorMappedAddress,
    message::{BINDING, Message, MessageClass, MessageWriteVec, TransactionId},
    prelude::{MessageWrite, MessageWriteExt},
};
use webrtc::runtime::RecvMeta;

use super::socket::{Family, Udp};
use crate::{
    nat::{Mapping, NatKind},
    servers::StunUrl,
    stun,
};

/// How long a name may take to resolve, and how long its addresses are believed.
const RESOLVE_TIMEOUT: Duration = Duration::from_secs(5);
const RESOLVED_FOR: Duration = Duration::from_secs(600);

/// The first wait for an answer; each further one is twice as long (RFC 8489, section 6.2.1).
const FIRST_WAIT: Duration = Duration::from_millis(500);

/// Requests to one server per round, and after how many of them silence means that none get
/// through.
const MAX_REQUESTS: u32 = 5;
const REQUESTS_TO_DOUBT: u32 = 3;

/// How often the shared port's servers are asked again: routers forget a silent port's public
/// address after 30 s or more (RFC 4787, REQ-5).
const KEEPALIVE: Duration = Duration::from_secs(25);

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

/// How the shared port looks from outside.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Public {
    /// Its public addresses: what a peer can send to, if the network lets it.
    pub(super) addrs: Vec<SocketAddr>,
    /// What the network makes of them.
    pub(super) nat: NatKind,
    /// The servers' own addresses, for those who ask from other sockets.
    pub(super) servers: Vec<SocketAddr>,
}

/// Asks STUN servers from a shared port, as long as somebody wants to know.
pub(super) struct MuxStun {
    sockets: Vec<(Family, Arc<Udp>)>,
    port: u16,
    table: Mutex<Table>,
    /// An answer has come.
    answered: Notify,
    /// The network has changed.
    changed: Notify,
    public: watch::Sender<Public>,
}

#[derive(Debug, Default)]
struct Table {
    open: Vec<Question>,
    answers: Vec<Mapping>,
    /// Servers that had time enough to answer.
    asked: usize,
}

/// Somebody wants to know; dropping it stops the asking.
#[derive(Debug)]
pub(super) struct Keeping(AbortHandle);

impl Drop for Keeping {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl MuxStun {
    /// Nobody is asked yet. `sockets` are those of one port.
    pub(super) fn new(sockets: Vec<(Family, Arc<Udp>)>, port: u16) -> Arc<Self> {
        Arc::new(Self {
            sockets,
            port,
            table: Mutex::default(),
            answered: Notify::new(),
            changed: Notify::new(),
            public: watch::Sender::default(),
        })
    }

    /// Asks `servers` now and every 25 s, until the result is dropped.
    pub(super) fn keep(self: &Arc<Self>, mut servers: Vec<StunUrl>) -> Keeping {
        servers.truncate(MAX_SERVERS);
        let stun = Arc::clone(self);
        let task = tokio::spawn(async move {
            let mut known = vec![None; servers.len()];
            loop {
                let again = after(Instant::now(), KEEPALIVE);
                tokio::select! {
                    () = stun.round(&servers, &mut known) => {
                        tokio::select! {
                            () = sleep_until(again) => {}
                            () = stun.changed.notified() => stun.forget(),
                        }
                    }
                    () = stun.changed.notified() => stun.forget(),
                }
            }
        });
        Keeping(task.abort_handle())
    }

    /// The network has changed: what was answered may be wrong now, and is asked again.
    pub(super) fn network_changed(&self) {
        self.changed.notify_one();
    }

    /// What is known, and whatever changes of it.
    pub(super) fn public(&self) -> watch::Receiver<Public> {
        self.public.subscribe()
    }

    /// Takes a datagram from the port's reader; whether it was an answer to a question of ours.
    pub(super) fn accept(&self, from: SocketAddr, datagram: &[u8]) -> bool {
        if !stun::is_binding_response(datagram) {
            return false;
        }
        let mut table = self.lock();
        let answer = table
            .open
            .iter()
            .enumerate()
            .find_map(|(at, question)| Some((at, question.answer(from, datagram)?)));
        let Some((at, answer)) = answer else { return false };
        table.open.swap_remove(at);
        table.answers.retain(|old| old.server != answer.server);
        table.answers.push(answer);
        self.publish(&table);
        drop(table);
        self.answered.notify_waiters();
        true
    }

    /// Asks every server once, each in its own time: a name that resolves slowly delays no other.
    async fn round(&self, servers: &[StunUrl], known: &mut [Option<Resolved>]) {
        let mut asked: FuturesUnordered<_> = servers
            .iter()
            .zip(known)
            .map(|(server, known)| async move {
                let fresh = known.as_ref().filter(|known| known.at.elapsed() < RESOLVED_FOR);
                let addrs = match fresh {
                    Some(resolved) => resolved.addrs.clone(),
                    None => match resolve(&server.host, server.port).await {
                        Ok(addrs) => {
                            *known = Some(Resolved { at: Instant::now(), addrs: addrs.clone() });
                            addrs
                        }
                        Err(error) => {
                            log::info!("{server} is not found: {error}");
                            // An old answer is better than none.
                            known.as_ref().map(|known| known.addrs.clone()).unwrap_or_default()
                        }
                    },
                };
                self.ask(&addrs).await;
            })
            .collect();
        self.lock().asked = 0;
        while asked.next().await.is_some() {}
    }

    /// Asks one server from each family's socket and waits for the answers.
    async fn ask(&self, addrs: &[SocketAddr]) {
        let of = |family| addrs.iter().copied().find(|addr| Family::of(*addr) == family);
        let questions: Vec<_> = self
            .sockets
            .iter()
            .filter_map(|(family, udp)| Some((Arc::clone(udp), Question::new(of(*family)?))))
            .collect();
        let _forget = Forget { stun: self, ids: questions.iter().map(|(_, one)| one.id).collect() };
        self.lock().open.extend(questions.iter().map(|(_udp, question)| question.clone()));
        let mut wait = FIRST_WAIT;
        for n in 1..=MAX_REQUESTS {
            let answered = self.answered.notified();
            let open = self.open_among(&questions);
            if open.is_empty() {
                return;
            }
            for (udp, Question { server, request, .. }) in &open {
                udp.try_send(*server, request);
            }
            let all = async {
                answered.await;
                loop {
                    let answered = self.answered.notified();
                    if self.open_among(&questions).is_empty() {
                        return;
                    }
                    answered.await;
                }
            };
            tokio::select! {
                () = all => return,
                () = sleep(wait) => wait = wait.saturating_mul(2),
            }
            if n == REQUESTS_TO_DOUBT {
                let mut table = self.lock();
                table.asked = table.asked.saturating_add(1);
                // What was answered before holds no longer if the server has fallen silent.
                table.answers.retain(|old| !open.iter().any(|(_, open)| open.server == old.server));
                self.publish(&table);
            }
        }
    }

    fn open_among<'a>(
        &self,
        questions: &'a [(Arc<Udp>, Question)],
    ) -> Vec<&'a (Arc<Udp>, Question)> {
        let table = self.lock();
        let is_open = |id| table.open.iter().any(|question| question.id == id);
        questions.iter().filter(|(_udp, question)| is_open(question.id)).collect()
    }

    fn forget(&self) {
        let mut table = self.lock();
        *table = Table::default();
        self.publish(&table);
    }

    fn publish(&self, table: &Table) {
        let mut addrs: Vec<_> = table.answers.iter().map(|answer| answer.mapped).collect();
        addrs.sort_unstable();
        addrs.dedup();
        let mut servers: Vec<_> = table.answers.iter().map(|answer| answer.server).collect();
        servers.sort_unstable();
        let local = if_addrs::get_if_addrs().unwrap_or_default();
        let local: Vec<_> = local.iter().map(if_addrs::Interface::ip).collect();
        // IPv6 is hardly ever translated: what counts is IPv4, where there is any.
        let (v4, v6): (Vec<_>, Vec<_>) =
            table.answers.iter().copied().partition(|answer| answer.server.is_ipv4());
        let counts = if v4.is_empty() { v6 } else { v4 };
        let nat = NatKind::of(&local, self.port, &counts, table.asked);
        let public = Public { addrs, nat, servers };
        self.public.send_if_modified(|now| {
            let is_new = *now != public;
            *now = public;
            is_new
        });
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for MuxStun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MuxStun").field("public", &*self.public.borrow()).finish_non_exhaustive()
    }
}

#[derive(Debug, Clone)]
struct Resolved {
    at: Instant,
    addrs: Vec<SocketAddr>,
}

/// Questions nobody waits for any more are no longer answered.
struct Forget<'a> {
    stun: &'a MuxStun,
    ids: Vec<TransactionId>,
}

impl Drop for Forget<'_> {
    fn drop(&mut self) {
        self.stun.lock().open.retain(|question| !self.ids.contains(&question.id));
    }
}
