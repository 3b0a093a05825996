//! The radio of Windows, through the Windows Runtime: a pure part that decides, a thread that drives it, and a thin layer that asks
//! the system, which is the only part that other systems do not compile.

mod advert;
mod drive;
mod inbox;
mod machine;
mod outbox;
#[cfg(test)]
mod tests;
#[cfg(windows)]
mod winrt;

use super::{
    radio::{Device, RadioState, SERVICE},
    token::Token,
};

/// Drives the system's own adapter until nothing more is told: there is no way to choose another one. If another one is
/// wanted, there is none.
#[cfg(windows)]
pub(super) fn start(wanted: Option<[u8; 6]>, end: super::RadioEnd) {
    drive::start::<winrt::Windows>(wanted, end);
}

/// What asks the system, from the beginning of a run to its end. Dropping it ends everything it holds open.
trait System: Sized {
    /// What says which adapter is used.
    type Settings: Send + 'static;

    /// Gets ready, or says why that cannot be.
    async fn begin(settings: &Self::Settings, inbox: inbox::Inbox) -> Result<Self, RadioState>;

    /// Begins to do something; what comes of it is told to the inbox.
    fn ask(&mut self, ask: Ask);
}

/// Where a device is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Address {
    number: u64,
    /// Whether the device made it up, if that is known.
    is_random: Option<bool>,
}

/// What the system is asked to do.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Ask {
    /// Finds out whether Bluetooth can be used: [`Happening::State`].
    Look,
    /// Advertises this token: [`Happening::Advert`].
    Show { token: Token, is_discoverable: bool },
    /// Advertises nothing: [`Happening::Advert`].
    Hide,
    /// Listens, or stops.
    Scan(bool),
    /// Connects and subscribes, under a number of ours: [`Happening::Opened`] or [`Happening::Closed`].
    Open(u64, Address),
    /// Lets go of a connection, or an attempt; the system disconnects then.
    Close(u64),
    /// Writes a packet: [`Happening::Wrote`].
    Write(u64, Vec<u8>),
    /// Notifies one central: [`Happening::Notified`].
    Notify(Device, Vec<u8>),
}

/// What the system tells.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Happening {
    /// Whether Bluetooth can be used.
    State(RadioState),
    /// What became of advertising.
    Advert(AdvertStatus),
    /// It listens no more, for reasons of its own.
    ScanStopped,
    /// A device was heard.
    Heard(Address, Token),
    /// The device is connected; its service is not found yet.
    Reached(u64),
    /// Packets can be written, and will arrive.
    Opened { number: u64, max_packet: usize },
    /// It could not be connected, or is no more.
    Closed(u64),
    /// A write is done; false if it failed.
    Wrote(u64, bool),
    /// A packet came from the peripheral.
    Received { number: u64, max_packet: usize, bytes: Vec<u8> },
    /// A packet came from a central.
    Written { device: Device, max_packet: usize, bytes: Vec<u8> },
    /// All centrals that have subscribed now.
    Subscribed(Vec<Device>),
    /// A notification is done, or lost.
    Notified(Device),
}

/// What became of advertising.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AdvertStatus {
    Started,
    /// The token found no room.
    Incomplete,
    Stopped,
    Aborted,
}

/// The device with this address.
fn device(number: u64) -> Device {
    let [_, _, address @ ..] = number.to_be_bytes();
    Device::from_address(address)
}

/// The device that Windows names by an id such as `BluetoothLE#BluetoothLE00:11:22:33:44:55-66:77:88:99:aa:bb`, of which the
/// latter address is its own.
fn device_named(id: &str) -> Device {
    address_in(id).map_or_else(|| stand_in(id), Device::from_address)
}

fn address_in(id: &str) -> Option<[u8; 6]> {
    let (_, address) = id.rsplit_once('-')?;
    let mut parts = address.split(':');
    let mut bytes = [0; 6];
    for byte in &mut bytes {
        *byte = u8::from_str_radix(parts.next()?, 16).ok()?;
    }
    parts.next().is_none().then_some(bytes)
}

/// Tells devices apart whose ids are of another form.
fn stand_in(id: &str) -> Device {
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(blake3::hash(id.as_bytes()).as_bytes()).for_each(|(to, from)| *to = *from);
    Device(bytes)
}

/// The token in such data, if it is of our service.
fn token_in(data: &[u8]) -> Option<Token> {
    data.strip_prefix(&SERVICE.to_le_bytes())?.try_into().ok()
}

/// The longest GATT value where this MTU was agreed.
fn max_value(mtu: u16) -> usize {
    usize::from(mtu.saturating_sub(3)).min(super::MAX_VALUE_LEN)
}

/// What a failure of the system, by its number (`HRESULT`), says of Bluetooth.
fn state_of(code: u32) -> RadioState {
    match code {
        // A class or an interface that this Windows, or what stands in for it, has not.
        0x8004_0154 | 0x8000_4002 | 0x8000_4001 => RadioState::Unsupported,
        // Access is denied.
        0x8007_0005 => RadioState::Denied,
        // The device is not ready.
        0x8007_0015 | 0x8007_10DF => RadioState::Off,
        _ => RadioState::Missing,
    }
}
