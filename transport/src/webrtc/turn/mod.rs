//! A socket that is an allocation on a TURN server (RFC 8656), reached over UDP, TCP or TLS: what
//! is sent from it comes from the server's address, and what peers send there comes out of it.
//!
//! A driver uses it like a UDP socket ([`Wiring::relayed`](super::socket::Wiring::relayed)). The
//! other end must be told [`Turn::relayed`] as the candidate, and this end needs the other's
//! candidates, whose addresses the server is asked to let through ([`Turn::permit`]).

mod attempt;
mod carry;
mod error;
mod open;
mod out;
mod pipe;
mod session;
mod streams;
mod trial;

use std::{
    fmt,
    io::{self, IoSliceMut},
    net::{IpAddr, SocketAddr},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Waker, ready},
    time::Duration,
};

use tokio::{
    sync::{Notify, watch},
    task::AbortHandle,
};
use webrtc::runtime::{RecvMeta, Transmit};

pub use self::error::TurnError;
use self::session::{Ending, Session, State};
#[cfg(test)]
pub(super) use self::trial::join;
pub use self::trial::{Relayed, Trial, try_turn};
pub(super) use self::{
    pipe::Pipe,
    streams::{StreamPlace, Words, visit},
};
use super::{
    inbox::{Batch, Inbox},
    socket::{MAX_BATCH, Udp, Writable},
};

/// Bytes that may wait for a stream before the driver has to: what waits longer delays whatever
/// comes after it, the questions whether the peer is still there included.
const MAX_UNSENT: usize = 64 * 1024;

/// Bytes a peer may have under way, so that the server never drops any of it: each lost end of a
/// row costs SCTP a second.
///
/// Over UDP, a server keeps what comes from peers in the socket of their address, and coturn gives
/// that 64 KiB: the kernel takes 57 datagrams of SCTP's usual 1200 bytes. Nine are left for
/// acknowledgments and for the questions of ICE.
const DATAGRAM_INTAKE: u32 = 56_000;

/// Over a stream, coturn drops what would make more than 32 KiB unsent, headers included.
const STREAM_INTAKE: u32 = 28_000;

/// One allocation; dropping it gives it back.
pub(super) struct Turn {
    relayed: SocketAddr,
    shared: Arc<Shared>,
    carrier: AbortHandle,
}

/// What the user of an allocation and the task that carries its messages share.
struct Shared {
    /// The server, as errors name it.
    name: String,
    server: SocketAddr,
    session: Mutex<Session>,
    inbox: Arc<Inbox>,
    /// The socket, if the server is reached over UDP.
    udp: Option<Arc<Udp>>,
    /// What it has just received.
    received: Mutex<Vec<u8>>,
    /// Whether a driver receives by itself: its own wake-up is then the only one.
    is_driven: AtomicBool,
    /// A driver that waits until the stream has room.
    sender: Mutex<Option<Waker>>,
    /// There is something to send on the stream, or the next deadline has moved.
    work: Notify,
    /// A peer's stream waits to be taken.
    arrived: Notify,
    progress: watch::Sender<Progress>,
}

#[derive(Debug, Clone)]
enum Progress {
    Asked,
    Made(SocketAddr),
    Over(TurnError),
}

impl Turn {
    /// What peers send to.
    pub(super) fn relayed(&self) -> SocketAddr {
        self.relayed
    }

    /// Bytes a peer may have under way to it.
    pub(super) fn intake(&self) -> u32 {
        if self.shared.udp.is_some() { DATAGRAM_INTAKE } else { STREAM_INTAKE }
    }

    /// Has the server let these peers through, ahead of the first datagram to them.
    pub(super) fn permit(&self, peers: impl IntoIterator<Item = IpAddr>) {
        let mut session = self.shared.lock();
        for peer in peers {
            session.permit(peer);
        }
        self.shared.settle(session);
        self.shared.work.notify_one();
    }

    /// Where the server is.
    fn server(&self) -> SocketAddr {
        self.shared.server
    }

