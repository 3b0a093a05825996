//! `NetworkManager`, as desktops have it, over D-Bus.
//!
//! What is made here lives in its memory only and is bound to this program's connection to the bus: where the
//! program ends without a word, `NetworkManager` forgets the group and goes back into a network it knows.

mod bus;
mod outcome;
mod settings;

use std::{collections::BTreeSet, time::Duration};

use tokio::time::{interval, timeout};
use zbus::{Connection, zvariant::OwnedObjectPath};

pub(super) use self::bus::SERVICE;
use self::bus::{ACCESS_POINT, ACTIVE, Bus, DEVICE, MANAGER_PATH, WIRELESS};
use super::{
    Credentials, WifiError, channel,
    port::{Look, WifiPort, WifiState, Work},
};

/// How long the network to join is searched for.
const SEARCH_TIMEOUT: Duration = Duration::from_secs(25);

/// How often it is looked whether it was found.
const SEARCH_LOOK: Duration = Duration::from_secs(1);

/// Looks between two requests to search: a search of all channels takes some seconds.
const LOOKS_PER_SEARCH: u32 = 5;

/// How long a card may take from one network into another, with an address there.
const ENTER_TIMEOUT: Duration = Duration::from_secs(45);

/// The most cards and access points looked at.
const MAX_LOOKED_AT: usize = 256;

/// `NetworkManager`'s device type of Wi-Fi cards.
const TYPE_WIFI: u32 = 2;

/// The capability of making a network.
const CAN_MAKE: u32 = 0x40;

/// States of devices: the first in which it can be used, and the first in which it is entering a network.
const DISCONNECTED: u32 = 30;
const PREPARING: u32 = 40;

/// The state of a connection that is there.
const ENTERED: u32 = 2;

/// The service.
#[derive(Debug)]
pub(super) struct NetworkManagerPort {
    bus: Bus,
    held: Option<Held>,
}

/// What is to be put back.
#[derive(Debug)]
struct Held {
    device: OwnedObjectPath,
    previous: Option<Previous>,
    /// Our connection while it is there.
    active: Option<OwnedObjectPath>,
}

/// The network the card was in.
#[derive(Debug, Clone)]
struct Previous {
    /// Its settings.
    settings: OwnedObjectPath,
    /// What the person calls it.
    name: String,
}

/// A card.
struct Card {
    path: OwnedObjectPath,
    is_ready: bool,
    can_make: bool,
    previous: Option<Previous>,
}

impl NetworkManagerPort {
    pub(super) fn new(connection: Connection) -> Self {
        Self { bus: Bus::new(connection), held: None }
    }

    /// Whether there may be something to put back.
    pub(super) fn is_holding(&self) -> bool {
        self.held.is_some()
    }

    /// The card for a group, of those there are.
    async fn card(bus: &Bus, devices: Vec<OwnedObjectPath>) -> Result<Card, WifiError> {
        let mut best: Option<Card> = None;
        for path in devices.into_iter().take(MAX_LOOKED_AT) {
            // It may have been unplugged just now.
            let Ok(Some(card)) = card(bus, path).await else { continue };
            let worth = |card: &Card| (card.is_ready, card.can_make, card.previous.is_none());
            if best.as_ref().is_none_or(|best| worth(&card) > worth(best)) {
                best = Some(card);
            }
        }
        best.ok_or(WifiError::Missing)
    }

    async fn find_state(&mut self) -> Result<Look, WifiError> {
        let bus = self.bus.clone();
        let is_in_group = self.is_in_group().await;
        let mut manager = bus.all(MANAGER_PATH, bus::MANAGER).await?;
        let card = Self::card(&bus, manager.take("Devices")?).await?;
        if !manager.take("WirelessEnabled")? || !manager.take("WirelessHardwareEnabled")? {
            return Ok(Look { is_in_group, ..Look::without(WifiState::Off) });
        }
        if bus.is_forbidden().await {
            return Ok(Look { is_in_group, ..Look::without(WifiState::Denied) });
        }
        if !card.is_ready {
            return Ok(Look { is_in_group, ..Look::without(WifiState::Missing) });
        }
        let network = card.previous.filter(|_| !is_in_group).map(|previous| previous.name);
        Ok(Look { state: WifiState::Ready, network, can_make: card.can_make, is_in_group })
    }

    /// Whether the connection that was made here is still the card's.
    async fn is_in_group(&self) -> bool {
        let Some(held) = &self.held else { return false };
        let now = self.bus.get::<OwnedObjectPath>(&held.device, DEVICE, "ActiveConnection").await;
        held.active.is_some() && now.ok() == held.active
    }

    async fn enter(&mut self, credentials: &Credentials, is_made: bool) -> Result<(), WifiError> {
        let bus = self.bus.clone();
        let devices = bus.get(MANAGER_PATH, bus::MANAGER, "Devices").await?;
        let card = Self::card(&bus, devices).await?;
        let place = match is_made {
            true => OwnedObjectPath::default(),
            false => search(&bus, &card.path, credentials).await?,
        };
        // From here on there may be something to put back, whatever comes.
        let held = Held { device: card.path.clone(), previous: card.previous, active: None };
        let held = self.held.insert(held);
        let mut channels = channel::by_chance();
        let mut channel = channels.next().filter(|_| is_made);
        loop {
            let settings = settings::of(credentials, channel);
            let mut states = bus.states(&card.path).await?;
            let active = bus.activate_new(&settings, &card.path, &place).await?;
            held.active = Some(active.clone());
            let wait = outcome::wait(&bus, &mut states, (&card.path, &active), is_made);
            match timeout(ENTER_TIMEOUT, wait).await.unwrap_or(Err(WifiError::TimedOut)) {
                Err(WifiError::NotMade(reason)) => {
                    channel = channels.next();
                    log::debug!(
                        "Wi-Fi: no network was made ({reason}); channel {channel:?} is next"
                    );
                    if channel.is_none() {
                        return Err(WifiError::NotMade(reason));
                    }
                }
                entered => return entered,
            }
        }
    }

