//! Which ways to another device are tried, which after which, and why not the others.
//!
//! Decides and does nothing else: no clock, no input or output, no chance. Whoever moves bytes says what
//! is known of the other device and of the surroundings, and does what comes out.

use std::time::Duration;

use serde::Serialize;

use crate::{Addr, AddrKind, LinkPath};

/// How long the network has the field to itself where it may well lead there: a link over it is up
/// in less, and one that is slower to come is no worse off beside a slow one.
pub const NETWORK_HEAD_START: Duration = Duration::from_secs(2);

/// How long addresses on a network of ours are tried before somebody is called through relays as
/// well: they need a tenth of this, and then no relay learns that there was a call.
pub const NEAR_HEAD_START: Duration = Duration::from_millis(150);

/// How long direct ways are tried before frames may go through a TURN server.
pub const DIRECT_HEAD_START: Duration = Duration::from_secs(1);

/// A way to another device, from the best to the slowest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// Over the network, at an address that is known.
    Direct,
    /// Over the internet, straight from device to device after they agreed on it through relays.
    Called,
    /// Over the internet, through a TURN server.
    Relayed,
    /// Over Bluetooth.
    Bluetooth,
}

impl Way {
    /// All of them, the best first.
    pub const ALL: [Self; 4] = [Self::Direct, Self::Called, Self::Relayed, Self::Bluetooth];

    /// The same for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Direct => "over the network",
            Self::Called => "over the internet",
            Self::Relayed => "through a server",
            Self::Bluetooth => "over Bluetooth",
        }
    }

    /// What links that came about this way go by.
    pub fn path(self) -> LinkPath {
        match self {
            Self::Direct | Self::Called => LinkPath::Direct,
            Self::Relayed => LinkPath::Relayed,
            Self::Bluetooth => LinkPath::Bluetooth,
        }
    }
}

/// What is known of where the other device is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Peer {
    /// It said an address on a network, or was seen on this one.
    pub has_address: bool,
    /// It said that it can be heard over Bluetooth.
    pub can_be_heard: bool,
}

impl Peer {
    /// One that can be dialed at these addresses; `is_seen` says whether it was seen on this network.
    pub fn new(addrs: &[Addr], is_seen: bool) -> Self {
        let has = |kinds: &[AddrKind]| addrs.iter().any(|addr| kinds.contains(&addr.kind));
        Self {
            has_address: is_seen || has(&[AddrKind::Socket, AddrKind::Memory]),
            can_be_heard: has(&[AddrKind::Ble]),
        }
    }
}

/// The network this device is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Network {
    /// None at all.
    Nowhere,
    /// One that leads to neighbors; no relay can be used.
    Local,
    /// One on which a relay can be used.
    Internet,
}

/// What is known of this device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Situation {
    /// Where it is.
    pub network: Network,
    /// Whether it uses any relay.
    pub has_relays: bool,
    /// Whether the person may pay per byte for the internet.
    pub is_metered: bool,
    /// Why links may not go through a TURN server, if they may not.
    pub no_relaying: Option<Reason>,
    /// Why Bluetooth cannot be used, if it cannot.
    pub no_bluetooth: Option<Reason>,
    /// Whether the battery is to be spared: nobody looks at the screen.
    pub is_sparing: bool,
}

impl Situation {
    /// A device that can do everything.
    pub const FREE: Self = Self {
        network: Network::Internet,
        has_relays: true,
        is_metered: false,
        no_relaying: None,
        no_bluetooth: None,
        is_sparing: false,
    };
}

/// How far whoever asks is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// How the link goes that is up with the other device, if there is one.
    pub up: Option<LinkPath>,
    /// Dials in vain since there was a reason to hope.
    pub failures: u32,
    /// Whether more is carried than the link that is up is good for.
    pub is_busy: bool,
}

/// Why a way is not tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// It is the one in use.
    InUse,
    /// The link that is up is better.
    BetterIsUp,
    /// It would be no better than the link that is up.
    NoGain,
    /// This device is on no network.
    NoNetwork,
    /// No address of the other device is known.
    NoAddress,
    /// This device uses no servers for that.
    NoServers,
    /// The person pays per byte here, and has not given their word.
    Metered,
    /// It costs the person money here, and the link that is up does not.
    Costly,
    /// The person does not want it.
    NotWanted,
    /// Nobody looks at the screen, and the link that is up will do.
    Sparing,
    /// The other device has not said that it can be heard over Bluetooth.
    NotHeard,
    /// Whether there is Bluetooth is being found out.
    BluetoothStarting,
    /// Bluetooth is switched off.
    BluetoothOff,
    /// There is no Bluetooth adapter, or nothing that drives one.
    BluetoothMissing,
    /// The system does not allow Bluetooth to this program.
    BluetoothDenied,
    /// This program cannot use Bluetooth on this system yet.
    BluetoothUnsupported,
}

