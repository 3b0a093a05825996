//! Two people between whom there is a network and Bluetooth, each of which comes and goes at either
//! end. Engines and the chooser are the real ones; links, and when they are found dead, are played.

use std::{collections::BTreeMap, time::Duration};

use engine::{LinkId, Medium, Target};
use tests::{Name, World};
use transport::{
    LinkPath,
    chooser::{self, Network, Peer, Progress, Reason, Situation, Way},
};

/// How finely time passes, in milliseconds.
const STEP: u64 = 50;

/// How long a dial over a network goes on that leads nowhere.
const NETWORK_DIAL: u64 = 10_000;

/// Pauses before a better way is looked for beside a link; the last one repeats.
const UPGRADE_PAUSES: [u64; 3] = [5_000, 15_000, 60_000];

/// The two.
pub(crate) const NEIGHBORS: [Name; 2] = ["alice", "bob"];

/// What one of the two knows and does.
#[derive(Debug)]
struct End {
    has_network: bool,
    has_bluetooth: bool,
    dials: BTreeMap<Target, Dial>,
    /// Whether the last link was lost by the network.
    lost_by_network: bool,
}

/// One dial under way, or the pause before the next one.
#[derive(Debug, Default)]
struct Dial {
    failures: u32,
    due: u64,
    /// When each way leads there, or turns out not to.
    arrivals: Vec<(Way, u64)>,
}

/// One link.
#[derive(Debug)]
struct Wire {
    path: LinkPath,
    dialer: usize,
    target: Target,
    ends: [LinkId; 2],
    /// When each end finds out that it is dead, once it is.
    noticed: Option<[u64; 2]>,
    looks: usize,
    look_at: u64,
    /// When the better way leads there, if one is tried.
    arrival: Option<u64>,
}

/// Both of them.
#[derive(Debug)]
pub(crate) struct Neighbors {
    /// Their devices.
    pub(crate) world: World,
    ends: [End; 2],
    wires: Vec<Wire>,
    linkless_since: Option<u64>,
    /// Links there were over the network, and over Bluetooth.
    pub(crate) links: [usize; 2],
    /// How long they were without a link at most, though a way was there all the time.
    pub(crate) longest_gap: Duration,
}

impl Neighbors {
    /// Two who met, and between whom nothing is on yet.
    pub(crate) fn seeded(seed: u64) -> Self {
        let mut world = World::seeded(seed).with_camp_that_met(&["bob"]);
        let [alice, bob] = NEIGHBORS;
        world.cut(alice, bob);
        let end = || End {
            has_network: false,
            has_bluetooth: false,
            dials: BTreeMap::new(),
            lost_by_network: false,
        };
        Self {
            world,
            ends: [end(), end()],
            wires: Vec::new(),
            linkless_since: None,
            links: [0, 0],
            longest_gap: Duration::ZERO,
        }
    }

    /// Cuts the network or Bluetooth, at one end or at both, or restores it.
    pub(crate) fn switch(&mut self, is_network: bool) {
        let path = if is_network { LinkPath::Direct } else { LinkPath::Bluetooth };
        let (is_cut, ends) = (self.is_there(path), [[true, false], [false, true], [true, true]]);
        let chosen = ends[self.world.draw(3)];
        for end in [0, 1] {
            let this = &self.ends[end];
            let is_on = if is_network { this.has_network } else { this.has_bluetooth };
            let must_toggle = if is_cut { chosen[end] } else { !is_on };
            if must_toggle {
                self.toggle(end, is_network);
            }
        }
    }

    fn toggle(&mut self, end: usize, is_network: bool) {
        let this = &mut self.ends[end];
        if is_network {
            this.has_network = !this.has_network;
            this.dials.clear();
            this.lost_by_network = false;
        } else {
            this.has_bluetooth = !this.has_bluetooth;
        }
        let now = self.world.millis();
        let fresh = self.wires.iter_mut().filter(|wire| wire.dialer == end && is_network);
        fresh.for_each(|wire| (wire.looks, wire.look_at, wire.arrival) = (0, now, None));
        // Whoever is heard is dialed at once.
        if self.is_there(LinkPath::Bluetooth) {
            for end in &mut self.ends {
                end.dials.values_mut().for_each(|dial| dial.due = dial.due.min(now));
                for dial in end.dials.values_mut() {
                    let hears = dial.arrivals.iter().any(|(way, _)| *way == Way::Bluetooth);
                    if !hears {
                        dial.arrivals.clear();
                    }
                }
            }
        }
    }

