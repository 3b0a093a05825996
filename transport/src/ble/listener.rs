//! Keeps the radio on.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::{RadioState, Shared};
use crate::{Addr, AddrKind, Callee, DialKey, Listener};

/// Dropping it ends all links and leaves the radio.
#[derive(Debug)]
pub(super) struct BleListener {
    pub(super) shared: Arc<Shared>,
    /// The driver stops once this is gone.
    pub(super) _alive: oneshot::Sender<()>,
}

impl Listener for BleListener {
    /// That it can be found at all: how, the dial key says. A radio that is off may be on again any
    /// moment, when nobody can be told: friends who were told that it is not there would not listen.
    fn addrs(&self) -> Vec<Addr> {
        let is_there = matches!(*self.shared.state.borrow(), RadioState::Ready | RadioState::Off);
        is_there.then(|| Addr { kind: AddrKind::Ble, bytes: Vec::new() }).into_iter().collect()
    }

    fn admit(&self, key: DialKey, callee: Callee) {
        self.shared
            .wanted
            .send_if_modified(|wanted| wanted.admitted.insert(key, callee) != Some(callee));
    }

    fn refuse(&self, key: &DialKey) {
        self.shared.wanted.send_if_modified(|wanted| wanted.admitted.remove(key).is_some());
    }
}
