//! What the screens need from whoever runs the engine: commands down, events and facts up.

use std::time::Duration;

use engine::{Command, Event, LinkId, PeerId, RoomId};
use transport::{
    LinkFailure, LinkPath, Phase, Role, TransportKind, chooser::Choice, servers::Servers,
};

mod net;
mod wifi;

pub use net::{
    NetInfo, RelayInfo, RelayState, RelayedLinks, SelfTest, ServersInUse, StepState, TestScope,
    TestStep, nat_name, nat_words,
};
pub use wifi::{WifiNews, WifiWish};

use crate::stats::SuccessStats;

/// The far side of the screens: the runtime in the product, a script in tests.
pub trait Backend {
    /// Passes the person's wish on. Never blocks.
    fn send(&mut self, command: Command);

    /// The next thing that happened, or `None` for now.
    fn poll(&mut self) -> Option<Notice>;

    /// What is known of every link, open ones first, the newest first.
    fn links(&self) -> Vec<LinkInfo>;

    /// How everybody is reached who is linked or looked for, and why no other way.
    fn ways(&self) -> Vec<WaysInfo> {
        Vec::new()
    }

    /// The last lines of the log, oldest first.
    fn log_tail(&self) -> Vec<String>;

    /// Milliseconds since the Unix epoch, now.
    fn now_millis(&self) -> u64;

    /// Where this device can be dialed, as a person would write it, and where its data is kept.
    fn whereabouts(&self) -> Whereabouts;

    /// How this device stands in the network.
    fn net(&self) -> NetInfo {
        NetInfo::default()
    }

    /// The servers in use.
    fn servers(&self) -> ServersInUse {
        ServersInUse::default()
    }

    /// Uses these servers from now on, also after the next start.
    ///
    /// # Errors
    ///
    /// A sentence for the person, if they cannot be kept; then nothing has changed.
    fn set_servers(&mut self, servers: Servers) -> Result<(), String>;

    /// When links may be relayed.
    fn relayed_links(&self) -> RelayedLinks {
        RelayedLinks::default()
    }

    /// Follows the person's word on relayed links, also after the next start.
    ///
    /// # Errors
    ///
    /// A sentence for the person, if it cannot be kept; then nothing has changed.
    fn set_relayed_links(&mut self, relayed: RelayedLinks) -> Result<(), String>;

    /// Begins a self-test with these servers, in place of the last one. Never blocks.
    fn start_self_test(&mut self, scope: TestScope, servers: Servers);

    /// The last self-test begun, as far as it has come.
    fn self_test(&self) -> SelfTest {
        SelfTest::default()
    }

    /// Does something with Wi-Fi; a [`Notice::Wifi`] tells what came of it. Never blocks.
    fn wifi(&mut self, _wish: WifiWish) {}

    /// Says whether somebody looks at the screen: if not, radios are spared while nothing happens.
    fn set_screen(&mut self, _is_on: bool) {}

    /// How well devices found each other lately.
    fn success_stats(&self) -> SuccessStats {
        SuccessStats::default()
    }
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// The engine says so.
    Event(Event),
    /// Events were dropped because the screens were too slow: everything shown is to be asked for
    /// again. An [`Event::Started`] follows.
    Overflow,
    /// Something about Wi-Fi that was asked for.
    Wifi(WifiNews),
    /// The engine has stopped for good; a sentence for the person says why.
    Stopped(String),
}

/// Where this device and its data are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Whereabouts {
    /// Addresses at which others can dial it.
    pub addrs: Vec<String>,
    /// The folder of the database.
    pub data_dir: String,
}

/// How one other device is reached, for the diagnostics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaysInfo {
    /// Which, in which room; `None` for whoever's invite was scanned.
    pub peer: Option<(RoomId, PeerId)>,
    /// The way in use, if it is linked.
    pub used: Option<LinkPath>,
    /// What is tried now, and why nothing else; `None` if the other device chose, and nothing is known
    /// of where it can be dialed.
    pub choice: Option<Choice>,
}

/// One link, for the peers and diagnostics screens.
#[derive(Debug, Clone, PartialEq)]
pub struct LinkInfo {
    /// Which.
    pub id: LinkId,
    /// Over what.
    pub kind: TransportKind,
    /// Who asked for it.
    pub role: Role,
    /// The other end's address as a person would write it.
    pub remote: String,
    /// Whether frames go straight there.
    pub path: LinkPath,
    /// Whether it leads to a device that was met by chance, to carry for others.
    pub is_stranger: bool,
    /// Who was proved to be at the other end, in which room.
    pub peer: Option<(RoomId, PeerId)>,
    /// The last measured round trip.
    pub round_trip: Option<Duration>,
    /// The longest packet the path carries, in bytes, where it carries short ones.
    pub max_packet: Option<usize>,
    /// How long ago it began to open.
    pub age: Duration,
    /// When each step of opening was reached, in order, ending with "session" once proved.
    pub phases: Vec<Phase>,
    /// Payload bytes sent so far.
    pub bytes_sent: u64,
    /// Payload bytes received so far.
    pub bytes_received: u64,
    /// Why it closed, once it has.
    pub closed: Option<LinkFailure>,
}
