//! Keeps the radio on.

use std::sync::Arc;

use super::{Order, RadioState, Shared};
use crate::{Addr, AddrKind, Callee, DialKey, Listener};

/// Dropping it ends all links and leaves the radio.
#[derive(Debug)]
pub(super) struct BleListener {
    pub(super) shared: Arc<Shared>,
}

impl Listener for BleListener {
    /// That it can be found at all: how, the dial key says.
    fn addrs(&self) -> Vec<Addr> {
        let is_ready = *self.shared.state.borrow() == RadioState::Ready;
        is_ready.then(|| Addr { kind: AddrKind::Ble, bytes: Vec::new() }).into_iter().collect()
    }

    fn admit(&self, key: DialKey, callee: Callee) {
        let _ = self.shared.orders.send(Order::Admit(key, callee));
    }

    fn refuse(&self, key: &DialKey) {
        let _ = self.shared.orders.send(Order::Refuse(*key));
    }
}

impl Drop for BleListener {
    fn drop(&mut self) {
        let _ = self.shared.orders.send(Order::Stop);
    }
}
