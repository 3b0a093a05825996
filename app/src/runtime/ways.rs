//! Who is to be reached, how far that is, and what the chooser says of the ways there.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::Ordering},
};

use engine::Target;
use transport::{
    Addr, Callee, DialKey,
    ble::BleTransport,
    chooser::{self, Choice, Network, Peer, Progress, Reason, Situation},
    lan,
    webrtc::WebRtcTransport,
};

use super::{Shared, backoff::Backoff};
use crate::backend::WaysInfo;

/// Targets that are remembered: ten large rooms.
const MAX_REMEMBERED: usize = 1_024;

/// Where somebody may be reached, and by what name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Way {
    pub(super) addrs: Vec<Addr>,
    pub(super) key: DialKey,
    pub(super) callee: Callee,
}

/// One that was to be reached once.
#[derive(Debug)]
struct Known {
    way: Way,
    /// Outlives the dialing: a target that takes its turn again is not dialed as if it were new.
    backoff: Arc<Mutex<Backoff>>,
    is_wanted: bool,
}

/// All who were.
#[derive(Debug, Default)]
pub(super) struct Targets(Mutex<BTreeMap<Target, Known>>);

impl Targets {
    /// It is wanted from now on; also how patient to be with it, and whether it is reached by what
    /// was known before.
    pub(super) fn want(&self, target: Target, way: &Way) -> (Arc<Mutex<Backoff>>, bool) {
        let mut targets = self.lock();
        if targets.len() >= MAX_REMEMBERED {
            targets.retain(|_, known| known.is_wanted);
        }
        let new = || Known { way: way.clone(), backoff: Arc::default(), is_wanted: true };
        let known = targets.entry(target).or_insert_with(new);
        let is_same = known.way == *way;
        (known.way, known.is_wanted) = (way.clone(), true);
        (Arc::clone(&known.backoff), is_same)
    }

    /// It is wanted no longer.
    pub(super) fn drop_want(&self, target: &Target) {
        if let Some(known) = self.lock().get_mut(target) {
            known.is_wanted = false;
        }
    }

    /// How patient to be with it, if it is known.
    pub(super) fn backoff(&self, target: &Target) -> Option<Arc<Mutex<Backoff>>> {
        self.lock().get(target).map(|known| Arc::clone(&known.backoff))
    }

    fn all(&self) -> Vec<(Target, Way, bool)> {
        let targets = self.lock();
        targets
            .iter()
            .map(|(&target, known)| (target, known.way.clone(), known.is_wanted))
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Target, Known>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    /// Which ways to try.
    pub(super) fn choose(&self, way: &Way, progress: Progress) -> Choice {
        let is_seen = !(self.surroundings.find)(&way.key, &way.callee).is_empty();
        let here = (self.surroundings.situation)(self.is_metered.load(Ordering::Relaxed));
        chooser::choose(Peer::new(&way.addrs, is_seen), &here, progress)
    }

    /// How everybody is reached who is linked or wanted, and why no other way.
    pub(super) fn ways(&self) -> Vec<WaysInfo> {
        let mut linked = self.links.linked();
        let mut ways = Vec::new();
        for (target, way, is_wanted) in self.targets.all() {
            let peer = match target {
                Target::Member(room, peer) => Some((room, peer)),
                Target::Invite(_) => None,
            };
            let progress = peer.and_then(|peer| linked.remove(&peer)).unwrap_or_default();
            let used = progress.up;
            if used.is_some() || is_wanted {
                let choice = self.choose(&way, progress);
                ways.push(WaysInfo { peer, used, choice: Some(choice) });
            }
        }
        // Those who dialed this device, and were not to be dialed by it.
        let others = linked.into_iter();
        ways.extend(others.map(|(peer, progress)| WaysInfo {
            peer: Some(peer),
            used: progress.up,
            choice: None,
        }));
        ways
    }
}

/// How this device is placed.
pub(super) fn situation(
    transport: &WebRtcTransport,
    ble: &BleTransport,
    is_loopback: bool,
    is_metered: bool,
) -> Situation {
    let network = match transport.open_relays() {
        0 if is_loopback || lan::has_network() => Network::Local,
        0 => Network::Nowhere,
        _ => Network::Internet,
    };
    let why_not = if is_metered { Reason::Metered } else { Reason::NotWanted };
    Situation {
        network,
        has_relays: transport.has_relays(),
        is_metered,
        no_relaying: (!transport.may_relay()).then_some(why_not),
        no_bluetooth: ble.state().why_not(),
        is_sparing: ble.is_screen_off(),
    }
}
