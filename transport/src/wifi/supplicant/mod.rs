//! `wpa_supplicant` where there is no `NetworkManager`, over D-Bus.
//!
//! It gives no addresses, and who may use it may not either. Each device has its own within the group all the same:
//! the link-local one of IPv6, and whatever else the system gives by itself.
//!
//! `wpa_supplicant` does not notice when this program ends without a word. The network that was made then stays
//! until the program runs again, which takes it back; one that was joined gives way to those that are known once it
//! is not heard.

mod bus;
mod cards;
mod outcome;
mod settings;

use std::{collections::BTreeSet, time::Duration};

use tokio::time::{interval, timeout};
use zbus::{Connection, zvariant::OwnedObjectPath};

pub(super) use self::bus::SERVICE;
use self::{bus::Bus, outcome::Attempt};
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

/// How long a card may take from one network into another.
const ENTER_TIMEOUT: Duration = Duration::from_secs(45);

/// How long it may take to make a network on one channel.
const MAKE_TIMEOUT: Duration = Duration::from_secs(15);

/// How long an interface may take to get an address of its own.
const ADDRESS_TIMEOUT: Duration = Duration::from_secs(10);

/// How often it is looked whether it has one.
const ADDRESS_LOOK: Duration = Duration::from_millis(250);

/// Interfaces which `wpa_supplicant` has for itself begin so.
const OWN_INTERFACES: &str = "p2p-";

/// The service.
#[derive(Debug)]
pub(super) struct SupplicantPort {
    bus: Bus,
    held: Option<Held>,
}

/// What is to be put back.
#[derive(Debug)]
struct Held {
    card: OwnedObjectPath,
    /// Whether the card was only taken for this.
    is_taken: bool,
    previous: Option<Previous>,
    /// The networks which it entered by itself.
    enabled: Vec<OwnedObjectPath>,
    /// Ours while it is there.
    network: Option<OwnedObjectPath>,
}

/// The network the card was in.
#[derive(Debug, Clone)]
struct Previous {
    network: OwnedObjectPath,
    name: String,
}

/// A card.
#[derive(Debug)]
struct Card {
    /// `None` for one that is not managed.
    path: Option<OwnedObjectPath>,
    /// The name of its interface.
    name: String,
    is_on: bool,
    can_make: bool,
    previous: Option<Previous>,
}

impl SupplicantPort {
    pub(super) fn new(connection: Connection) -> Self {
        Self { bus: Bus::new(connection), held: None }
    }

    /// Whether there may be something to put back.
    pub(super) fn is_holding(&self) -> bool {
        self.held.is_some()
    }

    /// The card for a group, of those there are.
    async fn card(&self) -> Result<Card, WifiError> {
        let mut best: Option<Card> = None;
        for path in self.bus.cards().await? {
            // It may have been unplugged just now.
            let found = match self.managed(path).await {
                Ok(Some(card)) => card,
                Err(WifiError::Denied) => return Err(WifiError::Denied),
                Ok(None) | Err(_) => continue,
            };
            let worth = |card: &Card| (card.is_on, card.can_make, card.previous.is_none());
            if best.as_ref().is_none_or(|best| worth(&found) > worth(best)) {
                best = Some(found);
            }
        }
        let unused = || {
            let name =
                cards::unused().into_iter().find(|name| !name.starts_with(OWN_INTERFACES))?;
            Some(Card { path: None, name, is_on: true, can_make: true, previous: None })
        };
        best.or_else(unused).ok_or(WifiError::Missing)
    }

    /// What an interface is, if it is one of a Wi-Fi card.
    async fn managed(&self, path: OwnedObjectPath) -> Result<Option<Card>, WifiError> {
        let name: String = self.bus.of_card(&path, "Ifname").await?;
        let modes = self.bus.modes(&path).await?;
        let has = |mode: &str| modes.iter().any(|other| other == mode);
        if name.starts_with(OWN_INTERFACES) || !has("infrastructure") {
            return Ok(None);
        }
        self.take_back_of_others(&path).await;
        let state: String = self.bus.of_card(&path, "State").await?;
        let previous = match self.bus.current(&path).await? {
            Some(network) => {
                let name = self.bus.of_card::<OwnedObjectPath>(&path, "CurrentBSS").await?;
                let name = self.bus.ssid(&name).await.unwrap_or_default();
                Some(Previous { network, name: shown(&name) })
            }
            None => None,
        };
        let (is_on, can_make) = (state != "interface_disabled", has("ap"));
        Ok(Some(Card { path: Some(path), name, is_on, can_make, previous }))
    }

