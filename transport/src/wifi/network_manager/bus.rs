//! The calls of `NetworkManager`'s D-Bus interface that are used here.

use std::{collections::HashMap, ops::Deref};

use zbus::{
    Connection,
    proxy::SignalStream,
    zvariant::{DynamicDeserialize, OwnedObjectPath, OwnedValue, Value},
};

use super::{WifiError, settings::Settings};
use crate::wifi::dbus::Destination;

pub(in crate::wifi) const SERVICE: &str = "org.freedesktop.NetworkManager";
pub(super) const MANAGER_PATH: &str = "/org/freedesktop/NetworkManager";
pub(super) const MANAGER: &str = SERVICE;
pub(super) const DEVICE: &str = "org.freedesktop.NetworkManager.Device";
pub(super) const WIRELESS: &str = "org.freedesktop.NetworkManager.Device.Wireless";
pub(super) const ACTIVE: &str = "org.freedesktop.NetworkManager.Connection.Active";
pub(super) const ACCESS_POINT: &str = "org.freedesktop.NetworkManager.AccessPoint";

/// What changing networks takes, by polkit's name.
const CONTROL: &str = "org.freedesktop.NetworkManager.network-control";

/// The service.
#[derive(Debug, Clone)]
pub(super) struct Bus(Destination);

impl Deref for Bus {
    type Target = Destination;

    fn deref(&self) -> &Destination {
        &self.0
    }
}

impl Bus {
    pub(super) fn new(connection: Connection) -> Self {
        Self(Destination::new(connection, SERVICE))
    }

    /// What a question to the manager that takes nothing is answered with.
    pub(super) async fn manager<T>(&self, name: &'static str) -> Result<T, WifiError>
    where
        T: for<'d> DynamicDeserialize<'d>,
    {
        self.call(MANAGER_PATH, MANAGER, name, &()).await
    }

    /// Whether the system refuses in any case, without asking anybody.
    pub(super) async fn is_forbidden(&self) -> bool {
        let permissions = self.manager::<HashMap<String, String>>("GetPermissions").await;
        permissions.is_ok_and(|all| all.get(CONTROL).is_some_and(|answer| answer == "no"))
    }

    /// How the state of a device changes from now on: new, old, reason.
    pub(super) async fn states(&self, device: &str) -> Result<SignalStream<'static>, WifiError> {
        self.signals(device, DEVICE, "StateChanged").await
    }

    /// Has a card search for networks. Not for one by its name: asked so twice, `NetworkManager` 1.42 was seen to crash.
    pub(super) async fn search(&self, device: &str) -> Result<(), WifiError> {
        let options: HashMap<&str, Value<'_>> = HashMap::new();
        self.call(device, WIRELESS, "RequestScan", &(options,)).await
    }

    /// Enters a new network, which is forgotten when this program or it ends.
    pub(super) async fn activate_new(
        &self,
        settings: &Settings<'_>,
        device: &OwnedObjectPath,
        place: &OwnedObjectPath,
    ) -> Result<OwnedObjectPath, WifiError> {
        let options = HashMap::from([
            ("persist", Value::new("volatile")),
            ("bind-activation", Value::new("dbus-client")),
        ]);
        type Told = (OwnedObjectPath, OwnedObjectPath, HashMap<String, OwnedValue>);
        let body = (settings, device, place, options);
        let (_, active, _): Told =
            self.ask(MANAGER_PATH, MANAGER, "AddAndActivateConnection2", &body).await?;
        Ok(active)
    }

    /// Enters a known network.
    pub(super) async fn activate(
        &self,
        settings: &OwnedObjectPath,
        device: &OwnedObjectPath,
    ) -> Result<OwnedObjectPath, WifiError> {
        let body = (settings, device, OwnedObjectPath::default());
        self.ask(MANAGER_PATH, MANAGER, "ActivateConnection", &body).await
    }

    /// Leaves a network.
    pub(super) async fn deactivate(&self, active: &OwnedObjectPath) -> Result<(), WifiError> {
        self.ask(MANAGER_PATH, MANAGER, "DeactivateConnection", &(active,)).await
    }
}
