//! The port to a Bluetooth radio: what a platform reports, and what it is told to do.

use std::{fmt, sync::Arc, time::Duration};

use serde::Serialize;
use tokio::sync::mpsc;

use super::token::Token;
use crate::chooser::Reason;

/// The service whose data is advertised and whose characteristics carry packets: its UUID, like those that follow.
pub const SERVICE: u128 = 0xfe57_0001_6368_4174_9d1a_c05e_2f0b_a11e;
/// Written by the central, without response.
pub const TO_PERIPHERAL: u128 = 0xfe57_0002_6368_4174_9d1a_c05e_2f0b_a11e;
/// Notified by the peripheral.
pub const TO_CENTRAL: u128 = 0xfe57_0003_6368_4174_9d1a_c05e_2f0b_a11e;
/// Read by the central: by which number an L2CAP channel is opened, a u16, if there can be one.
pub const PSM: u128 = 0xfe57_0004_6368_4174_9d1a_c05e_2f0b_a11e;

/// A device by the name its radio gives it now: an address, or what stands for one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Device(pub [u8; 16]);

impl Device {
    /// A device by its Bluetooth address.
    pub fn from_address(address: [u8; 6]) -> Self {
        let mut bytes = [0; 16];
        if let Some(start) = bytes.first_chunk_mut() {
            *start = address;
        }
        Self(bytes)
    }

    /// Its Bluetooth address, if that is what names it.
    pub fn address(&self) -> Option<[u8; 6]> {
        let (address, rest) = self.0.split_first_chunk()?;
        rest.iter().all(|byte| *byte == 0).then_some(*address)
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.address();
        let bytes = shown.as_ref().map_or(self.0.as_slice(), |address| address.as_slice());
        for (index, byte) in bytes.iter().enumerate() {
            write!(f, "{}{byte:02X}", if index == 0 { "" } else { ":" })?;
        }
        Ok(())
    }
}

impl fmt::Debug for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Which end of a connection this device is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// It connected.
    Central,
    /// It was connected to.
    Peripheral,
}

/// One connection: at most one for each device and side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Contact {
    /// Who is at the other end.
    pub device: Device,
    /// Which end this is.
    pub side: Side,
}

/// Whether Bluetooth can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RadioState {
    /// It is being found out.
    #[default]
    Starting,
    /// It works.
    Ready,
    /// It is switched off.
    Off,
    /// There is no adapter, or nothing that drives one.
    Missing,
    /// The system does not allow it to this program.
    Denied,
    /// This program cannot use it on this system yet.
    Unsupported,
}

impl RadioState {
    /// Why nobody can be reached by it, if that is so.
    pub fn why_not(self) -> Option<Reason> {
        match self {
            Self::Ready => None,
            Self::Starting => Some(Reason::BluetoothStarting),
            Self::Off => Some(Reason::BluetoothOff),
            Self::Missing => Some(Reason::BluetoothMissing),
            Self::Denied => Some(Reason::BluetoothDenied),
            Self::Unsupported => Some(Reason::BluetoothUnsupported),
        }
    }
}

/// What a radio reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RadioEvent {
    /// Whether it can be used, from now on. All connections are over unless it is ready.
    State(RadioState),
    /// A device was heard advertising.
    Heard {
        /// Which.
        device: Device,
        /// What it shows.
        token: Token,
    },
    /// A connection that was asked for is there, and packets can be sent and received.
    Connected {
        /// To whom.
        device: Device,
        /// The longest packet it carries, by its MTU.
        max_packet: usize,
    },
    /// A connection that was asked for could not be had.
    ConnectFailed(Device),
    /// A packet arrived. From a central that is not known yet, it is the beginning of a connection.
    Packet {
        /// On which connection.
        contact: Contact,
        /// The longest packet the connection carries now.
        max_packet: usize,
        /// The packet.
        bytes: Vec<u8>,
    },
    /// A connection is over.
    Disconnected(Contact),
}

/// What a device shows to everybody near.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Advert {
    /// What is recognized by those who know the key.
    pub token: Token,
    /// How often it is shown; a radio whose system decides that itself may ignore it.
    pub every: Duration,
}

/// What a radio is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RadioCommand {
    /// Shows this, or nothing.
    Advertise(Option<Advert>),
    /// Listens for others, or stops.
    Scan(bool),
    /// Connects to a device that was heard; answered once.
    Connect(Device),
    /// Sends a packet. It may be lost, and others may overtake it.
    Send {
        /// On which connection.
        contact: Contact,
        /// The packet.
        bytes: Vec<u8>,
    },
    /// Ends a connection.
    Disconnect(Contact),
}

/// What a radio holds: it reports until it is told nothing any more.
#[derive(Debug)]
pub struct RadioEnd {
    /// Up.
    pub events: mpsc::Sender<RadioEvent>,
    /// Down. Ends with the transport. What is sent while the radio does not read is lost, as on the air.
    pub commands: mpsc::Receiver<RadioCommand>,
}

/// A radio that is driven outside of this crate, where only the platform's own language reaches it.
#[derive(Clone)]
pub struct ForeignRadio(Arc<dyn Fn(RadioEnd) + Send + Sync>);

impl ForeignRadio {
    /// One that is started by this, inside of a tokio runtime, and obeys until it is told nothing any more.
    pub fn new(start: impl Fn(RadioEnd) + Send + Sync + 'static) -> Self {
        Self(Arc::new(start))
    }

    pub(super) fn start(&self, end: RadioEnd) {
        (self.0)(end);
    }
}

impl fmt::Debug for ForeignRadio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ForeignRadio")
    }
}
