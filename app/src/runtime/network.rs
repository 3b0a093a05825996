//! Notices that the device is somewhere else, or was asleep, and lets everything begin anew.

use std::{
    collections::BTreeSet,
    fmt,
    path::Path,
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use engine::Input;
use tokio::{
    sync::{
        broadcast::{self, error::RecvError},
        watch,
    },
    time::{MissedTickBehavior, interval, sleep},
};
use transport::{
    Callee, DialKey, Listener,
    ble::{BleTransport, Lookout},
    chooser::Situation,
    lan,
    webrtc::WebRtcTransport,
};

use super::{Shared, links, ways};
use crate::backend::nat_name;

/// How often the network is looked at: a look costs a tenth of a millisecond, and whoever moved
/// is waiting.
const LOOK: Duration = Duration::from_millis(500);

/// Where nothing was gained and something lost, it is looked again so soon: a device that changes
/// from one access point to the next is nowhere for a moment, and its links live through that.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// A gap between two looks that means the device slept, or was stopped: links that lived through
/// a shorter one are well.
const SLEPT: Duration = Duration::from_secs(4);

/// The port this device was last dialed at, so that others find it there again.
const PORT_FILE: &str = "listen-port";

/// What the watch tells the transport, and what the dialer asks it.
pub(super) struct Surroundings {
    /// Addresses came or went, or may have while the device slept.
    pub(super) network_changed: Box<dyn Fn() + Send + Sync>,
    /// How many relays can be used.
    pub(super) open_relays: Box<dyn Fn() -> usize + Send + Sync>,
    /// Others may be called again at once.
    pub(super) begin_anew: Box<dyn Fn() + Send + Sync>,
    /// Where whoever answers to this name has been seen on the local network.
    pub(super) find: Box<Finder>,
    /// Where whoever answers to this name is heard over Bluetooth.
    pub(super) hear: Box<Finder>,
    /// How this device is placed, given whether the internet costs money here.
    pub(super) situation: Box<dyn Fn(bool) -> Situation + Send + Sync>,
    /// Counts what was seen on the local network.
    pub(super) sightings: watch::Receiver<u64>,
    /// Counts what was heard over Bluetooth.
    pub(super) heard: watch::Receiver<u64>,
    /// Listens for whoever answers to this name over Bluetooth.
    pub(super) look_for: Box<LookFor>,
    /// Meets whoever is near over Bluetooth, or does not.
    pub(super) meet_strangers: Box<dyn Fn(bool) + Send + Sync>,
    /// Behind which kind of NAT the device is.
    pub(super) nat: Box<dyn Fn() -> &'static str + Send + Sync>,
    /// Bytes sent and received for signaling since the start.
    pub(super) signaling: Box<dyn Fn() -> (u64, u64) + Send + Sync>,
}

/// See [`Surroundings::find`] and [`Surroundings::hear`].
type Finder = dyn Fn(&DialKey, &Callee) -> Vec<String> + Send + Sync;

/// See [`Surroundings::look_for`].
type LookFor = dyn Fn(DialKey, Callee) -> Lookout + Send + Sync;

impl Surroundings {
    /// Those of transports that listen.
    pub(super) fn of(transport: &WebRtcTransport, ble: &BleTransport, loopback: bool) -> Self {
        let of = |transport: &WebRtcTransport| transport.clone();
        let (changed, finder) = (of(transport), of(transport));
        let (nat, signaling) = (of(transport), of(transport));
        let (relays, anew) = (of(transport), of(transport));
        let (near, looker, meeter) = (ble.clone(), ble.clone(), ble.clone());
        let (placed, radio) = (of(transport), ble.clone());
        Self {
            network_changed: Box::new(move || changed.network_changed()),
            open_relays: Box::new(move || relays.open_relays()),
            begin_anew: Box::new(move || anew.begin_anew()),
            find: Box::new(move |key, callee| {
                finder.find(key, callee).iter().map(ToString::to_string).collect()
            }),
            hear: Box::new(move |key, callee| {
                near.find(key, callee).iter().map(ToString::to_string).collect()
            }),
            situation: Box::new(move |is_metered| {
                ways::situation(&placed, &radio, loopback, is_metered)
            }),
            heard: ble.changed(),
            look_for: Box::new(move |key, callee| looker.look_for(key, callee)),
            meet_strangers: Box::new(move |on| meeter.meet_strangers(on)),
            sightings: transport.sightings().unwrap_or_else(|| watch::channel(0).1),
            nat: Box::new(move || nat_name(nat.nat())),
            signaling: Box::new(move || signaling.signaling_bytes()),
        }
    }
}

impl fmt::Debug for Surroundings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Surroundings").finish_non_exhaustive()
    }
}

