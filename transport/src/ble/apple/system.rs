//! What the system says, and what it is asked for: the border between what decides and `CoreBluetooth`.

use super::Device;
use crate::ble::Token;

/// Whether one of the system's two managers, a central's and a peripheral's, can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Power {
    /// It is being found out, or what drives it starts anew.
    #[default]
    Unknown,
    /// This device has no Bluetooth LE.
    Unsupported,
    /// The person does not allow it.
    Unauthorized,
    /// It is switched off.
    Off,
    /// It works.
    On,
}

/// What the system says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Report {
    /// How things are with the central's manager.
    Central(Power),
    /// How things are with the peripheral's manager.
    Peripheral(Power),
    /// Connections that an earlier process of this app had, and that the system has kept.
    Restored(Vec<Device>),
    /// The service is there, or could not be had.
    Published(bool),
    /// What was to be shown is shown, or cannot be.
    Advertised(bool),
    /// A device was heard, which is kept from now on.
    Heard(Device, Token),
    /// A connection is there that was asked for.
    Connected(Device),
    /// A connection could not be had, or is over.
    Lost(Device),
    /// Whether what is needed of the service was found.
    Discovered(Device, bool),
    /// It notifies from now on, of a connection that takes so many bytes at once; or it does not.
    Subscribed(Device, Option<usize>),
    /// It notified, over a connection that takes so many bytes at once.
    Notified(Device, usize, Vec<u8>),
    /// There is room for packets to it again.
    Writable(Device),
    /// A central wants to be notified, of so many bytes at once.
    Joined(Device, usize),
    /// A central does not want that any more, or is gone.
    Left(Device),
    /// A central that takes so many bytes at once has written.
    Written(Device, usize, Vec<u8>),
    /// There is room for notifications again.
    Updatable,
}

/// What the system is asked for. Nothing of it waits.
pub(super) trait System {
    /// Serves what centrals look for; answered by [`Report::Published`].
    fn publish(&mut self);

    /// Shows a service with this UUID, or nothing; answered by [`Report::Advertised`].
    fn advertise(&mut self, listed: Option<u128>);

    /// Listens for others, or stops.
    fn scan(&mut self, is_wanted: bool);

    /// Connects to a device that is kept; answered by [`Report::Connected`] or [`Report::Lost`], or not at all. False if
    /// it is not kept.
    fn connect(&mut self, device: Device) -> bool;

    /// Ends a connection that was asked for, or an attempt at one.
    fn cancel(&mut self, device: Device);

    /// Looks for the service; answered by [`Report::Discovered`].
    fn discover(&mut self, device: Device);

    /// Asks to be notified; answered by [`Report::Subscribed`].
    fn subscribe(&mut self, device: Device);

    /// Writes a packet. False if there is no room, until [`Report::Writable`].
    fn write(&mut self, device: Device, packet: &[u8]) -> bool;

    /// Notifies a central. False if there is no room, until [`Report::Updatable`].
    fn notify(&mut self, central: Device, packet: &[u8]) -> bool;

    /// A device need not be kept any more.
    fn forget(&mut self, device: Device);

    /// A central need not be kept any more.
    fn forget_central(&mut self, central: Device);
}
