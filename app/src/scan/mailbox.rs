//! A place for one picture: the newest wins, and who waits for it can be sent home.

use std::{
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::Shot;

/// One slot between the thread that sees and the thread that reads.
#[derive(Debug, Default)]
pub(super) struct Mailbox {
    slot: Mutex<Slot>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Slot {
    shot: Option<Shot>,
    /// No picture follows the one inside.
    finished: bool,
    /// Nobody wants pictures anymore.
    closed: bool,
}

/// What waiting for a picture came to.
#[derive(Debug)]
pub(super) enum Taken {
    Shot(Shot),
    /// None came in time.
    Late,
    /// None will come.
    Closed,
}

impl Mailbox {
    /// Puts a picture in, in place of an older one.
    pub(super) fn put(&self, shot: Shot) {
        let mut slot = self.slot();
        if !slot.closed {
            slot.shot = Some(shot);
            self.changed.notify_all();
        }
    }

    /// Waits for a picture, for `patience` at most.
    pub(super) fn take(&self, patience: Option<Duration>) -> Taken {
        let waits = |slot: &mut Slot| slot.shot.is_none() && !slot.closed && !slot.finished;
        let mut slot = match patience {
            None => {
                self.changed.wait_while(self.slot(), waits).unwrap_or_else(PoisonError::into_inner)
            }
            Some(time) => {
                let waited = self.changed.wait_timeout_while(self.slot(), time, waits);
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
        };
        if slot.closed {
            return Taken::Closed;
        }
        match slot.shot.take() {
            Some(shot) => Taken::Shot(shot),
            None if slot.finished => Taken::Closed,
            None => Taken::Late,
        }
    }

    /// Waits until the mailbox is closed, for `time` at most; whether it is.
    pub(super) fn wait_closed(&self, time: Duration) -> bool {
        let waited = self.changed.wait_timeout_while(self.slot(), time, |slot| !slot.closed);
        waited.unwrap_or_else(PoisonError::into_inner).0.closed
    }

    /// Whether a picture lies unread.
    pub(super) fn is_full(&self) -> bool {
        self.slot().shot.is_some()
    }

    /// The picture inside is the last.
    pub(super) fn finish(&self) {
        self.slot().finished = true;
        self.changed.notify_all();
    }

    /// Drops what is inside and whatever comes.
    pub(super) fn close(&self) {
        let mut slot = self.slot();
        slot.closed = true;
        slot.shot = None;
        self.changed.notify_all();
    }

    pub(super) fn is_closed(&self) -> bool {
        self.slot().closed
    }

    pub(super) fn is_finished(&self) -> bool {
        self.slot().finished
    }

    fn slot(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
