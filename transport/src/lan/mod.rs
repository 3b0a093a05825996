//! Finding friends on the local network, unseen by strangers: multicast DNS service discovery
//! with names that change and that only holders of a key recognize. See `docs/lan.md`.

mod door;
pub(crate) mod interfaces;
mod message;
mod names;
mod sightings;
mod task;
#[cfg(test)]
mod tests;

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Instant,
};

use tokio::{
    runtime::Handle,
    sync::{Notify, watch},
};

pub use interfaces::{Place, has_network, places};

use self::{names::Name, sightings::Sightings, task::Task};
use crate::{Callee, DialKey};

/// Says where this device can be dialed to those who may know, and hears the same of others.
/// Dropping it says goodbye and ends everything.
#[derive(Debug)]
pub struct Lan {
    orders: watch::Sender<Orders>,
    shared: Arc<Shared>,
}

/// What the task is told.
#[derive(Debug, Clone, Default)]
struct Orders {
    names: Arc<Vec<Name>>,
    /// Counts changes of the network.
    moves: u64,
}

/// What both the task and its owner see.
#[derive(Debug, Default)]
struct Shared {
    sightings: Mutex<Sightings>,
    /// Counts news among them.
    news: watch::Sender<u64>,
    /// Rung when somebody is looked for.
    wanted: Notify,
    networks: AtomicUsize,
    bytes_sent: AtomicU64,
    bytes_received: AtomicU64,
}

/// What discovery is doing, for people who want to know.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LanReport {
    /// Networks spoken on; none where multicast is not to be had.
    pub networks: usize,
    /// Devices of this app heard of lately, friends or not.
    pub devices: usize,
    /// Bytes said so far.
    pub bytes_sent: u64,
    /// Bytes heard so far.
    pub bytes_received: u64,
}

impl Lan {
    /// Begins to listen for others and, once there are names to announce, to tell them of `port`.
    ///
    /// With `loopback` it speaks to this machine alone, without it never to this machine alone.
    /// Where there is no network, or no multicast on it, nothing is found until there is.
    ///
    /// # Errors
    ///
    /// Outside a tokio runtime.
    pub fn start(port: u16, loopback: bool) -> io::Result<Self> {
        let runtime = Handle::try_current().map_err(io::Error::other)?;
        let (orders, told) = watch::channel(Orders::default());
        let shared = Arc::new(Shared::default());
        runtime.spawn(Task::new(port, loopback, told, Arc::clone(&shared)).run());
        Ok(Self { orders, shared })
    }

    /// Answers to exactly these names from now on.
    pub fn announce(&self, keys: &[(DialKey, Callee)]) {
        let mut names: Vec<_> = keys.iter().map(|(key, callee)| Name::new(key, callee)).collect();
        names.sort_unstable();
        names.dedup();
        self.orders.send_if_modified(|orders| {
            let is_new = *orders.names != names;
            if is_new {
                orders.names = Arc::new(names);
            }
            is_new
        });
    }

    /// Where the device that answers to `callee` under `key` can be dialed on the local network,
    /// as far as is known; if it is not, others are asked.
    pub fn find(&self, key: &DialKey, callee: &Callee) -> Vec<SocketAddr> {
        let found = self.shared.sightings().find(Instant::now(), &Name::new(key, callee));
        if found.is_empty() {
            self.shared.wanted.notify_one();
        }
        found
    }

    /// Changes when [`find`](Self::find) may find more than before.
    pub fn changed(&self) -> watch::Receiver<u64> {
        self.shared.news.subscribe()
    }

    /// Looks at the networks, says everything anew under new names, and asks around.
    pub fn network_changed(&self) {
        self.orders.send_modify(|orders| orders.moves = orders.moves.wrapping_add(1));
    }

    /// What it is doing.
    pub fn report(&self) -> LanReport {
        let shared = &self.shared;
        LanReport {
            networks: shared.networks.load(Ordering::Relaxed),
            devices: shared.sightings().len(),
            bytes_sent: shared.bytes_sent.load(Ordering::Relaxed),
            bytes_received: shared.bytes_received.load(Ordering::Relaxed),
        }
    }
}

impl Shared {
    fn sightings(&self) -> MutexGuard<'_, Sightings> {
        self.sightings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads a message as [`Lan`] would, for the fuzzer; whether it was about us.
///
/// # Panics
///
/// If what was read is not heard when it is said.
#[doc(hidden)]
pub fn decode(bytes: &[u8]) -> bool {
    let heard = message::decode(bytes);
    if let Some(message::Heard::Answer(announcements)) = &heard {
        for announcement in announcements {
            let said = announcement.encode().expect("what was read fits a message");
            let again = message::Heard::Answer(vec![announcement.clone()]);
            assert_eq!(message::decode(&said), Some(again));
        }
    }
    heard.is_some()
}
