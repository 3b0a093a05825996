//! Calls over D-Bus.

use std::{collections::HashMap, time::Duration};

use serde::Serialize;
use tokio::time::timeout;
use zbus::{
    Connection, Proxy,
    proxy::{CacheProperties, MethodFlags, SignalStream},
    zvariant::{DynamicDeserialize, DynamicType, OwnedValue, Value},
};

use super::WifiError;

/// The bus itself.
const BUS: &str = "org.freedesktop.DBus";
const BUS_PATH: &str = "/org/freedesktop/DBus";

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

/// The system's bus.
pub(super) async fn connect() -> Result<Connection, WifiError> {
    let connected = timeout(CALL_TIMEOUT, Connection::system()).await;
    let connected = connected.map_err(|_elapsed| WifiError::Unsupported)?;
    connected.map_err(|err| {
        log::debug!("Wi-Fi: the system's bus: {err}");
        WifiError::Unsupported
    })
}

/// Whether somebody on the bus has this name. Nothing is started for the question.
pub(super) async fn is_there(connection: &Connection, name: &str) -> Result<bool, WifiError> {
    let bus = Destination { connection: connection.clone(), name: BUS };
    bus.call(BUS_PATH, BUS, "NameHasOwner", &(name,)).await
}

/// A service on the bus, by its name.
#[derive(Debug, Clone)]
pub(super) struct Destination {
    connection: Connection,
    name: &'static str,
}

impl Destination {
    pub(super) fn new(connection: Connection, name: &'static str) -> Self {
        Self { connection, name }
    }

    /// What this program is called on the bus as long as it is there.
    pub(super) fn own_name(&self) -> &str {
        self.connection.unique_name().map_or("", |name| name.as_str())
    }

    /// Whether somebody on the same bus has this name.
    pub(super) async fn is_there(&self, name: &str) -> Result<bool, WifiError> {
        is_there(&self.connection, name).await
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
        let value: OwnedValue = self.call(path, PROPERTIES, "Get", &(interface, name)).await?;
        T::try_from(value).map_err(|err| problem(err.into()))
    }

    /// Changes a property.
    pub(super) async fn set(
        &self,
        path: &str,
        (interface, name): (&'static str, &'static str),
        value: Value<'_>,
    ) -> Result<(), WifiError> {
        self.call(path, PROPERTIES, "Set", &(interface, name, value)).await
    }

    /// All properties of one interface at once, since each question costs a way there and back.
    pub(super) async fn all(
        &self,
        path: &str,
        interface: &'static str,
    ) -> Result<Properties, WifiError> {
        self.call(path, PROPERTIES, "GetAll", &(interface,)).await.map(Properties)
    }

    /// A call that is answered without asking anybody.
    pub(super) async fn call<B, R>(
        &self,
        path: &str,
        interface: &'static str,
        name: &'static str,
        body: &B,
    ) -> Result<R, WifiError>
    where
        B: Serialize + DynamicType,
        R: for<'d> DynamicDeserialize<'d>,
    {
        let proxy = self.proxy(path, interface).await?;
        within(CALL_TIMEOUT, proxy.call(name, body)).await
    }

    /// A call for which the system may ask the person for its password.
    pub(super) async fn ask<B, R>(
        &self,
        path: &str,
        interface: &'static str,
        name: &'static str,
        body: &B,
    ) -> Result<R, WifiError>
    where
        B: Serialize + DynamicType,
        R: for<'d> DynamicDeserialize<'d>,
    {
        let proxy = self.proxy(path, interface).await?;
        let call = proxy.call_with_flags(name, MethodFlags::AllowInteractiveAuth.into(), body);
        within(CONSENT_TIMEOUT, call).await?.ok_or(WifiError::TimedOut)
    }

    /// What is told from now on by this name.
    pub(super) async fn signals(
        &self,
        path: &str,
        interface: &'static str,
        name: &'static str,
    ) -> Result<SignalStream<'static>, WifiError> {
        let proxy = self.proxy(path, interface).await?;
        within(CALL_TIMEOUT, proxy.receive_signal(name)).await
    }

    /// How an object's properties change from now on: the interface, new values, names of others.
    pub(super) async fn changes(&self, path: &str) -> Result<SignalStream<'static>, WifiError> {
        self.signals(path, PROPERTIES, "PropertiesChanged").await
    }

    async fn proxy(
        &self,
        path: &str,
        interface: &'static str,
    ) -> Result<Proxy<'static>, WifiError> {
        let building = zbus::proxy::Builder::new(&self.connection)
            .destination(self.name)
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