    /// Restores everything.
    pub(crate) fn restore(&mut self) {
        for end in [0, 1] {
            if !self.ends[end].has_network {
                self.toggle(end, true);
            }
            if !self.ends[end].has_bluetooth {
                self.toggle(end, false);
            }
        }
    }

    fn is_there(&self, path: LinkPath) -> bool {
        self.ends.iter().all(|end| match path {
            LinkPath::Bluetooth => end.has_bluetooth,
            _ => end.has_network,
        })
    }

    /// What links go by that carry something.
    pub(crate) fn paths(&self) -> Vec<LinkPath> {
        let alive = self.wires.iter().filter(|wire| wire.noticed.is_none());
        alive.map(|wire| wire.path).collect()
    }

    /// Lets time pass. Some of what is on its way arrives in each step, and the rest later.
    pub(crate) fn pass(&mut self, time: Duration) {
        let end = self.world.millis() + u64::try_from(time.as_millis()).expect("short");
        while self.world.millis() < end {
            self.world.pass(Duration::from_millis(STEP));
            let frames = self.world.draw(60);
            (0..frames).take_while(|_| self.world.deliver()).for_each(drop);
            self.break_wires();
            self.bury_wires();
            for end in [0, 1] {
                self.dial(end);
                self.seek_better(end);
            }
            self.look();
        }
    }

    /// Links whose way is gone carry nothing any more, which each end finds out in its time.
    fn break_wires(&mut self) {
        let now = self.world.millis();
        for at in 0..self.wires.len() {
            let path = self.wires[at].path;
            if self.wires[at].noticed.is_some() || self.is_there(path) {
                continue;
            }
            let is_network = path != LinkPath::Bluetooth;
            let notices = self.ends.each_ref().map(|end| match is_network {
                // This device moved; the other end fell silent.
                true if !end.has_network => (200, 500),
                true => (4_000, 1_000),
                false if !end.has_bluetooth => (0, 100),
                false => (0, 20_000),
            });
            let noticed = notices.map(|(least, more)| now + least + self.world.draw(more) as u64);
            self.wires[at].noticed = Some(noticed);
            for (name, link) in NEIGHBORS.into_iter().zip(self.wires[at].ends) {
                self.world.go_dead(name, link);
            }
        }
    }

    fn bury_wires(&mut self) {
        let now = self.world.millis();
        for wire in &mut self.wires {
            let Some(noticed) = wire.noticed else { continue };
            for (end, at) in noticed.into_iter().enumerate() {
                if now >= at && self.world.is_open(NEIGHBORS[end], wire.ends[end]) {
                    self.ends[end].lost_by_network = wire.path != LinkPath::Bluetooth;
                    self.world.notice(NEIGHBORS[end], wire.ends[end]);
                }
            }
        }
        let world = &self.world;
        self.wires.retain(|wire| {
            NEIGHBORS.into_iter().zip(wire.ends).any(|(name, link)| world.is_open(name, link))
        });
    }

    fn choose(&self, end: usize, progress: Progress) -> chooser::Choice {
        let End { has_network, has_bluetooth, .. } = self.ends[end];
        let here = Situation {
            network: if has_network { Network::Local } else { Network::Nowhere },
            has_relays: false,
            is_metered: false,
            no_relaying: None,
            no_bluetooth: (!has_bluetooth).then_some(Reason::BluetoothOff),
            is_sparing: false,
        };
        chooser::choose(Peer { has_address: true, can_be_heard: true }, &here, progress)
    }

    /// When a dial this way is answered, or given up.
    fn arrival(&mut self, way: Way, after: Duration) -> u64 {
        let took = match way {
            Way::Bluetooth => 700 + self.world.draw(3_300) as u64,
            _ if self.is_there(LinkPath::Direct) => 20 + self.world.draw(180) as u64,
            _ => NETWORK_DIAL,
        };
        self.world.millis() + u64::try_from(after.as_millis()).expect("short") + took
    }

