//! Facts about the network: how this device stands in it, whom it asks for help, what it allows.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use transport::{
    ble::RadioState,
    nat::NatKind,
    nostr::{self, RelayReport},
    servers::Servers,
};

/// How this device stands in the network.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NetInfo {
    /// The relays it hears offers at.
    pub relays: Vec<RelayInfo>,
    /// What stands between it and the internet.
    pub nat: NatKind,
    /// Its addresses as seen from the internet.
    pub public: Vec<String>,
    /// Bytes spent today while nobody wrote: for being found, and for keeping links open.
    pub idle_bytes_today: u64,
    /// Whether the person may pay per byte here, as far as the system says.
    pub is_metered: bool,
    /// Whether Bluetooth can be used.
    pub bluetooth: RadioState,
}

impl NetInfo {
    /// How many relays can be used now.
    pub fn open_relays(&self) -> usize {
        self.relays.iter().filter(|relay| matches!(relay.state, RelayState::Open { .. })).count()
    }
}

/// One relay and how it is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelayInfo {
    /// Its address, as [`nostr::RelayUrl`] writes it.
    pub url: String,
    /// How it is doing.
    pub state: RelayState,
}

/// How a relay is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RelayState {
    /// It is being reached.
    Connecting,
    /// It can be used.
    Open {
        /// The last measured round trip.
        round_trip: Duration,
    },
    /// It cannot be used; it will be tried again by itself.
    Waiting {
        /// In how long.
        retry_after: Duration,
        /// Why, as a phrase.
        why: String,
    },
}

impl From<RelayReport> for RelayInfo {
    fn from(report: RelayReport) -> Self {
        let state = match report.state {
            nostr::RelayState::Connecting => RelayState::Connecting,
            nostr::RelayState::Open { round_trip } => RelayState::Open { round_trip },
            nostr::RelayState::Waiting { until, why } => RelayState::Waiting {
                retry_after: until.saturating_duration_since(Instant::now()),
                why,
            },
        };
        Self { url: report.url.to_string(), state }
    }
}

/// The servers in use.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServersInUse {
    /// Which.
    pub servers: Servers,
    /// Whether they were named when the program was started, so that nothing the person changes
    /// would have an effect.
    pub is_fixed: bool,
}

/// When links may go through a TURN server, which carries every byte twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RelayedLinks {
    /// Never.
    Never,
    /// Where nobody pays per byte.
    #[default]
    Unmetered,
    /// Everywhere: the person has given their word.
    Always,
}

impl RelayedLinks {
    /// Whether links may be relayed where the person pays per byte, or does not.
    pub fn is_allowed(self, is_metered: bool) -> bool {
        match self {
            Self::Never => false,
            Self::Unmetered => !is_metered,
            Self::Always => true,
        }
    }
}

/// What a self-test looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TestScope {
    /// This device, its network and the servers.
    Everything,
    /// The servers only.
    ServersOnly,
}

/// A self-test, as far as it has come.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SelfTest {
    /// Its steps, in order. Those to come are [`StepState::Waiting`].
    pub steps: Vec<TestStep>,
    /// What all of it means, in one sentence, once it is over. Empty if only servers were tested.
    pub conclusion: Option<String>,
    /// Whether it is still going on.
    pub is_running: bool,
}

/// One step of a self-test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestStep {
    /// What is looked at: "IPv6", "Relay wss://nos.lol".
    pub name: String,
    /// The server it is about, as the settings write it.
    pub server: Option<String>,
    /// What came of it.
    pub state: StepState,
}

/// What came of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepState {
    /// Its turn has not come.
    Waiting,
    /// It is being looked at.
    Running,
    /// It works; a phrase says how.
    Ok(String),
    /// It does not; a phrase says why, and what can be done.
    Failed(String),
    /// There was no reason to look; a phrase says why.
    Skipped(String),
}

/// What stands between a device and the internet, in one word: it is written to files.
pub fn nat_name(nat: NatKind) -> &'static str {
    match nat {
        NatKind::Unknown => "unknown",
        NatKind::Open => "none",
        NatKind::EndpointIndependent => "cone",
        NatKind::Symmetric => "symmetric",
        NatKind::Blocked => "blocked",
    }
}

/// The same as a phrase for people.
pub fn nat_words(nat: NatKind) -> &'static str {
    match nat {
        NatKind::Unknown => "a network not looked into",
        NatKind::Open => "a public address of its own",
        NatKind::EndpointIndependent => "a router that keeps its ports (cone NAT)",
        NatKind::Symmetric => "a router that changes its ports (symmetric NAT)",
        NatKind::Blocked => "a network that blocks UDP",
    }
}

#[cfg(test)]
mod tests {
    use super::RelayedLinks;

    #[test]
    fn relaying_where_data_is_paid_for_needs_the_persons_word() {
        let allowed = |choice: RelayedLinks| [choice.is_allowed(false), choice.is_allowed(true)];

        assert_eq!(allowed(RelayedLinks::default()), [true, false]);
        assert_eq!(allowed(RelayedLinks::Always), [true, true]);
        assert_eq!(allowed(RelayedLinks::Never), [false, false]);
    }
}