impl Reason {
    /// The same for people: the rest of a sentence that begins with the way.
    pub fn words(self) -> &'static str {
        match self {
            Self::InUse => "in use",
            Self::BetterIsUp => "not needed, the way in use is better",
            Self::NoGain => "not needed, it would be no faster than the way in use",
            Self::NoNetwork => "this device is on no network",
            Self::NoAddress => "the other device has told no address there",
            Self::NoServers => "this device uses no servers for that",
            Self::Metered => "data costs money here, so it needs your word",
            Self::Costly => "data costs money here, and the way in use does not",
            Self::NotWanted => "switched off in the settings",
            Self::Sparing => "not looked for while the screen is off, to spare the battery",
            Self::NotHeard => "the other device has not said that it can be found that way",
            Self::BluetoothStarting => "Bluetooth is being looked for",
            Self::BluetoothOff => "Bluetooth is switched off",
            Self::BluetoothMissing => "this device has no Bluetooth, or its service does not run",
            Self::BluetoothDenied => "this app may not use Bluetooth",
            Self::BluetoothUnsupported => "this app cannot use Bluetooth on this system yet",
        }
    }
}

/// A way that is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    /// Which.
    pub way: Way,
    /// How long those before it have the field to themselves, at most: it begins when they have failed.
    pub after: Duration,
}

/// What to try, and what not.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Choice {
    /// What to try, in order; the first that leads there wins.
    pub attempts: Vec<Attempt>,
    /// All other ways, the best first.
    pub rejected: Vec<(Way, Reason)>,
}

impl Choice {
    /// When this way is tried, if it is.
    pub fn after(&self, way: Way) -> Option<Duration> {
        self.attempts.iter().find(|attempt| attempt.way == way).map(|attempt| attempt.after)
    }

    /// Whether any way of the network is tried.
    pub fn tries_network(&self) -> bool {
        self.attempts.iter().any(|attempt| attempt.way != Way::Bluetooth)
    }

    /// Whether this way is tried.
    pub fn tries(&self, way: Way) -> bool {
        self.after(way).is_some()
    }

    /// Every way there is, for whoever knows nothing of the surroundings.
    pub fn everything() -> Self {
        let peer = Peer { has_address: true, can_be_heard: true };
        choose(peer, &Situation::FREE, Progress::default())
    }
}

/// Which ways lead, or may lead, to a device.
pub fn choose(peer: Peer, here: &Situation, progress: Progress) -> Choice {
    let mut choice = Choice::default();
    for way in Way::ALL {
        match refuse(way, peer, here, progress) {
            Some(reason) => choice.rejected.push((way, reason)),
            None => choice.attempts.push(Attempt { way, after: Duration::ZERO }),
        }
    }
    // Where no relay can be used yet, a call waits for one, and nothing is to wait for a call.
    let may_well_lead_there =
        choice.tries(Way::Direct) || choice.tries_network() && here.network == Network::Internet;
    let is_in_vain = progress.failures > 0;
    for attempt in &mut choice.attempts {
        attempt.after = match attempt.way {
            Way::Bluetooth if may_well_lead_there && !is_in_vain => NETWORK_HEAD_START,
            Way::Relayed => DIRECT_HEAD_START,
            Way::Direct | Way::Called | Way::Bluetooth => Duration::ZERO,
        };
    }
    choice
}

/// Why a way is not tried, if it is not.
fn refuse(way: Way, peer: Peer, here: &Situation, progress: Progress) -> Option<Reason> {
    let Progress { up, is_busy, .. } = progress;
    if up == Some(way.path()) {
        return Some(Reason::InUse);
    }
    impossible(way, peer, here).or_else(|| up.and_then(|up| needless(way, here, up, is_busy)))
}

/// Why a way cannot be gone, or may not.
fn impossible(way: Way, peer: Peer, here: &Situation) -> Option<Reason> {
    let no_servers = (!here.has_relays).then_some(Reason::NoServers);
    let on_no_network = (here.network == Network::Nowhere).then_some(Reason::NoNetwork);
    match way {
        Way::Direct => on_no_network.or((!peer.has_address).then_some(Reason::NoAddress)),
        Way::Called => on_no_network.or(no_servers),
        Way::Relayed => on_no_network.or(no_servers).or(here.no_relaying),
        Way::Bluetooth => here.no_bluetooth.or((!peer.can_be_heard).then_some(Reason::NotHeard)),
    }
}

/// Why a way is not worth it beside a link that is up and goes another one.
fn needless(way: Way, here: &Situation, up: LinkPath, is_busy: bool) -> Option<Reason> {
    if up == LinkPath::Direct || way == Way::Bluetooth {
        return Some(Reason::BetterIsUp);
    }
    if !gains(up, way.path()) {
        return Some(Reason::NoGain);
    }
    // A slow radio that is on for long takes more of the battery than a fast one for a moment.
    if here.is_sparing && !is_busy {
        return Some(Reason::Sparing);
    }
    // Bluetooth is slow and free: what is near is reached through the internet only where that is, too.
    let would_cost = way == Way::Called && up == LinkPath::Bluetooth && here.is_metered;
    would_cost.then_some(Reason::Costly)
}

/// Whether a link that has just opened is to take over from one that is up: a second detour costs
/// as much as the first, and Bluetooth replaces nothing.
pub fn gains(up: LinkPath, new: LinkPath) -> bool {
    up != LinkPath::Direct && new == LinkPath::Direct
}

#[cfg(test)]
mod tests;
