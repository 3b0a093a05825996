//! What a crowd is like.

use crate::{malice::Malice, radio::Radio};

/// Everything that makes a run, and makes it the same again.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// What all chance comes from.
    pub seed: u64,
    /// How many members' devices there are, the malicious among them.
    pub devices: usize,
    /// How many devices more there are that are in no room, and carry for those who are.
    pub couriers: usize,
    /// If members keep to two camps, at the western and the eastern edge: how wide each is, in
    /// meters. Couriers walk everywhere.
    pub camps: Option<f64>,
    /// The length of the square's sides, in meters.
    pub side: f64,
    /// How many stages there are.
    pub stages: usize,
    /// The share of walks that end at a stage, 0 to 1.
    pub drawn_to_stages: f64,
    /// What each device's radio can do.
    pub radio: Radio,
    /// How many messages are written a second, by all together.
    pub messages_per_second: f64,
    /// How long messages are written, in seconds from the beginning.
    pub writing: u32,
    /// How long the run takes at most, in seconds; it ends once everything has arrived.
    pub seconds: u32,
    /// Bytes of text in a message.
    pub text_len: usize,
    /// Whether phones sleep.
    pub sleep: Option<Sleep>,
    /// Whether devices come and go.
    pub churn: Option<Churn>,
    /// Devices that do not keep to the protocol: what they do, and how many of them.
    pub malicious: Vec<(Malice, usize)>,
}

impl Scenario {
    /// The crowd that figures are compared on: 1,000 devices on 500 m square, two messages a
    /// second for ten minutes, which take 250 bytes each.
    #[must_use]
    pub fn festival(range: f64) -> Self {
        Self {
            seed: 1,
            devices: 1_000,
            couriers: 0,
            camps: None,
            side: 500.0,
            stages: 5,
            drawn_to_stages: 0.6,
            radio: Radio { range, ..Radio::default() },
            messages_per_second: 2.0,
            writing: 600,
            seconds: 2_400,
            text_len: 98,
            sleep: None,
            churn: None,
            malicious: Vec::new(),
        }
    }

    /// All devices: members' first, then couriers'.
    pub(crate) fn all_devices(&self) -> usize {
        self.devices + self.couriers
    }

    /// Whether a device is in no room.
    pub(crate) fn is_courier(&self, device: usize) -> bool {
        device >= self.devices
    }

    /// Whether two members are in camps of which nobody goes to the other.
    pub(crate) fn are_parted(&self, a: usize, b: usize) -> bool {
        self.camps.is_some() && a % 2 != b % 2
    }
}

/// Phones that sleep, at moments of their own.
#[derive(Debug, Clone, Copy)]
pub struct Sleep {
    /// How long they are awake at a time, in seconds, on average.
    pub awake: f64,
    /// How long they sleep, in seconds, on average.
    pub asleep: f64,
}

/// Devices that come and go, at moments of chance while messages are written.
#[derive(Debug, Clone, Copy)]
pub struct Churn {
    /// The share of devices that are switched off for good, 0 to 1.
    pub leaving: f64,
    /// The share of devices that are switched on for the first time, 0 to 1.
    pub coming: f64,
}
