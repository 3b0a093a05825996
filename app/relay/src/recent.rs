//! Which ephemeral events passed lately: each is passed on once.

use std::{
    collections::{HashSet, VecDeque},
    sync::{Mutex, PoisonError},
};

/// How many are remembered.
const MAX_RECENT: usize = 16_384;

/// The ids of the last events.
#[derive(Debug, Default)]
pub(crate) struct Recent(Mutex<Ids>);

#[derive(Debug, Default)]
struct Ids {
    known: HashSet<[u8; 32]>,
    /// The oldest first.
    order: VecDeque<[u8; 32]>,
}

impl Recent {
    /// Whether this one passed.
    pub(crate) fn has(&self, id: &[u8; 32]) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).known.contains(id)
    }

    /// Remembers one; false if it passed before.
    pub(crate) fn add(&self, id: [u8; 32]) -> bool {
        let mut recent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Ids { known, order } = &mut *recent;
        if !known.insert(id) {
            return false;
        }
        order.push_back(id);
        if order.len() > MAX_RECENT
            && let Some(oldest) = order.pop_front()
        {
            known.remove(&oldest);
        }
        true
    }
}
