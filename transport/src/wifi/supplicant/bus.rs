//! The calls of `wpa_supplicant`'s D-Bus interface that are used here.

use std::{collections::HashMap, ops::Deref};

use zbus::{
    Connection,
    zvariant::{OwnedObjectPath, OwnedValue, Value},
};

use super::{WifiError, settings::Settings};
use crate::wifi::dbus::Destination;

pub(in crate::wifi) const SERVICE: &str = "fi.w1.wpa_supplicant1";
const ROOT: &str = "/fi/w1/wpa_supplicant1";
pub(super) const INTERFACE: &str = "fi.w1.wpa_supplicant1.Interface";
const NETWORK: &str = "fi.w1.wpa_supplicant1.Network";
const BSS: &str = "fi.w1.wpa_supplicant1.BSS";

/// The most cards, networks and access points looked at, of each.
const MAX_LOOKED_AT: usize = 256;

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

    /// A property of a card.
    pub(super) async fn of_card<T>(&self, card: &str, name: &'static str) -> Result<T, WifiError>
    where
        T: TryFrom<OwnedValue>,
        T::Error: Into<zbus::Error>,
    {
        self.get(card, INTERFACE, name).await
    }

    /// The cards that it manages.
    pub(super) async fn cards(&self) -> Result<Vec<OwnedObjectPath>, WifiError> {
        self.get(ROOT, SERVICE, "Interfaces").await.map(bounded)
    }

    /// Has it manage a card, by the name of its interface.
    pub(super) async fn manage(&self, name: &str) -> Result<OwnedObjectPath, WifiError> {
        let card = HashMap::from([("Ifname", Value::new(name)), ("Driver", Value::new("nl80211"))]);
        self.call(ROOT, SERVICE, "CreateInterface", &(card,)).await
    }

    /// Has it leave a card alone.
    pub(super) async fn release(&self, card: &OwnedObjectPath) -> Result<(), WifiError> {
        self.call(ROOT, SERVICE, "RemoveInterface", &(card,)).await
    }

    /// What a card can be: `infrastructure` for joining networks, `ap` for making them.
    pub(super) async fn modes(&self, card: &str) -> Result<Vec<String>, WifiError> {
        let abilities: HashMap<String, OwnedValue> = self.of_card(card, "Capabilities").await?;
        let mut abilities = abilities;
        let modes = abilities.remove("Modes").and_then(|modes| modes.try_into().ok());
        Ok(modes.unwrap_or_default())
    }

    /// The network that a card is in, or is entering.
    pub(super) async fn current(&self, card: &str) -> Result<Option<OwnedObjectPath>, WifiError> {
        let path: OwnedObjectPath = self.of_card(card, "CurrentNetwork").await?;
        Ok((path.as_str() != "/").then_some(path))
    }

    /// The networks that it knows for a card.
    pub(super) async fn networks(&self, card: &str) -> Result<Vec<OwnedObjectPath>, WifiError> {
        self.of_card(card, "Networks").await.map(bounded)
    }

    /// A setting of a network, as `wpa_supplicant` writes it: strings within quotes.
    pub(super) async fn setting(&self, network: &str, name: &str) -> Result<String, WifiError> {
        let settings = self.get(network, NETWORK, "Properties").await;
        let mut settings: HashMap<String, OwnedValue> = settings?;
        let value = settings.remove(name).and_then(|value| value.try_into().ok());
        Ok(value.unwrap_or_default())
    }

    /// Whether it may enter a network by itself.
    pub(super) async fn is_enabled(&self, network: &str) -> Result<bool, WifiError> {
        self.get(network, NETWORK, "Enabled").await
    }

    /// Lets it enter a network by itself again.
    pub(super) async fn enable(&self, network: &str) -> Result<(), WifiError> {
        self.set(network, (NETWORK, "Enabled"), Value::new(true)).await
    }

    /// Tells it of a network, which is forgotten when it ends.
    pub(super) async fn add(
        &self,
        card: &str,
        settings: &Settings<'_>,
    ) -> Result<OwnedObjectPath, WifiError> {
        self.call(card, INTERFACE, "AddNetwork", &(settings,)).await
    }

    /// Has it enter this network and no other.
    pub(super) async fn select(&self, card: &str, network: &str) -> Result<(), WifiError> {
        self.call(card, INTERFACE, "SelectNetwork", &(path(network)?,)).await
    }

    /// Has it leave a network, if it is in it, and forget it.
    pub(super) async fn remove(&self, card: &str, network: &str) -> Result<(), WifiError> {
        self.call(card, INTERFACE, "RemoveNetwork", &(path(network)?,)).await
    }

    /// Has it enter any network that it may enter by itself.
    pub(super) async fn enter_any(&self, card: &str) -> Result<(), WifiError> {
        self.call(card, INTERFACE, "Reassociate", &()).await
    }

    /// Has a card search for networks.
    pub(super) async fn search(&self, card: &str) -> Result<(), WifiError> {
        let how = HashMap::from([("Type", Value::new("active"))]);
        self.call(card, INTERFACE, "Scan", &(how,)).await
    }

    /// The access points that a card has heard lately.
    pub(super) async fn heard(&self, card: &str) -> Result<Vec<OwnedObjectPath>, WifiError> {
        self.of_card(card, "BSSs").await.map(bounded)
    }

    /// What an access point calls its network; that may be anything.
    pub(super) async fn ssid(&self, access_point: &str) -> Result<Vec<u8>, WifiError> {
        self.get(access_point, BSS, "SSID").await
    }
}

fn bounded(mut paths: Vec<OwnedObjectPath>) -> Vec<OwnedObjectPath> {
    paths.truncate(MAX_LOOKED_AT);
    paths
}

fn path(path: &str) -> Result<OwnedObjectPath, WifiError> {
    OwnedObjectPath::try_from(path).map_err(|err| WifiError::Failed(err.to_string()))
}
