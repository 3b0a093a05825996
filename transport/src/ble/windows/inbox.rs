//! What the system tells, on threads of its own, on its way to ours.

use std::sync::Arc;

use tokio::sync::{Notify, mpsc};

use super::Happening;

/// Happenings that may wait.
pub(super) const MAX_WAITING: usize = 512;

/// Places that are kept for what must not be lost.
pub(super) const KEPT: usize = 256;

/// Takes what the system tells, and never waits.
#[derive(Debug, Clone)]
pub(super) struct Inbox {
    happenings: mpsc::Sender<Happening>,
    overrun: Arc<Notify>,
}

/// What is read of it.
#[derive(Debug)]
pub(super) struct Outlet {
    pub(super) happenings: mpsc::Receiver<Happening>,
    /// Something was lost that must not be.
    pub(super) overrun: Arc<Notify>,
}

impl Inbox {
    pub(super) fn new() -> (Self, Outlet) {
        let (sender, happenings) = mpsc::channel(MAX_WAITING);
        let overrun = Arc::new(Notify::new());
        let inbox = Self { happenings: sender, overrun: Arc::clone(&overrun) };
        (inbox, Outlet { happenings, overrun })
    }

    /// Tells what must not be lost.
    pub(super) fn tell(&self, happening: Happening) {
        if let Err(mpsc::error::TrySendError::Full(_)) = self.happenings.try_send(happening) {
            self.overrun.notify_one();
        }
    }

    /// Tells what comes from others. It is lost if there is much of it, as on the air: nobody near can fill the memory.
    pub(super) fn mention(&self, happening: Happening) {
        if self.happenings.capacity() > KEPT {
            let _ = self.happenings.try_send(happening);
        }
    }
}
