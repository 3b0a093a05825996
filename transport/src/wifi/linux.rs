//! Linux: `NetworkManager` where it runs, as on desktops, and else `wpa_supplicant` itself.

use zbus::Connection;

use super::{
    Credentials, WifiError, dbus,
    network_manager::{self, NetworkManagerPort},
    port::{Look, WifiPort, Work},
    supplicant::{self, SupplicantPort},
};

/// Who else drives `wpa_supplicant`, and is not spoken to here.
const CONNMAN: &str = "net.connman";

/// Whoever drives the system's Wi-Fi.
#[derive(Debug, Default)]
pub(super) struct LinuxPort {
    bus: Option<Connection>,
    way: Option<Way>,
}

#[derive(Debug)]
enum Way {
    Manager(NetworkManagerPort),
    Supplicant(SupplicantPort),
}

/// Of which kind a [`Way`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Manager,
    Supplicant,
}

impl Kind {
    /// The one to go by. `NetworkManager` and `ConnMan` drive `wpa_supplicant`, and would undo what others have it do.
    fn choose(has_manager: bool, has_connman: bool, has_supplicant: bool) -> Option<Self> {
        match (has_manager, has_connman, has_supplicant) {
            (true, _, _) => Some(Self::Manager),
            (false, false, true) => Some(Self::Supplicant),
            (false, true, _) | (false, _, false) => None,
        }
    }
}

impl Way {
    fn kind(&self) -> Kind {
        match self {
            Self::Manager(_) => Kind::Manager,
            Self::Supplicant(_) => Kind::Supplicant,
        }
    }

    fn is_holding(&self) -> bool {
        match self {
            Self::Manager(port) => port.is_holding(),
            Self::Supplicant(port) => port.is_holding(),
        }
    }

    fn port(&mut self) -> &mut dyn WifiPort {
        match self {
            Self::Manager(port) => port,
            Self::Supplicant(port) => port,
        }
    }
}

impl LinuxPort {
    /// The way to the card as things are now; as long as there is something to put back, the one by which that was
    /// done.
    async fn way(&mut self) -> Result<&mut dyn WifiPort, WifiError> {
        if !self.way.as_ref().is_some_and(Way::is_holding) {
            let bus = match &self.bus {
                Some(bus) => bus.clone(),
                None => self.bus.insert(dbus::connect().await?).clone(),
            };
            let has_manager = dbus::is_there(&bus, network_manager::SERVICE).await?;
            let has_connman = dbus::is_there(&bus, CONNMAN).await?;
            let has_supplicant = dbus::is_there(&bus, supplicant::SERVICE).await?;
            let kind = Kind::choose(has_manager, has_connman, has_supplicant);
            let kind = kind.ok_or(WifiError::Unsupported)?;
            if self.way.as_ref().map(Way::kind) != Some(kind) {
                self.way = Some(match kind {
                    Kind::Manager => Way::Manager(NetworkManagerPort::new(bus)),
                    Kind::Supplicant => Way::Supplicant(SupplicantPort::new(bus)),
                });
            }
        }
        self.way.as_mut().map(Way::port).ok_or(WifiError::Unsupported)
    }
}

impl WifiPort for LinuxPort {
    fn look(&mut self) -> Work<'_, Look> {
        Box::pin(async {
            match self.way().await {
                Ok(way) => way.look().await,
                Err(err) => Look::failed(err),
            }
        })
    }

    fn make<'a>(
        &'a mut self,
        credentials: &'a Credentials,
    ) -> Work<'a, Result<Credentials, WifiError>> {
        Box::pin(async { self.way().await?.make(credentials).await })
    }

    fn join<'a>(&'a mut self, credentials: &'a Credentials) -> Work<'a, Result<(), WifiError>> {
        Box::pin(async { self.way().await?.join(credentials).await })
    }

    fn leave(&mut self) -> Work<'_, Result<(), WifiError>> {
        Box::pin(async {
            match &mut self.way {
                Some(way) => way.port().leave().await,
                None => Ok(()),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Kind;

    #[test]
    fn network_manager_is_gone_by_where_it_runs_and_nothing_where_nothing_does() {
        for has_supplicant in [true, false] {
            assert_eq!(Kind::choose(true, false, has_supplicant), Some(Kind::Manager));
            assert_eq!(Kind::choose(false, true, has_supplicant), None);
        }
        assert_eq!(Kind::choose(false, false, true), Some(Kind::Supplicant));
        assert_eq!(Kind::choose(false, false, false), None);
    }
}
