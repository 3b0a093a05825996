//! The runtime a peer connection's driver runs on: tokio, our sockets, and one extra turn.
//!
//! The driver sends, then handles events, then waits. What an event gave it to send (DTLS hello,
//! SCTP init) would leave only on its next turn, which the ICE timer brings 200 ms later: three
//! times in a row while a link opens. So the first sleep after each receive, and after each timer,
//! ends at once; that is the extra turn. Measured: 606 ms to open without it, under 2 ms with it.

use std::{
    fmt,
    future::Future,
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::task;
use webrtc::runtime::{
    AsyncInterval, AsyncTcpListener, AsyncTcpStream, AsyncUdpSocket, JoinHandle, Runtime,
    TokioRuntime,
};

use super::{
    connection::Progress,
    socket::{Family, Wire, Wiring},
};
use crate::LinkFailure;

/// Whether the driver has an extra turn due, and whom it last heard.
#[derive(Debug, Default)]
pub(super) struct Turns {
    due: AtomicBool,
    driver: OnceLock<task::Id>,
    heard: Mutex<Option<SocketAddr>>,
}

impl Turns {
    /// Something came from `source`: the driver gets an extra turn.
    pub(super) fn arm(&self, source: SocketAddr) {
        self.due.store(true, Ordering::Release);
        *self.heard.lock().unwrap_or_else(PoisonError::into_inner) = Some(source);
    }

    /// Where the last datagram came from.
    pub(super) fn heard(&self) -> Option<SocketAddr> {
        *self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Others sleep on this runtime too (senders that wait, `close`); they take no turn away.
    fn is_driver(&self) -> bool {
        self.driver.get().is_some() && self.driver.get().copied() == task::try_id()
    }
}

/// One connection's runtime.
pub(super) struct DriverRuntime {
    wirings: Mutex<Vec<Wiring>>,
    turns: Arc<Turns>,
    progress: Progress,
    tasks: Mutex<Vec<task::AbortHandle>>,
}

impl DriverRuntime {
    pub(super) fn new(wirings: Vec<Wiring>, progress: Progress) -> Self {
        Self {
            wirings: Mutex::new(wirings),
            turns: Arc::default(),
            progress,
            tasks: Mutex::default(),
        }
    }

    /// Where the connection's last datagram came from.
    pub(super) fn heard(&self) -> Option<SocketAddr> {
        self.turns.heard()
    }

    /// Has a task end with the driver.
    pub(super) fn keep(&self, task: task::JoinHandle<()>) {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner).push(task.abort_handle());
    }

    /// Ends the driver where it stands: the library would let it run on without its connection.
    pub(super) fn abort(&self) {
        for task in self.tasks.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            task.abort();
        }
    }
}

impl Runtime for DriverRuntime {
    fn spawn(&self, future: Pin<Box<dyn Future<Output = ()> + Send>>) -> Box<dyn JoinHandle> {
        let (turns, progress) = (Arc::clone(&self.turns), self.progress.clone());
        let task = tokio::spawn(async move {
            let _report = EndReport(progress);
            if let Some(id) = task::try_id() {
                // Only the driver is ever spawned; were there another task, the first counts.
                let _first = turns.driver.set(id);
            }
            future.await;
        });
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner).push(task.abort_handle());
        Box::new(Spawned(task))
    }

    fn wrap_udp_socket(&self, socket: std::net::UdpSocket) -> io::Result<Arc<dyn AsyncUdpSocket>> {
        let placeholder = socket.local_addr()?;
        let family = Family::of(placeholder);
        let mut wirings = self.wirings.lock().unwrap_or_else(PoisonError::into_inner);
        let at = wirings
            .iter()
            .position(|wiring| wiring.family == family)
            .ok_or(io::ErrorKind::AddrNotAvailable)?;
        let wiring = wirings.swap_remove(at);
        Ok(Arc::new(Wire::new(wiring, placeholder, Arc::clone(&self.turns))))
    }

    fn wrap_tcp_listener(
        &self,
        listener: std::net::TcpListener,
    ) -> io::Result<Arc<dyn AsyncTcpListener>> {
        TokioRuntime.wrap_tcp_listener(listener)
    }

    fn connect_tcp<'a>(
        &'a self,
        _remote: SocketAddr,
    ) -> Pin<Box<dyn Future<Output = io::Result<Arc<dyn AsyncTcpStream>>> + Send + 'a>> {
        Box::pin(std::future::ready(Err(io::ErrorKind::Unsupported.into())))
    }

    fn resolve_host<'a>(
        &'a self,
        _host: &'a str,
    ) -> Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send + 'a>> {
        Box::pin(std::future::ready(Err(io::ErrorKind::Unsupported.into())))
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        if !self.turns.is_driver() {
            return Box::pin(tokio::time::sleep(duration));
        }
        let turns = Arc::clone(&self.turns);
        Box::pin(async move {
            // Taken when polled, not before: the driver may see to another event and drop this
            // future unpolled, and the turn would be lost.
            if !turns.due.swap(false, Ordering::AcqRel) {
                tokio::time::sleep(duration).await;
                turns.due.store(true, Ordering::Release);
            }
        })
    }

    fn interval(&self, period: Duration) -> Box<dyn AsyncInterval> {
        TokioRuntime.interval(period)
    }

    fn block_on(&self, future: Pin<Box<dyn Future<Output = ()> + '_>>) {
        TokioRuntime.block_on(future);
    }

    fn yield_now(&self) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(task::yield_now())
    }

    fn name(&self) -> &'static str {
        "festival"
    }
}

impl fmt::Debug for DriverRuntime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DriverRuntime").field("turns", &self.turns).finish_non_exhaustive()
    }
}

/// Says that the driver is gone, whether it returned, was aborted or panicked: the library itself
/// would leave whoever waits for its events waiting.
struct EndReport(Progress);

impl Drop for EndReport {
    fn drop(&mut self) {
        self.0.end(LinkFailure::Broken);
    }
}

struct Spawned(task::JoinHandle<()>);

impl JoinHandle for Spawned {
    fn detach(&self) {
        // Dropping a tokio handle detaches already.
    }

    fn abort(&self) {
        self.0.abort();
    }

    fn is_finished(&self) -> bool {
        self.0.is_finished()
    }
}

#[cfg(test)]
mod tests {
    use webrtc::runtime::Runtime;

    use super::{DriverRuntime, Progress};
    use crate::LinkFailure;

    #[tokio::test]
    async fn driver_that_panics_or_ends_is_reported() {
        for panics in [true, false] {
            let progress = Progress::new();
            let runtime = DriverRuntime::new(Vec::new(), progress.clone());

            let driver =
                runtime.spawn(Box::pin(async move { assert!(!panics, "as in a library") }));

            assert_eq!(progress.ended().await, LinkFailure::Broken);
            drop(driver);
        }
    }
}