    /// Waits until the allocation is lost.
    pub(super) async fn failed(&self) -> TurnError {
        let mut progress = self.shared.progress.subscribe();
        // `self` holds a sender, so the wait cannot fail.
        let over = progress.wait_for(|progress| matches!(progress, Progress::Over(_))).await;
        match over.as_deref() {
            Ok(Progress::Over(error)) => error.clone(),
            _ => TurnError::Silent(self.shared.name.clone()),
        }
    }

    /// Lets time pass, for the protocol only.
    #[cfg(test)]
    pub(super) fn skip(&self, time: Duration) {
        let mut session = self.shared.lock();
        session.skip(time);
        self.shared.settle(session);
        self.shared.work.notify_one();
    }

    /// Whether every request so far has been answered.
    #[cfg(test)]
    pub(super) fn is_at_rest(&self) -> bool {
        self.shared.tick().is_some_and(|wait| wait > Duration::from_secs(60))
    }

    /// Where what peers send waits for the driver.
    pub(super) fn inbox(&self) -> Arc<Inbox> {
        Arc::clone(&self.shared.inbox)
    }

    pub(super) fn max_gso_segments(&self) -> usize {
        match &self.shared.udp {
            Some(udp) => udp.max_gso_segments().min(MAX_BATCH),
            None => MAX_BATCH,
        }
    }

    pub(super) fn poll_recv(
        &self,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
        meta: &mut [RecvMeta],
    ) -> Poll<io::Result<usize>> {
        let shared = &*self.shared;
        loop {
            if let Poll::Ready(received) = shared.inbox.poll_recv(cx, bufs, meta) {
                return Poll::Ready(received);
            }
            let Some(udp) = shared.udp.as_ref().filter(|_| shared.inbox.is_open()) else {
                return Poll::Pending;
            };
            shared.is_driven.store(true, Ordering::Relaxed);
            if ready!(shared.poll_receive(udp, cx)).is_err() {
                // The carrier is patient with it.
                shared.is_driven.store(false, Ordering::Relaxed);
                shared.work.notify_one();
                return Poll::Pending;
            }
        }
    }

