//! Asking from a port that is shared with connections.

use std::{
    fmt,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::{StreamExt, stream::FuturesUnordered};
use tokio::{
    sync::{Notify, watch},
    task::AbortHandle,
    time::{Instant, sleep, sleep_until},
};
use turn_client_proto::stun::types::message::TransactionId;

use super::{FIRST_WAIT, MAX_SERVERS, Question, after, resolve};
use crate::{
    nat::{Mapping, NatKind},
    servers::StunUrl,
    stun,
    webrtc::socket::{Family, Udp},
};

/// How long the addresses of a name are believed.
const RESOLVED_FOR: Duration = Duration::from_secs(600);

/// Requests to one server per round, and after how many of them silence means that none get
/// through.
const MAX_REQUESTS: u32 = 5;
const REQUESTS_TO_DOUBT: u32 = 3;

/// How often the shared port's servers are asked again: routers forget a silent port's public
/// address after 30 s or more (RFC 4787, REQ-5).
const KEEPALIVE: Duration = Duration::from_secs(25);

/// How the shared port looks from outside.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in super::super) struct Public {
    /// Its public addresses: what a peer can send to, if the network lets it.
    pub(in super::super) addrs: Vec<SocketAddr>,
    /// What the network makes of them.
    pub(in super::super) nat: NatKind,
    /// The servers' own addresses, for those who ask from other sockets.
    pub(in super::super) servers: Vec<SocketAddr>,
}

/// Asks STUN servers from a shared port, as long as somebody wants to know.
pub(in super::super) struct MuxStun {
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
pub(in super::super) struct Keeping(AbortHandle);

impl Drop for Keeping {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl MuxStun {
    /// Nobody is asked yet. `sockets` are those of one port.
    pub(in super::super) fn new(sockets: Vec<(Family, Arc<Udp>)>, port: u16) -> Arc<Self> {
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
    pub(in super::super) fn keep(self: &Arc<Self>, mut servers: Vec<StunUrl>) -> Keeping {
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
    pub(in super::super) fn network_changed(&self) {
        self.changed.notify_one();
    }

    /// What is known, and whatever changes of it.
    pub(in super::super) fn public(&self) -> watch::Receiver<Public> {
        self.public.subscribe()
    }

    /// Takes a datagram from the port's reader; whether it was an answer to a question of ours.
    pub(in super::super) fn accept(&self, from: SocketAddr, datagram: &[u8]) -> bool {
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