    /// Takes back what this program left behind when it ended without a word.
    async fn take_back_of_others(&self, card: &OwnedObjectPath) {
        for network in self.bus.networks(card).await.unwrap_or_default() {
            let mark = self.bus.setting(&network, settings::MARK).await.unwrap_or_default();
            let Some(owner) = settings::owner(&mark) else { continue };
            if self.bus.is_there(owner).await == Ok(false) {
                log::info!("Wi-Fi: a group of a program that is gone is ended");
                let _ = self.bus.remove(card, &network).await;
                // After a group that was made it would rest.
                let _ = self.bus.enter_any(card).await;
            }
        }
    }

    async fn find_state(&mut self) -> Result<Look, WifiError> {
        let is_in_group = self.is_in_group().await;
        let card = self.card().await?;
        if !card.is_on {
            return Ok(Look { is_in_group, ..Look::without(WifiState::Off) });
        }
        let network = card.previous.filter(|_| !is_in_group).map(|previous| previous.name);
        Ok(Look { state: WifiState::Ready, network, can_make: card.can_make, is_in_group })
    }

    /// Whether the network that was added here is still the card's.
    async fn is_in_group(&self) -> bool {
        let Some(held) = &self.held else { return false };
        let now = self.bus.current(&held.card).await;
        held.network.is_some() && now.is_ok_and(|now| now == held.network)
    }

    async fn enter(&mut self, credentials: &Credentials, is_made: bool) -> Result<(), WifiError> {
        let bus = self.bus.clone();
        let card = self.card().await?;
        let (path, is_taken) = match &card.path {
            Some(path) => (path.clone(), false),
            None => (bus.manage(&card.name).await?, true),
        };
        // From here on there may be something to put back, whatever comes.
        let mut enabled = Vec::new();
        for network in bus.networks(&path).await? {
            if bus.is_enabled(&network).await? {
                enabled.push(network);
            }
        }
        let previous = card.previous;
        let held = Held { card: path.clone(), is_taken, previous, enabled, network: None };
        let held = self.held.insert(held);
        if !is_made {
            search(&bus, &path, credentials).await?;
        } else if is_taken && !bus.modes(&path).await?.iter().any(|mode| mode == "ap") {
            return Err(WifiError::CannotMake);
        }
        attempt(&bus, held, credentials, is_made).await?;
        // Whoever walks away from the group finds the way back by itself.
        for network in &held.enabled {
            let _ = bus.enable(network).await;
        }
        has_address(&card.name).await
    }

    async fn restore(&mut self) -> Result<(), WifiError> {
        let Some(held) = self.held.take() else { return Ok(()) };
        let bus = self.bus.clone();
        if held.is_taken {
            return bus.release(&held.card).await;
        }
        // A dropped request may have gone through without its answer.
        let mark = format!("\"{}\"", settings::mark(bus.own_name()));
        for network in bus.networks(&held.card).await? {
            if bus.setting(&network, settings::MARK).await == Ok(mark.clone()) {
                bus.remove(&held.card, &network).await?;
            }
        }
        let has_previous = held.previous.is_some();
        let gone_back = match held.previous {
            Some(previous) => go_back(&bus, &held.card, previous).await,
            None => Ok(()),
        };
        for network in &held.enabled {
            // It may have been removed meanwhile.
            let _ = bus.enable(network).await;
        }
        if !has_previous && !held.enabled.is_empty() {
            let _ = bus.enter_any(&held.card).await;
        }
        gone_back
    }
}