    async fn restore(&mut self) -> Result<(), WifiError> {
        let Some(held) = self.held.take() else { return Ok(()) };
        let bus = self.bus.clone();
        let now = bus.get::<OwnedObjectPath>(&held.device, DEVICE, "ActiveConnection").await;
        let now = now.ok().filter(|path| path.as_str() != "/");
        let Some(previous) = held.previous else {
            // A dropped request may have gone through without its answer.
            let ours = match (&held.active, now) {
                (Some(active), now) => now.filter(|now| now == active),
                (None, now) => now,
            };
            return match ours {
                Some(active) => bus.deactivate(&active).await,
                None => Ok(()),
            };
        };
        if let Some(now) = &now {
            let settings = bus.get::<OwnedObjectPath>(now, ACTIVE, "Connection").await;
            let is_back = settings.is_ok_and(|settings| settings == previous.settings);
            let is_in = bus.get::<u32>(now, ACTIVE, "State").await == Ok(ENTERED);
            let is_other = held.active.as_ref().is_some_and(|active| active != now);
            // The system, or the person, went back already, or has chosen a third one.
            if if is_back { is_in } else { is_other } {
                return Ok(());
            }
        }
        let lost = |_why| WifiError::NotRestored(previous.name.clone());
        let mut states = bus.states(&held.device).await.map_err(lost)?;
        let active = bus.activate(&previous.settings, &held.device).await.map_err(lost)?;
        let wait = outcome::wait(&bus, &mut states, (&held.device, &active), false);
        timeout(ENTER_TIMEOUT, wait).await.unwrap_or(Err(WifiError::TimedOut)).map_err(lost)
    }
}

/// What a device is, if it is a Wi-Fi card.
async fn card(bus: &Bus, path: OwnedObjectPath) -> Result<Option<Card>, WifiError> {
    let mut device = bus.all(&path, DEVICE).await?;
    if device.take::<u32>("DeviceType")? != TYPE_WIFI {
        return Ok(None);
    }
    let (state, active): (u32, OwnedObjectPath) =
        (device.take("State")?, device.take("ActiveConnection")?);
    let abilities: u32 = bus.get(&path, WIRELESS, "WirelessCapabilities").await?;
    let previous = match state >= PREPARING && active.as_str() != "/" {
        true => {
            let mut active = bus.all(&active, ACTIVE).await?;
            Some(Previous { settings: active.take("Connection")?, name: active.take("Id")? })
        }
        false => None,
    };
    let (is_ready, can_make) = (state >= DISCONNECTED, abilities & CAN_MAKE != 0);
    Ok(Some(Card { path, is_ready, can_make, previous }))
}

/// Waits until the network is heard; the card stays where it is meanwhile.
async fn search(
    bus: &Bus,
    device: &OwnedObjectPath,
    credentials: &Credentials,
) -> Result<OwnedObjectPath, WifiError> {
    let searching = async {
        let mut looks = interval(SEARCH_LOOK);
        // At a festival there are many, and each is asked for its name once.
        let mut others = BTreeSet::new();
        for number in 0_u32.. {
            looks.tick().await;
            if let Some(found) = hear(bus, device, credentials, &mut others).await? {
                return Ok(found);
            }
            if number.is_multiple_of(LOOKS_PER_SEARCH) {
                // It refuses while it searches anyway.
                let _ = bus.search(device).await;
            }
        }
        Err(WifiError::TimedOut)
    };
    let missing = || WifiError::NotFound(credentials.ssid().to_owned());
    timeout(SEARCH_TIMEOUT, searching).await.unwrap_or_else(|_elapsed| Err(missing()))
}

async fn hear(
    bus: &Bus,
    device: &OwnedObjectPath,
    credentials: &Credentials,
    others: &mut BTreeSet<String>,
) -> Result<Option<OwnedObjectPath>, WifiError> {
    let heard: Vec<OwnedObjectPath> = bus.get(device, WIRELESS, "AccessPoints").await?;
    for path in heard.into_iter().take(MAX_LOOKED_AT) {
        if others.contains(path.as_str()) {
            continue;
        }
        let Ok(ssid) = bus.get::<Vec<u8>>(&path, ACCESS_POINT, "Ssid").await else { continue };
        if ssid == credentials.ssid().as_bytes() {
            return Ok(Some(path));
        }
        others.insert(path.to_string());
    }
    Ok(None)
}

impl WifiPort for NetworkManagerPort {
    fn look(&mut self) -> Work<'_, Look> {
        Box::pin(async {
            let found = self.find_state().await;
            found.unwrap_or_else(Look::failed)
        })
    }

    fn make<'a>(
        &'a mut self,
        credentials: &'a Credentials,
    ) -> Work<'a, Result<Credentials, WifiError>> {
        Box::pin(async {
            self.enter(credentials, true).await?;
            Ok(credentials.clone())
        })
    }

    fn join<'a>(&'a mut self, credentials: &'a Credentials) -> Work<'a, Result<(), WifiError>> {
        Box::pin(self.enter(credentials, false))
    }

    fn leave(&mut self) -> Work<'_, Result<(), WifiError>> {
        Box::pin(self.restore())
    }
}
