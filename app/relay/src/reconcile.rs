//! NIP-77: a client that has most of the mail finds out which it lacks, in few bytes.

use std::time::Instant;

use negentropy::{Id, Negentropy, NegentropyStorageVector};
use tokio::sync::OwnedSemaphorePermit;

use crate::store::Found;

/// The least that one message of the protocol may be bounded to.
const MIN_FRAME_LEN: usize = 4_096;

/// What goes around a message: its name, the subscription's id, quotes.
const FRAME_OVERHEAD: usize = 512;

/// A reconciliation that goes on.
pub(crate) struct Reconciliation {
    negentropy: Negentropy<'static, NegentropyStorageVector>,
    pub(crate) heard_at: Instant,
    /// There is only room for so many.
    _seat: OwnedSemaphorePermit,
}

impl Reconciliation {
    /// Begins one over these events.
    pub(crate) fn new(
        found: &[Found],
        message_bytes: usize,
        seat: OwnedSemaphorePermit,
    ) -> Result<Self, String> {
        let failed = |err| format!("error: {err}");
        let mut storage = NegentropyStorageVector::with_capacity(found.len());
        for event in found {
            let id = Id::from_byte_array(event.id().to_bytes());
            storage.insert(event.created_at(), id).map_err(failed)?;
        }
        storage.seal().map_err(failed)?;
        // Every byte is written as two digits.
        let frame = (message_bytes / 2).saturating_sub(FRAME_OVERHEAD).max(MIN_FRAME_LEN);
        let frame = u64::try_from(frame).unwrap_or(u64::MAX);
        let negentropy = Negentropy::owned(storage, frame).map_err(failed)?;
        Ok(Self { negentropy, heard_at: Instant::now(), _seat: seat })
    }

    /// Answers one step.
    pub(crate) fn step(&mut self, message: &[u8]) -> Result<Vec<u8>, String> {
        self.heard_at = Instant::now();
        self.negentropy.reconcile(message).map_err(|err| format!("invalid: {err}"))
    }
}
