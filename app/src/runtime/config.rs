//! What a device is started with.

use std::path::PathBuf;

use transport::{SocketBinder, ble::Adapter, servers::Servers, wifi::ForeignWifi};

/// What a device is started with.
#[derive(Debug, Clone)]
pub struct Config {
    /// The folder of the database; created if absent.
    pub data_dir: PathBuf,
    /// Also listen on and dial from loopback addresses, even where there is a network.
    pub loopback: bool,
    /// Servers to use instead of those the settings name.
    pub servers: Option<Servers>,
    /// The Bluetooth adapter to use.
    pub bluetooth: Adapter,
    /// Over Bluetooth, no L2CAP channels.
    pub gatt_only: bool,
    /// The Wi-Fi card to use instead of the one that the system gives to any program.
    pub wifi: Option<ForeignWifi>,
    /// What binds sockets to the network of a group, where the system does not.
    pub binder: Option<SocketBinder>,
}

impl Config {
    /// Everything as usual, with the database in `data_dir`.
    pub fn usual(data_dir: PathBuf) -> Self {
        let bluetooth = Adapter::Default;
        Self {
            data_dir,
            loopback: false,
            servers: None,
            bluetooth,
            gatt_only: false,
            wifi: None,
            binder: None,
        }
    }
}
