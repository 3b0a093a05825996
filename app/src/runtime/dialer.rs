//! Dials whom the engine wants, again and again, with patience that grows and ends at once when
//! there is news; and looks for a direct way beside links that are relayed.

use std::{
    collections::BTreeMap,
    future::pending,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use engine::{LinkId, PeerId, RoomId, Target};
use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{sleep, timeout},
};
use transport::{
    Addr, AddrKind, Callee, DialKey, Link, LinkPath, TransportError, TransportKind, ble::Lookout,
};

use super::{
    Shared,
    backoff::{Backoff, Thrift, Upgrades},
    chance, links,
};
use crate::stats::{Circumstances, Outcome};

/// How long a dial without much hope may take: whoever is there after all answers in a second or
/// two, and every second costs twenty datagrams.
const HOPELESS_DIAL: Duration = Duration::from_secs(4);

/// Targets whose patience is remembered: ten large rooms.
const MAX_REMEMBERED: usize = 1_024;

/// Where somebody may be reached, and by what name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Way {
    pub(super) addrs: Vec<Addr>,
    pub(super) key: DialKey,
    pub(super) callee: Callee,
}

/// One task for every target that is wanted.
#[derive(Debug)]
pub(super) struct Dialer {
    shared: Arc<Shared>,
    tokio: tokio::runtime::Handle,
    wanted: BTreeMap<Target, JoinHandle<()>>,
    /// Outlives the tasks: a target that takes its turn again is not dialed as if it were new.
    patience: BTreeMap<Target, (Way, Arc<Mutex<Backoff>>)>,
    thrift: Arc<Mutex<Thrift>>,
    /// Looks for direct ways beside relayed links.
    upgrades: BTreeMap<LinkId, JoinHandle<()>>,
}

impl Dialer {
    pub(super) fn new(shared: Arc<Shared>, tokio: tokio::runtime::Handle) -> Self {
        let thrift = Arc::new(Mutex::new(Thrift::new(shared.started.elapsed())));
        Self {
            shared,
            tokio,
            wanted: BTreeMap::new(),
            patience: BTreeMap::new(),
            thrift,
            upgrades: BTreeMap::new(),
        }
    }

    /// Dials `target` until it is no longer wanted.
    pub(super) fn want(&mut self, target: Target, way: Way) {
        self.forget_some();
        let now = self.shared.started.elapsed();
        let (known, backoff) =
            self.patience.entry(target).or_insert_with(|| (way.clone(), Arc::default()));
        if *known == way {
            lock(backoff).miss(now, chance());
        } else {
            *known = way.clone();
            lock(backoff).begin_anew();
        }
        let news = News::new(&self.shared, &way);
        let is_hopeless = lock(backoff).is_hopeless();
        let dial = Dial {
            since: (!is_hopeless).then(Instant::now),
            shared: Arc::clone(&self.shared),
            target,
            way,
            backoff: Arc::clone(backoff),
            thrift: Arc::clone(&self.thrift),
            news,
        };
        if let Some(old) = self.wanted.insert(target, self.tokio.spawn(dial.run())) {
            old.abort();
        }
    }

    /// Stops; a link that is up stays.
    pub(super) fn drop_want(&mut self, target: &Target) {
        if let Some(task) = self.wanted.remove(target) {
            task.abort();
        }
    }

    /// A member was proved at the other end of `link`.
    pub(super) fn meet(&mut self, link: LinkId, room: RoomId, peer: PeerId) {
        let target = Target::Member(room, peer);
        if let Some((_, backoff)) = self.patience.get(&target) {
            lock(backoff).meet(self.shared.started.elapsed());
        }
        self.upgrades.retain(|_, task| !task.is_finished());
        if let Some(way) = self.shared.links.relayed_way(link) {
            let seek = seek_direct(Arc::clone(&self.shared), link, target, way);
            self.upgrades.entry(link).or_insert_with(|| self.tokio.spawn(seek));
        }
    }

    fn forget_some(&mut self) {
        if self.patience.len() >= MAX_REMEMBERED {
            self.patience.retain(|target, _| self.wanted.contains_key(target));
        }
    }
}

/// The endless dialing of one target.
struct Dial {
    shared: Arc<Shared>,
    target: Target,
    way: Way,
    backoff: Arc<Mutex<Backoff>>,
    thrift: Arc<Mutex<Thrift>>,
    news: News,
    /// Since when it has been looked for, until that is counted.
    since: Option<Instant>,
}

impl Dial {
    async fn run(mut self) {
        loop {
            let is_new = tokio::select! {
                () = wait(&self.shared, &self.backoff, &self.thrift) => false,
                () = self.news.come() => true,
            };
            if is_new {
                self.begin_anew();
                continue;
            }
            // News end a dial under way, too: it knows nothing of the new network.
            let dialed = tokio::select! {
                dialed = dial(&self.shared, &self.way, &self.backoff) => dialed,
                () = self.news.come() => {
                    self.begin_anew();
                    continue;
                }
            };
            match dialed {
                Ok(link) => {
                    self.count(link.kind, path(&link).into());
                    let way = Some(self.way.clone());
                    links::adopt(&self.shared, link, Some((self.target, way))).await.await;
                }
                Err(err) => {
                    log::debug!("dialing {:?}: {err}", self.target);
                    // Whoever does not answer may yet.
                    if !matches!(err, TransportError::Unreachable) {
                        self.count(self.shared.transport.kind(), (&err).into());
                    }
                }
            }
            let is_hopeless = {
                let mut backoff = lock(&self.backoff);
                backoff.fail(self.shared.started.elapsed(), chance());
                backoff.is_hopeless()
            };
            if is_hopeless {
                self.count(self.shared.transport.kind(), Outcome::Unreachable);
            }
        }
    }

