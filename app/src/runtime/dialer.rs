//! Dials whom the engine wants, again and again, with patience that grows.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use engine::Target;
use rand_core::{OsRng, RngCore as _};
use tokio::task::JoinHandle;
use transport::{Addr, Callee, DialKey};

use super::{Shared, links};

/// The first pause after a failed dial: a person is looking.
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// The longest pause: someone who comes back into reach is found within this time, and a phone
/// that looks for nobody sleeps almost always.
const LONGEST_PAUSE: Duration = Duration::from_secs(20);

/// A link that held this long was a good one: after it, dialing begins anew with short pauses.
const GOOD_LINK: Duration = Duration::from_secs(5);

/// One task for every target that is wanted.
#[derive(Debug)]
pub(super) struct Dialer {
    shared: Arc<Shared>,
    tokio: tokio::runtime::Handle,
    wanted: BTreeMap<Target, JoinHandle<()>>,
}

impl Dialer {
    pub(super) fn new(shared: Arc<Shared>, tokio: tokio::runtime::Handle) -> Self {
        Self { shared, tokio, wanted: BTreeMap::new() }
    }

    /// Dials `target` until it is no longer wanted.
    pub(super) fn want(&mut self, target: Target, addrs: &[engine::Addr], name: (DialKey, Callee)) {
        let addrs = addrs.iter().filter_map(links::to_transport).collect();
        let task = dial_forever(Arc::clone(&self.shared), target, addrs, name);
        if let Some(old) = self.wanted.insert(target, self.tokio.spawn(task)) {
            old.abort();
        }
    }

    /// Stops; a link that is up stays.
    pub(super) fn drop_want(&mut self, target: &Target) {
        if let Some(task) = self.wanted.remove(target) {
            task.abort();
        }
    }
}

async fn dial_forever(
    shared: Arc<Shared>,
    target: Target,
    addrs: Vec<Addr>,
    (key, callee): (DialKey, Callee),
) {
    let mut pause = FIRST_PAUSE;
    loop {
        match shared.transport.dial(&addrs, key, callee).await {
            Ok(link) => {
                let since = Instant::now();
                let closed = links::adopt(&shared, link, Some(target)).await;
                closed.await;
                if since.elapsed() >= GOOD_LINK {
                    pause = FIRST_PAUSE;
                }
            }
            Err(err) => log::debug!("dialing {target:?}: {err}"),
        }
        tokio::time::sleep(with_jitter(pause)).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Between half and all of `pause`: devices that lost each other do not dial in step.
fn with_jitter(pause: Duration) -> Duration {
    let half = pause / 2;
    let millis = u64::try_from(half.as_millis()).unwrap_or(u64::MAX).max(1);
    half + Duration::from_millis(u64::from(OsRng.next_u32()) % millis)
}
