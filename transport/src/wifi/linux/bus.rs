//! The calls of `NetworkManager`'s D-Bus interface that are used here.

use std::{collections::HashMap, time::Duration};

use tokio::time::timeout;
use zbus::{
    Connection, Proxy,
    proxy::{CacheProperties, MethodFlags, SignalStream},
    zvariant::{DynamicType, OwnedObjectPath, OwnedValue, Value},
};

use super::{WifiError, settings::Settings};

const SERVICE: &str = "org.freedesktop.NetworkManager";
pub(super) const MANAGER_PATH: &str = "/org/freedesktop/NetworkManager";
pub(super) const MANAGER: &str = SERVICE;
pub(super) const DEVICE: &str = "org.freedesktop.NetworkManager.Device";
pub(super) const WIRELESS: &str = "org.freedesktop.NetworkManager.Device.Wireless";
pub(super) const ACTIVE: &str = "org.freedesktop.NetworkManager.Connection.Active";
pub(super) const ACCESS_POINT: &str = "org.freedesktop.NetworkManager.AccessPoint";

/// What changing networks takes, by polkit's name.
const CONTROL: &str = "org.freedesktop.NetworkManager.network-control";

/// The interface that every object has.
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";

/// How long an answer may take where nobody is asked.
const CALL_TIMEOUT: Duration = Duration::from_secs(10);

/// How long it may take where the system may ask the person for its password first.
const CONSENT_TIMEOUT: Duration = Duration::from_secs(60);

/// Properties by their names.
#[derive(Debug)]
pub(super) struct Properties(HashMap<String, OwnedValue>);

impl Properties {
    /// One of them.
    pub(super) fn take<T>(&mut self, name: &'static str) -> Result<T, WifiError>
    where
        T: TryFrom<OwnedValue>,
    {
        let value = self.0.remove(name).and_then(|value| T::try_from(value).ok());
        value.ok_or_else(|| WifiError::Failed(format!("{name} is missing")))
    }
}

/// The bus, and the service on it.
#[derive(Debug, Clone)]
pub(super) struct Bus(Connection);

impl Bus {
    pub(super) async fn connect() -> Result<Self, WifiError> {
        let connected = timeout(CALL_TIMEOUT, Connection::system()).await;
        let connected = connected.map_err(|_elapsed| WifiError::Unsupported)?;
        connected.map(Self).map_err(|err| {
            log::debug!("Wi-Fi: the system's bus: {err}");
            WifiError::Unsupported
        })
    }

    /// A property.
    pub(super) async fn get<T>(
        &self,
        path: &str,
        interface: &'static str,
        name: &'static str,
    ) -> Result<T, WifiError>
    where
        T: TryFrom<OwnedValue>,
        T::Error: Into<zbus::Error>,
    {
        let body = (interface, name);
        let call = self.0.call_method(Some(SERVICE), path, Some(PROPERTIES), "Get", &body);
        let answer = within(CALL_TIMEOUT, call).await?;
        let value = answer.body().deserialize::<OwnedValue>().map_err(problem)?;
        T::try_from(value).map_err(|err| problem(err.into()))
    }

    /// All properties of one interface at once, since each question costs a way there and back.
    pub(super) async fn all(
        &self,
        path: &str,
        interface: &'static str,
    ) -> Result<Properties, WifiError> {
        let body = (interface,);
        let call = self.0.call_method(Some(SERVICE), path, Some(PROPERTIES), "GetAll", &body);
        let answer = within(CALL_TIMEOUT, call).await?;
        answer.body().deserialize().map(Properties).map_err(problem)
    }