    fn begin_anew(&mut self) {
        lock(&self.backoff).begin_anew();
        self.since = Some(Instant::now());
    }

    /// Counts how looking for it went, once.
    fn count(&mut self, transport: TransportKind, outcome: Outcome) {
        let Some(since) = self.since.take() else { return };
        let under = Circumstances { transport, nat: (self.shared.surroundings.nat)() };
        self.shared.stats.count(under, outcome, since.elapsed());
    }
}

/// Waits until the target may be dialed.
async fn wait(shared: &Shared, backoff: &Mutex<Backoff>, thrift: &Mutex<Thrift>) {
    loop {
        let now = shared.started.elapsed();
        let (pause, is_hopeless) = {
            let backoff = lock(backoff);
            (backoff.wait(now), backoff.is_hopeless())
        };
        if !pause.is_zero() {
            sleep(pause).await;
        } else if !is_hopeless {
            return;
        } else {
            let spent = lock(thrift).spend(now);
            match spent {
                Ok(()) => return,
                Err(pause) => sleep(pause).await,
            }
        }
    }
}

async fn dial(
    shared: &Shared,
    way: &Way,
    backoff: &Mutex<Backoff>,
) -> Result<Link, TransportError> {
    let dialing = shared.transport.dial(&way.addrs, way.key, way.callee);
    let is_hopeless = lock(backoff).is_hopeless();
    if is_hopeless {
        let late = |_elapsed| Err(TransportError::Unreachable);
        timeout(HOPELESS_DIAL, dialing).await.unwrap_or_else(late)
    } else {
        dialing.await
    }
}

/// What makes a fresh dial worthwhile.
struct News {
    shared: Arc<Shared>,
    name: (DialKey, Callee),
    fresh: watch::Receiver<u64>,
    sightings: watch::Receiver<u64>,
    heard: watch::Receiver<u64>,
    /// Where it was seen so far, on the local network or over Bluetooth.
    seen: Vec<String>,
    _lookout: Option<Lookout>,
}

impl News {
    fn new(shared: &Arc<Shared>, way: &Way) -> Self {
        let mut sightings = shared.surroundings.sightings.clone();
        sightings.mark_unchanged();
        let mut heard = shared.surroundings.heard.clone();
        heard.mark_unchanged();
        let can_be_heard = way.addrs.iter().any(|addr| addr.kind == AddrKind::Ble);
        let look_for = || (shared.surroundings.look_for)(way.key, way.callee);
        Self {
            _lookout: can_be_heard.then(look_for),
            seen: (shared.surroundings.find)(&way.key, &way.callee),
            shared: Arc::clone(shared),
            name: (way.key, way.callee),
            fresh: shared.fresh.subscribe(),
            sightings,
            heard,
        }
    }

    /// Waits until the network changes, the device wakes, or the target is seen where it was not.
    async fn come(&mut self) {
        loop {
            tokio::select! {
                fresh = self.fresh.changed() => match fresh {
                    Ok(()) => return,
                    Err(_stopping) => pending().await,
                },
                // Without discovery there never are any.
                Ok(()) = self.sightings.changed() => {}
                Ok(()) = self.heard.changed() => {}
            }
            let seen = (self.shared.surroundings.find)(&self.name.0, &self.name.1);
            let is_new = seen.iter().any(|addr| !self.seen.contains(addr));
            self.seen = seen;
            if is_new {
                return;
            }
        }
    }
}

/// Dials beside a relayed link until there is a direct one; the engine then keeps the newer.
async fn seek_direct(shared: Arc<Shared>, link: LinkId, target: Target, way: Way) {
    let mut upgrades = Upgrades::default();
    // Bluetooth replaces no link.
    let by_network = Way { addrs: Vec::new(), ..way.clone() };
    let mut news = News::new(&shared, &by_network);
    loop {
        tokio::select! {
            () = sleep(upgrades.next_pause(chance())) => {}
            () = news.come() => upgrades = Upgrades::default(),
        }
        if shared.links.relayed_way(link).is_none() {
            return;
        }
        let dialed = shared.transport.dial_directly(&way.addrs, way.key, way.callee).await;
        // A second relayed link would cost as much and gain nothing.
        if let Ok(direct) = dialed
            && path(&direct) == LinkPath::Direct
            && shared.links.relayed_way(link).is_some()
        {
            links::adopt(&shared, direct, Some((target, Some(way)))).await.await;
            return;
        }
    }
}

fn path(link: &Link) -> LinkPath {
    link.stats.lock().unwrap_or_else(PoisonError::into_inner).path
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
