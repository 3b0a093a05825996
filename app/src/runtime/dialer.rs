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
    AddrKind, Callee, DialKey, Link, LinkPath, TransportError, TransportKind,
    ble::{HEAR_TIMEOUT, Lookout},
    chooser::{self, Choice, Progress, gains},
};

use super::{
    Shared,
    backoff::{Backoff, Thrift, Upgrades},
    chance, links,
    ways::Way,
};
use crate::stats::{Circumstances, Outcome};

/// How long a dial without much hope may take: whoever is there after all answers in a second or
/// two, and every second costs twenty datagrams.
const HOPELESS_DIAL: Duration = Duration::from_secs(4);

/// How often it is chosen anew while no way can be gone, in case something changed without a word.
const CHOOSE_AGAIN: Duration = Duration::from_secs(10);

/// One task for every target that is wanted.
#[derive(Debug)]
pub(super) struct Dialer {
    shared: Arc<Shared>,
    tokio: tokio::runtime::Handle,
    wanted: BTreeMap<Target, JoinHandle<()>>,
    thrift: Arc<Mutex<Thrift>>,
    /// Looks for direct ways beside relayed links.
    upgrades: BTreeMap<LinkId, JoinHandle<()>>,
}

impl Dialer {
    pub(super) fn new(shared: Arc<Shared>, tokio: tokio::runtime::Handle) -> Self {
        let thrift = Arc::new(Mutex::new(Thrift::new(shared.started.elapsed())));
        Self { shared, tokio, wanted: BTreeMap::new(), thrift, upgrades: BTreeMap::new() }
    }

