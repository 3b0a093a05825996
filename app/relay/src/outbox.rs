//! What waits for one client to read it: bounded, so that a slow reader costs itself, not us.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::sync::{Notify, mpsc};
use tokio_tungstenite::tungstenite::Utf8Bytes;

/// Puts messages in.
#[derive(Debug, Clone)]
pub(crate) struct Outbox {
    queue: mpsc::Sender<Utf8Bytes>,
    load: Arc<Load>,
}

/// Takes messages out.
#[derive(Debug)]
pub(crate) struct Outgoing {
    queue: mpsc::Receiver<Utf8Bytes>,
    load: Arc<Load>,
}

#[derive(Debug)]
struct Load {
    bytes: AtomicUsize,
    max_bytes: usize,
    overflow: Notify,
}

/// An outbox and its other end.
pub(crate) fn outbox(max_messages: usize, max_bytes: usize) -> (Outbox, Outgoing) {
    let (sender, queue) = mpsc::channel(max_messages);
    let load = Load { bytes: AtomicUsize::new(0), max_bytes, overflow: Notify::new() };
    let load = Arc::new(load);
    (Outbox { queue: sender, load: load.clone() }, Outgoing { queue, load })
}

impl Outbox {
    /// Adds a message. If it does not fit, the reader is too slow, and the other end says so.
    pub(crate) fn put(&self, message: Utf8Bytes) {
        let size = message.len();
        let before = self.load.bytes.fetch_add(size, Ordering::Relaxed);
        let is_full = before.saturating_add(size) > self.load.max_bytes;
        if is_full || self.queue.try_send(message).is_err() {
            self.load.bytes.fetch_sub(size, Ordering::Relaxed);
            self.load.overflow.notify_one();
        }
    }
}

impl Outgoing {
    /// The next message; none if one did not fit.
    pub(crate) async fn next(&mut self) -> Option<Utf8Bytes> {
        let message = tokio::select! {
            message = self.queue.recv() => message?,
            () = self.load.overflow.notified() => return None,
        };
        self.load.bytes.fetch_sub(message.len(), Ordering::Relaxed);
        Some(message)
    }

    /// The next message, if there is one already.
    pub(crate) fn try_next(&mut self) -> Option<Utf8Bytes> {
        let message = self.queue.try_recv().ok()?;
        self.load.bytes.fetch_sub(message.len(), Ordering::Relaxed);
        Some(message)
    }

    /// Ends when something did not fit.
    pub(crate) async fn overflow(&self) {
        self.load.overflow.notified().await;
    }
}