    /// Sends one batch; `waiting` is the caller's place in the queue while the socket is full.
    pub(super) fn poll_send(
        &self,
        waiting: &Mutex<Option<Writable>>,
        cx: &mut Context<'_>,
        transmit: &Transmit<'_>,
    ) -> Poll<()> {
        let shared = &*self.shared;
        let mut session = shared.lock();
        if shared.udp.is_none() && session.out().len() >= MAX_UNSENT {
            let mut sender = shared.sender.lock().unwrap_or_else(PoisonError::into_inner);
            *sender = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let stride = transmit.segment_size.unwrap_or(transmit.contents.len()).max(1);
        for datagram in transmit.contents.chunks(stride) {
            session.send(transmit.destination, datagram);
        }
        match &shared.udp {
            Some(udp) => {
                if session.is_stirred() {
                    shared.work.notify_one();
                }
                let sent = shared.poll_send_out(udp, &mut session, waiting, cx);
                // What did not leave is made again from what the driver will send again.
                session.out().clear();
                ready!(sent);
            }
            None => shared.work.notify_one(),
        }
        Poll::Ready(())
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Session> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends what the session has for the server and says how far the allocation is.
    fn settle(&self, mut session: MutexGuard<'_, Session>) {
        if let Some(udp) = &self.udp {
            for message in session.out().messages() {
                udp.try_send(self.server, message);
            }
            session.out().clear();
        }
        let progress = match session.state() {
            State::Asked => None,
            State::Made(relayed) => Some(Progress::Made(*relayed)),
            State::Over(ending) => Some(Progress::Over(self.error(ending))),
        };
        drop(session);
        if let Some(progress) = progress {
            self.advance(progress);
        }
    }

    /// Messages of equal length leave together.
    fn poll_send_out(
        &self,
        udp: &Arc<Udp>,
        session: &mut Session,
        waiting: &Mutex<Option<Writable>>,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        let max = self.max_segments();
        for (bytes, stride) in session.out().batches(max) {
            let transmit = Transmit {
                destination: self.server,
                ecn: None,
                contents: bytes,
                segment_size: (bytes.len() > stride).then_some(stride),
                src_ip: None,
            };
            ready!(udp.poll_send(waiting, cx, &transmit));
        }
        Poll::Ready(())
    }

    fn max_segments(&self) -> usize {
        self.udp.as_ref().map_or(1, |udp| udp.max_gso_segments().min(MAX_BATCH))
    }

    /// Takes messages from the server, which `each` hands on, and gives the user what peers sent.
    fn input<R>(&self, each: impl FnOnce(&mut dyn FnMut(&[u8])) -> R) -> R {
        let mut session = self.lock();
        let was_made = matches!(session.state(), State::Made(_));
        let mut batch: Option<Batch> = None;
        let result = each(&mut |message| {
            session.input(message, |from, data| collect(&self.inbox, &mut batch, from, data));
        });
        if let Some(batch) = batch {
            self.inbox.push(batch);
        }
        if session.is_for_streams() {
            self.arrived.notify_one();
        }
        let is_made = matches!(session.state(), State::Made(_));
        if !was_made || !is_made || session.out().len() > 0 {
            self.settle(session);
        }
        result
    }

    fn advance(&self, progress: Progress) {
        let is_over = matches!(progress, Progress::Over(_));
        self.progress.send_if_modified(|now| match (&*now, &progress) {
            (Progress::Over(_), _) | (Progress::Made(_), Progress::Made(_)) => false,
            _ => {
                *now = progress;
                true
            }
        });
        if is_over {
            self.inbox.close();
        }
    }

    /// The connection to the server is gone.
    fn lose(&self, why: &str) {
        let was_made = matches!(*self.progress.borrow(), Progress::Made(_));
        self.advance(Progress::Over(if was_made {
            TurnError::Lost(self.name.clone(), why.to_owned())
        } else {
            TurnError::Unreachable(self.name.clone(), why.to_owned())
        }));
    }

    fn error(&self, ending: &Ending) -> TurnError {
        let name = self.name.clone();
        match ending {
            Ending::WrongPassword => TurnError::WrongPassword(name),
            Ending::Refused(code, reason) => TurnError::Refused(name, *code, reason.clone()),
            Ending::Forgotten => TurnError::Lost(name, "it knows it no longer".to_owned()),
            Ending::Silence => TurnError::Silent(name),
        }
    }

    /// Does what is due; returns the time until something is, if anything ever will be.
    fn tick(&self) -> Option<Duration> {
        let mut session = self.lock();
        let wait = session.tick();
        let is_over = matches!(session.state(), State::Over(_));
        if session.out().len() > 0 || is_over {
            self.settle(session);
        }
        (!is_over).then_some(wait)
    }
}

/// Puts datagrams of one peer and one length together, as one receive would bring them.
fn collect(inbox: &Inbox, batch: &mut Option<Batch>, from: SocketAddr, data: &[u8]) {
    let room = MAX_BATCH.saturating_mul(data.len());
    match batch {
        Some(Batch { from: same, stride, bytes })
            if *same == from && *stride == data.len() && bytes.len() < room =>
        {
            bytes.extend_from_slice(data);
        }
        _ => {
            let next = Batch { from, stride: data.len(), bytes: data.to_vec() };
            if let Some(full) = batch.replace(next) {
                inbox.push(full);
            }
        }
    }
}

impl fmt::Debug for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Turn")
            .field("server", &self.shared.name)
            .field("relayed", &self.relayed)
            .finish_non_exhaustive()
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.carrier.abort();
        // A stream that ends says the same.
        if self.shared.udp.is_some() {
            let mut session = self.shared.lock();
            session.delete();
            self.shared.settle(session);
        }
    }
}
