//! The radio of iOS and macOS: `CoreBluetooth`, as a central and as a peripheral. What decides is in [`radio`], which is
//! plain Rust and tested everywhere; [`corebluetooth`] only passes on what the system says and what it is asked for.

mod central;
#[cfg(any(target_os = "ios", target_os = "macos"))]
mod corebluetooth;
mod peripheral;
mod radio;
mod system;
#[cfg(test)]
mod tests;

#[cfg(any(target_os = "ios", target_os = "macos"))]
pub(super) use self::corebluetooth::start;
use super::radio::Device;

/// Packets that may wait for one end of a connection: as many as all its links have on their way.
const MAX_PACKETS: usize = 256;

/// Devices heard that may be connected to.
const MAX_HEARD: usize = 256;

/// Centrals that have subscribed: more than any radio is connected to.
const MAX_CENTRALS: usize = 32;
