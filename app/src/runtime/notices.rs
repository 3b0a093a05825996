//! What waits for the screens, bounded: a hidden window must not make us grow.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::Wake;
use crate::backend::Notice;

/// Notices that may wait: a page of history and a burst of messages for every room on the list.
const MAX_WAITING: usize = 8_192;

/// A queue whose reader may be slow and whose writer never waits.
pub(super) struct Notices {
    waiting: Mutex<VecDeque<Notice>>,
    wake: Wake,
}

impl fmt::Debug for Notices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notices").field("waiting", &self.lock().len()).finish_non_exhaustive()
    }
}

impl Notices {
    pub(super) fn new(wake: Wake) -> Self {
        Self { waiting: Mutex::new(VecDeque::new()), wake }
    }

    /// Adds notices and wakes the reader. False if there was no room: then the reader is told to
    /// ask for everything anew.
    pub(super) fn push(&self, notices: Vec<Notice>) -> bool {
        if notices.is_empty() {
            return true;
        }
        let mut waiting = self.lock();
        let fits = waiting.len().saturating_add(notices.len()) <= MAX_WAITING;
        if fits {
            waiting.extend(notices);
        } else {
            waiting.clear();
            waiting.push_back(Notice::Overflow);
        }
        drop(waiting);
        (self.wake)();
        fits
    }

    pub(super) fn pop(&self) -> Option<Notice> {
        self.lock().pop_front()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Notice>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{MAX_WAITING, Notices};
    use crate::backend::Notice;

    #[test]
    fn reader_that_is_too_slow_is_told_to_ask_again_and_costs_no_memory() {
        let notices = Notices::new(Arc::new(|| {}));
        let stopped = || Notice::Stopped(String::new());
        let fitting = (0..MAX_WAITING).all(|_| notices.push(vec![stopped()]));

        assert!(fitting);
        assert!(!notices.push(vec![stopped()]));
        assert_eq!(notices.pop(), Some(Notice::Overflow));
        assert_eq!(notices.pop(), None);
    }
}