    /// Goes on with what one end dials.
    fn dial(&mut self, end: usize) {
        let now = self.world.millis();
        let wanted = self.world.targets(NEIGHBORS[end]);
        self.ends[end].dials.retain(|target, _| wanted.contains(target));
        for target in wanted {
            let failures = u32::from(self.ends[end].lost_by_network);
            let new = || Dial { failures, ..Dial::default() };
            let mut dial = self.ends[end].dials.remove(&target).unwrap_or_else(new);
            if dial.arrivals.is_empty() && now >= dial.due {
                let choice =
                    self.choose(end, Progress { failures: dial.failures, ..Progress::default() });
                for attempt in choice.attempts {
                    let arrival = self.arrival(attempt.way, attempt.after);
                    dial.arrivals.push((attempt.way, arrival));
                }
            }
            let due = dial.arrivals.iter().filter(|(_, at)| now >= *at);
            let leads = due.map(|(way, _)| way.path()).find(|path| self.is_there(*path));
            let had_any = !dial.arrivals.is_empty();
            dial.arrivals.retain(|(_, at)| now < *at);
            if let Some(path) = leads {
                dial = Dial::default();
                self.open(end, target, path);
            } else if had_any && dial.arrivals.is_empty() {
                dial.failures += 1;
                dial.due = now + 250 + self.world.draw(750) as u64;
            }
            self.ends[end].dials.insert(target, dial);
        }
    }

    /// Looks for a better way beside the links that one end dialed.
    fn seek_better(&mut self, end: usize) {
        let now = self.world.millis();
        for at in 0..self.wires.len() {
            let Wire { dialer, ends, path: up, .. } = self.wires[at];
            let is_open = self.world.is_open(NEIGHBORS[end], ends[end]);
            if dialer != end || !is_open || !chooser::gains(up, LinkPath::Direct) {
                continue;
            }
            if self.wires[at].arrival.is_none() && now >= self.wires[at].look_at {
                let choice = self.choose(end, Progress { up: Some(up), ..Progress::default() });
                let attempt = choice.attempts.first().copied();
                let arrival = attempt.map(|attempt| self.arrival(attempt.way, attempt.after));
                let wire = &mut self.wires[at];
                let pause = UPGRADE_PAUSES.get(wire.looks).or(UPGRADE_PAUSES.last());
                (wire.look_at, wire.looks) = (now + pause.copied().unwrap_or(0), wire.looks + 1);
                wire.arrival = arrival;
            }
            if self.wires[at].arrival.is_some_and(|arrival| now >= arrival) {
                self.wires[at].arrival = None;
                if self.is_there(LinkPath::Direct) {
                    self.open(end, self.wires[at].target, LinkPath::Direct);
                }
            }
        }
    }

    fn open(&mut self, dialer: usize, target: Target, path: LinkPath) {
        let medium = match path {
            LinkPath::Bluetooth => Medium::Air,
            _ => Medium::Free,
        };
        let callee = 1 - dialer;
        let before = std::mem::replace(&mut self.world.medium, medium);
        let [a, b] = self.world.open_named(NEIGHBORS[dialer], NEIGHBORS[callee], target);
        self.world.medium = before;
        let ends = if dialer == 0 { [a, b] } else { [b, a] };
        self.links[usize::from(path == LinkPath::Bluetooth)] += 1;
        let look_at = self.world.millis() + UPGRADE_PAUSES[0];
        let (noticed, arrival) = (None, None);
        self.wires.push(Wire { path, dialer, target, ends, noticed, looks: 1, look_at, arrival });
    }

    fn look(&mut self) {
        let now = self.world.millis();
        let has_way = self.is_there(LinkPath::Direct) || self.is_there(LinkPath::Bluetooth);
        if !has_way || !self.paths().is_empty() {
            self.linkless_since = None;
            return;
        }
        let since = *self.linkless_since.get_or_insert(now);
        self.longest_gap = self.longest_gap.max(Duration::from_millis(now - since));
    }
}