    /// What a question to the manager that takes nothing is answered with.
    pub(super) async fn manager<T>(&self, name: &'static str) -> Result<T, WifiError>
    where
        T: for<'d> zbus::zvariant::DynamicDeserialize<'d>,
    {
        let proxy = self.proxy(MANAGER_PATH, MANAGER).await?;
        within(CALL_TIMEOUT, proxy.call(name, &())).await
    }

    /// Whether the system refuses in any case, without asking anybody.
    pub(super) async fn is_forbidden(&self) -> bool {
        let permissions = self.manager::<HashMap<String, String>>("GetPermissions").await;
        permissions.is_ok_and(|all| all.get(CONTROL).is_some_and(|answer| answer == "no"))
    }

    /// How the state of a device changes from now on: new, old, reason.
    pub(super) async fn states(&self, device: &str) -> Result<SignalStream<'static>, WifiError> {
        let proxy = self.proxy(device, DEVICE).await?;
        within(CALL_TIMEOUT, proxy.receive_signal("StateChanged")).await
    }

    /// Has a card search for networks. Not for one by its name: asked so twice, `NetworkManager` 1.42 was seen to crash.
    pub(super) async fn search(&self, device: &str) -> Result<(), WifiError> {
        let proxy = self.proxy(device, WIRELESS).await?;
        let options: HashMap<&str, Value<'_>> = HashMap::new();
        within(CALL_TIMEOUT, proxy.call("RequestScan", &(options,))).await
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
        let (_, active, _): Told = self.change("AddAndActivateConnection2", &body).await?;
        Ok(active)
    }

    /// Enters a known network.
    pub(super) async fn activate(
        &self,
        settings: &OwnedObjectPath,
        device: &OwnedObjectPath,
    ) -> Result<OwnedObjectPath, WifiError> {
        let body = (settings, device, OwnedObjectPath::default());
        self.change("ActivateConnection", &body).await
    }

    /// Leaves a network.
    pub(super) async fn deactivate(&self, active: &OwnedObjectPath) -> Result<(), WifiError> {
        self.change("DeactivateConnection", &(active,)).await
    }

    /// A call for which the system may ask the person for its password.
    async fn change<B, R>(&self, name: &'static str, body: &B) -> Result<R, WifiError>
    where
        B: serde::Serialize + DynamicType,
        R: for<'d> zbus::zvariant::DynamicDeserialize<'d>,
    {
        let proxy = self.proxy(MANAGER_PATH, MANAGER).await?;
        let call = proxy.call_with_flags(name, MethodFlags::AllowInteractiveAuth.into(), body);
        within(CONSENT_TIMEOUT, call).await?.ok_or(WifiError::TimedOut)
    }

    async fn proxy(
        &self,
        path: &str,
        interface: &'static str,
    ) -> Result<Proxy<'static>, WifiError> {
        let building = zbus::proxy::Builder::new(&self.0)
            .destination(SERVICE)
            .and_then(|builder| builder.path(path.to_owned()))
            .and_then(|builder| builder.interface(interface))
            .map_err(problem)?;
        let proxy = building.cache_properties(CacheProperties::No).build();
        within(CALL_TIMEOUT, proxy).await
    }
}

async fn within<T>(
    limit: Duration,
    work: impl Future<Output = zbus::Result<T>>,
) -> Result<T, WifiError> {
    timeout(limit, work).await.map_err(|_elapsed| WifiError::TimedOut)?.map_err(problem)
}

/// What an error of the bus means.
fn problem(err: zbus::Error) -> WifiError {
    log::debug!("Wi-Fi: {err}");
    let (name, text) = match &err {
        zbus::Error::MethodError(name, text, _) => {
            (name.to_string(), text.clone().unwrap_or_default())
        }
        zbus::Error::FDO(err) => (err.to_string(), err.to_string()),
        other => (String::new(), other.to_string()),
    };
    let says = |words: &[&str]| words.iter().any(|word| name.contains(word));
    if says(&["PermissionDenied", "AccessDenied", "NotAuthorized", "AuthFailed"]) {
        return WifiError::Denied;
    }
    if says(&["ServiceUnknown", "NameHasNoOwner", "Disconnected"]) {
        return WifiError::Unsupported;
    }
    WifiError::Failed(if text.is_empty() { err.to_string() } else { text })
}
