//! Finding each other over the internet: offers and answers, sealed, left at Nostr relays.
//!
//! ```text
//! caller                         relays (3 to 5)                        callee
//!   |                               |<- REQ topics of its keys, today ----|   hear
//!   |- REQ topic of this session -->|                                     |   call
//!   |- EVENT sealed offer --------->|- EVENT ---------------------------->|   Call::offer
//!   |<--------------------- EVENT --|<- EVENT sealed answer --------------|   Offer::answer
//! ```
//!
//! Each relay gets its own topic, seal and signature, so that no two can compare notes. The first
//! answer wins. See `docs/rendezvous.md`.

mod call;
mod days;
mod hear;
mod leave;
mod sessions;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use tokio::sync::mpsc;

use self::hear::Hub;
pub(crate) use self::{
    call::Call,
    hear::{Hearing, Offer},
};
use crate::{
    Callee, DialKey,
    nostr::{RelayPool, RelayUrl},
};

/// The kind of our events: ephemeral, so that relays need not keep them.
const KIND: u16 = 20420;

/// The letter of the tag that carries the topic.
const TAG: char = 'x';

/// By how many seconds a clock may be off, or an event late.
const FRESH: u64 = 120;

/// Relays used for one call, or one hearing.
const MAX_RELAYS: usize = 8;

/// Leaves and hears offers and answers; clones share one subscription per relay.
#[derive(Debug, Clone)]
pub(crate) struct Rendezvous {
    pool: RelayPool,
    hub: Arc<Hub>,
}

impl Rendezvous {
    pub(crate) fn new(pool: RelayPool) -> Self {
        let hub = Arc::new(Hub::new(pool.clone()));
        Self { pool, hub }
    }

    /// Hears offers for `callee` from those who know `key`, at the relays `at`, until the hearing
    /// is dropped. While `offers` is full, further ones are lost.
    pub(crate) fn hear(
        &self,
        key: DialKey,
        callee: Callee,
        mut at: Vec<RelayUrl>,
        offers: mpsc::Sender<Offer>,
    ) -> Hearing {
        at.truncate(MAX_RELAYS);
        Hub::hear(&self.hub, key, callee, at, offers)
    }

    /// Begins one session of calling `callee` at the relays `at`; it ends when dropped.
    pub(crate) fn call(&self, key: DialKey, callee: Callee, mut at: Vec<RelayUrl>) -> Call {
        at.truncate(MAX_RELAYS);
        Call::new(self.pool.clone(), key, callee, at)
    }
}