/// Makes a network on the first channel on which that can be done, or joins it.
async fn attempt(
    bus: &Bus,
    held: &mut Held,
    credentials: &Credentials,
    is_made: bool,
) -> Result<(), WifiError> {
    let limit = if is_made { MAKE_TIMEOUT } else { ENTER_TIMEOUT };
    let mut channels = channel::by_chance();
    let mut channel = channels.next().filter(|_| is_made);
    loop {
        let frequency = channel.map(channel::frequency);
        let settings = settings::of(credentials, frequency, bus.own_name());
        let mut changes = bus.changes(&held.card).await?;
        let network = bus.add(&held.card, &settings).await?;
        held.network = Some(network.clone());
        bus.select(&held.card, &network).await?;
        let wait = Attempt::new(is_made).wait(bus, &mut changes, (&held.card, &network));
        let too_long = if is_made { WifiError::NotMade(0) } else { WifiError::Refused };
        match timeout(limit, wait).await.unwrap_or(Err(too_long)) {
            Err(WifiError::NotMade(reason)) => {
                channel = channels.next();
                log::debug!("Wi-Fi: no network was made; channel {channel:?} is next");
                bus.remove(&held.card, &network).await?;
                if channel.is_none() {
                    return Err(WifiError::NotMade(reason));
                }
            }
            entered => return entered,
        }
    }
}

/// Enters the network that was left, unless the card is in one that somebody chose meanwhile.
async fn go_back(bus: &Bus, card: &OwnedObjectPath, previous: Previous) -> Result<(), WifiError> {
    let lost = |_why| WifiError::NotRestored(previous.name.clone());
    let mut changes = bus.changes(card).await.map_err(lost)?;
    let is_in = bus.of_card::<String>(card, "State").await.is_ok_and(|state| state == "completed");
    if is_in && bus.current(card).await.is_ok_and(|now| now.is_some()) {
        return Ok(());
    }
    bus.select(card, &previous.network).await.map_err(lost)?;
    let wait = Attempt::new(false).wait(bus, &mut changes, (card, &previous.network));
    timeout(ENTER_TIMEOUT, wait).await.unwrap_or(Err(WifiError::TimedOut)).map_err(lost)
}

/// Waits until the network is heard; the card stays where it is meanwhile.
async fn search(
    bus: &Bus,
    card: &OwnedObjectPath,
    credentials: &Credentials,
) -> Result<(), WifiError> {
    let searching = async {
        let mut looks = interval(SEARCH_LOOK);
        // At a festival there are many, and each is asked for its name once.
        let mut others = BTreeSet::new();
        for number in 0_u32.. {
            looks.tick().await;
            for path in bus.heard(card).await? {
                if others.contains(path.as_str()) {
                    continue;
                }
                let Ok(ssid) = bus.ssid(&path).await else { continue };
                if ssid == credentials.ssid().as_bytes() {
                    return Ok(());
                }
                others.insert(path.to_string());
            }
            if number.is_multiple_of(LOOKS_PER_SEARCH) {
                // It refuses while it searches anyway.
                let _ = bus.search(card).await;
            }
        }
        Err(WifiError::TimedOut)
    };
    let missing = || WifiError::NotFound(credentials.ssid().to_owned());
    timeout(SEARCH_TIMEOUT, searching).await.unwrap_or_else(|_elapsed| Err(missing()))
}

/// Waits until an interface has an address, be it only one for its neighbors.
async fn has_address(interface: &str) -> Result<(), WifiError> {
    let waiting = async {
        let mut looks = interval(ADDRESS_LOOK);
        loop {
            looks.tick().await;
            let all = if_addrs::get_if_addrs().unwrap_or_default();
            if all.iter().any(|address| address.name == interface) {
                return;
            }
        }
    };
    timeout(ADDRESS_TIMEOUT, waiting).await.map_err(|_elapsed| WifiError::NoAddresses)
}

/// A network's name as it can be shown, whatever it is.
fn shown(ssid: &[u8]) -> String {
    let name = String::from_utf8_lossy(ssid.get(..super::MAX_SSID_LEN).unwrap_or(ssid));
    name.chars().map(|letter| if letter.is_control() { '\u{fffd}' } else { letter }).collect()
}

impl WifiPort for SupplicantPort {
    fn look(&mut self) -> Work<'_, Look> {
        Box::pin(async { self.find_state().await.unwrap_or_else(Look::failed) })
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

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn name_that_a_stranger_gave_a_network_is_shown_without_harm() {
        assert_eq!(shown("Zelt ⛺".as_bytes()), "Zelt ⛺");
        assert_eq!(shown(b"a\nb\x1b[2J\xff"), "a\u{fffd}b\u{fffd}[2J\u{fffd}");
        assert_eq!(shown(&[b'a'; 1_000]).len(), super::super::MAX_SSID_LEN);
    }
}