/// Watches for as long as the device runs.
pub(super) async fn watch(shared: Arc<Shared>) {
    let mut looks = interval(LOOK);
    // After a sleep one look is enough.
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut places = Places::now();
    let mut told = None;
    let mut had_relays = 0;
    let mut clock = Clock::new(Instant::now(), SystemTime::now());
    loop {
        looks.tick().await;
        let has_slept = clock.has_slept(Instant::now(), SystemTime::now());
        let mut now = Places::now();
        if now.is_less_than(&places) {
            sleep(LOOK_AGAIN).await;
            now = Places::now();
        }
        let has_moved = now != places;
        places = now;
        if has_slept {
            log::info!("the device slept; looking for everybody anew");
        }
        if has_moved {
            log::info!("the network changed; looking for everybody anew");
        }
        if has_slept || has_moved {
            (shared.surroundings.network_changed)();
        }
        let relays = (shared.surroundings.open_relays)();
        let can_call_again = had_relays == 0 && relays > 0;
        had_relays = relays;
        if can_call_again {
            (shared.surroundings.begin_anew)();
        }
        if has_slept || has_moved || can_call_again {
            shared.begin_anew();
        }
        if !tell_addrs(&shared, &mut told).await {
            return;
        }
    }
}

/// Tells the engine where this device can be dialed, if that changed; false at the end.
async fn tell_addrs(shared: &Shared, told: &mut Option<Vec<engine::Addr>>) -> bool {
    let addrs: Vec<_> = shared.listener.addrs().iter().filter_map(links::to_engine).collect();
    if told.as_ref() == Some(&addrs) {
        return true;
    }
    *told = Some(addrs.clone());
    shared.inbox.send(Input::AddrsChanged(addrs)).await.is_ok()
}

/// Where this device is.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Places {
    all: BTreeSet<lan::Place>,
    /// Also where it has none of those: two neighbors can talk by addresses they gave themselves.
    has_network: bool,
}

impl Places {
    fn now() -> Self {
        Self { all: lan::places(), has_network: lan::has_network() }
    }

    /// Whether some are missing, and no other one came.
    fn is_less_than(&self, before: &Self) -> bool {
        self != before && self.all.is_subset(&before.all) && self.has_network <= before.has_network
    }
}

/// Tells the engine of those who call.
pub(super) async fn tell_calls(shared: Arc<Shared>, mut calls: broadcast::Receiver<DialKey>) {
    loop {
        let told = match calls.recv().await {
            Ok(key) => shared.inbox.send(Input::Called(*key.as_bytes())).await,
            // Whoever floods us is not told apart from whoever does not.
            Err(RecvError::Lagged(_)) => Ok(()),
            Err(RecvError::Closed) => return,
        };
        if told.is_err() {
            return;
        }
    }
}

/// The port this device was last dialed at, if it is remembered.
pub(super) fn remembered_port(data_dir: &Path) -> u16 {
    let text = std::fs::read_to_string(data_dir.join(PORT_FILE)).unwrap_or_default();
    text.trim().parse().unwrap_or(0)
}

/// Failing to remember costs a scan after the next start, nothing more.
pub(super) fn remember_port(data_dir: &Path, listener: &dyn Listener) {
    let port = listener.addrs().iter().find_map(transport::Addr::to_socket_addr);
    let Some(port) = port.map(|addr| addr.port()) else { return };
    if let Err(err) = std::fs::write(data_dir.join(PORT_FILE), port.to_string()) {
        log::warn!("the listening port could not be remembered: {err}");
    }
}

/// Notices gaps. Two clocks are needed: one stands still while the machine sleeps, the other one
/// while nobody sets it jumps only if it slept.
#[derive(Debug)]
struct Clock {
    monotonic: Instant,
    wall: SystemTime,
}

impl Clock {
    fn new(monotonic: Instant, wall: SystemTime) -> Self {
        Self { monotonic, wall }
    }

    /// Whether more time passed since the last call than a device that runs lets pass.
    fn has_slept(&mut self, monotonic: Instant, wall: SystemTime) -> bool {
        let by_monotonic = monotonic.saturating_duration_since(self.monotonic);
        // A clock that was set back says nothing.
        let by_wall = wall.duration_since(self.wall).unwrap_or_default();
        *self = Self { monotonic, wall };
        by_monotonic.max(by_wall) > SLEPT
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant, SystemTime};

    use super::{Clock, LOOK, SLEPT};

    #[test]
    fn sleep_shows_on_either_clock_and_a_busy_moment_on_neither() {
        let (start, wall) = (Instant::now(), SystemTime::now());
        let after = |monotonic, by_wall| {
            Clock::new(start, wall).has_slept(start + monotonic, wall + by_wall)
        };
        let minute = Duration::from_secs(60);

        assert!(after(minute, minute), "stopped and continued");
        assert!(after(LOOK, minute), "suspended: the monotonic clock stood still");
        assert!(!after(LOOK, LOOK));
        assert!(!after(SLEPT, SLEPT), "busy");
    }

    #[test]
    fn clock_that_is_set_back_is_no_sleep_and_the_next_one_is_noticed() {
        let (start, wall) = (Instant::now(), SystemTime::now());
        let mut clock = Clock::new(start, wall);
        let set_back = wall - Duration::from_secs(3_600);

        assert!(!clock.has_slept(start + LOOK, set_back));
        assert!(clock.has_slept(start + LOOK * 2, set_back + Duration::from_secs(60)));
    }
}