    /// Dials `target` until it is no longer wanted.
    pub(super) fn want(&mut self, target: Target, way: Way) {
        let now = self.shared.started.elapsed();
        let (backoff, is_same) = self.shared.targets.want(target, &way);
        if is_same {
            lock(&backoff).miss(now, chance());
        } else {
            lock(&backoff).begin_anew();
        }
        let news = News::new(&self.shared, &way);
        let is_hopeless = lock(&backoff).is_hopeless();
        let failures = match target {
            Target::Member(room, peer) => u32::from(self.shared.links.lost_by_network(room, peer)),
            Target::Invite(_) => 0,
        };
        let dial = Dial {
            since: (!is_hopeless).then(Instant::now),
            shared: Arc::clone(&self.shared),
            target,
            way,
            backoff,
            failures,
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
        self.shared.targets.drop_want(target);
    }

    /// A member was proved at the other end of `link`.
    pub(super) fn meet(&mut self, link: LinkId, room: RoomId, peer: PeerId) {
        let target = Target::Member(room, peer);
        if let Some(backoff) = self.shared.targets.backoff(&target) {
            lock(&backoff).meet(self.shared.started.elapsed());
        }
        self.upgrades.retain(|_, task| !task.is_finished());
        if !self.upgrades.contains_key(&link) {
            self.seek_better(link, target);
        }
    }

    /// A link carries more than it is good for: a better one is looked for as if it had just come about.
    pub(super) fn hurry(&mut self, link: LinkId, room: RoomId, peer: PeerId) {
        if let Some(task) = self.upgrades.remove(&link) {
            task.abort();
        }
        self.seek_better(link, Target::Member(room, peer));
    }

    /// Looks for a direct way beside a link that this end dialed, if it goes another.
    fn seek_better(&mut self, link: LinkId, target: Target) {
        let progress = self.shared.links.dialed(link).map(|(_, progress)| progress);
        let up = progress.and_then(|progress| progress.up);
        if up.is_some_and(|up| gains(up, LinkPath::Direct)) {
            let seek = seek_better(Arc::clone(&self.shared), link, target);
            self.upgrades.insert(link, self.tokio.spawn(seek));
        }
    }
}

/// The endless dialing of one target.
struct Dial {
    shared: Arc<Shared>,
    target: Target,
    way: Way,
    backoff: Arc<Mutex<Backoff>>,
    /// Dials in vain since there was a reason to hope that a network leads there.
    failures: u32,
    thrift: Arc<Mutex<Thrift>>,
    news: News,
    /// Since when it has been looked for, until that is counted.
    since: Option<Instant>,
}

impl Dial {
    async fn run(mut self) {
        loop {
            let news = tokio::select! {
                () = wait(&self.shared, &self.backoff, &self.thrift) => None,
                news = self.news.come() => Some(news),
            };
            if let Some(news) = news {
                self.begin_anew(news);
                continue;
            }
            let progress = Progress { failures: self.failures, ..Progress::default() };
            let choice = self.shared.choose(&self.way, progress);
            if choice.attempts.is_empty() {
                tokio::select! {
                    () = sleep(CHOOSE_AGAIN) => {}
                    news = self.news.come() => self.begin_anew(news),
                }
                continue;
            }
            let dialed = {
                let dialing = dial(&self.shared, &self.way, &choice, &self.backoff);
                tokio::select! {
                    dialed = dialing => Ok(dialed),
                    news = self.news.end_a_dial(&choice) => Err(news),
                }
            };
            let dialed = match dialed {
                Ok(dialed) => dialed,
                Err(news) => {
                    self.begin_anew(news);
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
            self.failures = self.failures.saturating_add(1);
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

    fn begin_anew(&mut self, news: Sign) {
        lock(&self.backoff).begin_anew();
        if news != Sign::Heard {
            self.failures = 0;
        }
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
    choice: &Choice,
    backoff: &Mutex<Backoff>,
) -> Result<Link, TransportError> {
    let dialing = shared.transport.dial_by(choice, &way.addrs, way.key, way.callee);
    let is_hopeless = lock(backoff).is_hopeless();
    if is_hopeless {
        let late = |_elapsed| Err(TransportError::Unreachable);
        timeout(HOPELESS_DIAL, dialing).await.unwrap_or_else(late)
    } else {
        dialing.await
    }
}

/// What makes a fresh dial worthwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    /// The network changed, or the device woke.
    Fresh,
    /// The target was seen where it was not, on the local network.
    Seen,
    /// The same, over Bluetooth.
    Heard,
}

/// Waits for signs.
struct News {
    shared: Arc<Shared>,
    name: (DialKey, Callee),
    fresh: watch::Receiver<u64>,
    sightings: watch::Receiver<u64>,
    heard: watch::Receiver<u64>,
    /// Where it was seen so far, and heard.
    known: [Vec<String>; 2],
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
        let mut news = Self {
            _lookout: can_be_heard.then(look_for),
            known: [Vec::new(), Vec::new()],
            shared: Arc::clone(shared),
            name: (way.key, way.callee),
            fresh: shared.fresh.subscribe(),
            sightings,
            heard,
        };
        news.look();
        news
    }

    /// Looks where the target is; whether that is new, by the network and by Bluetooth.
    fn look(&mut self) -> [bool; 2] {
        let (key, callee) = &self.name;
        let around = &self.shared.surroundings;
        let now = [(around.find)(key, callee), (around.hear)(key, callee)];
        let pairs = [(&now[0], &self.known[0]), (&now[1], &self.known[1])];
        let is_new = pairs.map(|(now, known)| now.iter().any(|place| !known.contains(place)));
        self.known = now;
        is_new
    }

    /// Waits for the next one.
    async fn come(&mut self) -> Sign {
        loop {
            tokio::select! {
                fresh = self.fresh.changed() => match fresh {
                    Ok(()) => return Sign::Fresh,
                    Err(_stopping) => pending().await,
                },
                // Without discovery there never are any.
                Ok(()) = self.sightings.changed() => {}
                Ok(()) = self.heard.changed() => {}
            }
            match self.look() {
                [true, _] => return Sign::Seen,
                [_, true] => return Sign::Heard,
                _ => {}
            }
        }
    }

    /// Waits for one by which a dial under way is to end, since it knows nothing of it: what
    /// it listens for itself it hears.
    async fn end_a_dial(&mut self, choice: &Choice) -> Sign {
        let began = tokio::time::Instant::now();
        let listens_until = choice.after(chooser::Way::Bluetooth).map(|after| after + HEAR_TIMEOUT);
        loop {
            let sign = self.come().await;
            let hears = listens_until.is_some_and(|until| began.elapsed() < until);
            if sign != Sign::Heard || !hears {
                return sign;
            }
        }
    }
}

/// Dials beside a link that takes a detour until there is a better one; the engine then keeps the newer.
async fn seek_better(shared: Arc<Shared>, link: LinkId, target: Target) {
    let Some((way, _)) = shared.links.dialed(link) else { return };
    let mut upgrades = Upgrades::default();
    // Nobody is listened for: Bluetooth replaces no link.
    let mut news = News::new(&shared, &Way { addrs: Vec::new(), ..way });
    loop {
        tokio::select! {
            () = sleep(upgrades.next_pause(chance())) => {}
            _sign = news.come() => upgrades = Upgrades::default(),
        }
        let Some((way, progress)) = shared.links.dialed(link) else { return };
        let choice = shared.choose(&way, progress);
        if choice.attempts.is_empty() {
            continue;
        }
        let dialed = shared.transport.dial_by(&choice, &way.addrs, way.key, way.callee).await;
        if let Ok(better) = dialed
            && shared
                .links
                .dialed(link)
                .is_some_and(|(_, progress)| progress.up.is_some_and(|up| gains(up, path(&better))))
        {
            links::adopt(&shared, better, Some((target, Some(way)))).await.await;
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
