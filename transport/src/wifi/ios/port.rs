//! The port to Wi-Fi as iOS has it.

use std::time::Duration;

use tokio::time::{sleep, timeout};

use super::{hotspot, outcome::is_in};
use crate::wifi::{Credentials, Look, WifiError, WifiPort, WifiState, Work};

/// How often it is looked whether a network was joined.
const LOOK: Duration = Duration::from_millis(500);

/// How long it may take after the person said yes.
const JOIN_TIMEOUT: Duration = Duration::from_secs(40);

/// Joins networks by `NEHotspotConfigurationManager`.
#[derive(Debug, Default)]
pub(crate) struct HotspotPort {
    /// The network that was described to the system.
    described: Option<String>,
}

impl WifiPort for HotspotPort {
    fn look(&mut self) -> Work<'_, Look> {
        Box::pin(async {
            if !hotspot::is_there() {
                return Look::without(WifiState::Unsupported);
            }
            let is_in_group = match &self.described {
                // The system forgets it once it has left it.
                Some(ssid) => hotspot::described().await.contains(ssid),
                None => false,
            };
            // Which network would be left the system does not say; it asks the person itself.
            Look { state: WifiState::Ready, network: None, can_make: false, is_in_group }
        })
    }

    fn make<'a>(&'a mut self, _: &'a Credentials) -> Work<'a, Result<Credentials, WifiError>> {
        Box::pin(async { Err(WifiError::CannotMake) })
    }

    fn join<'a>(&'a mut self, credentials: &'a Credentials) -> Work<'a, Result<(), WifiError>> {
        Box::pin(async {
            let ssid = credentials.ssid();
            // What was described before under this name may have another passphrase.
            hotspot::forget(ssid);
            self.described = Some(ssid.to_owned());
            hotspot::apply(credentials).await?;
            let joined = async {
                while !is_in(hotspot::current().await.as_deref(), hotspot::has_address(), ssid) {
                    sleep(LOOK).await;
                }
            };
            timeout(JOIN_TIMEOUT, joined).await.map_err(|_elapsed| WifiError::Refused)
        })
    }

    fn leave(&mut self) -> Work<'_, Result<(), WifiError>> {
        if let Some(ssid) = self.described.take() {
            // The system enters the network that it was in by itself.
            hotspot::forget(&ssid);
        }
        Box::pin(async { Ok(()) })
    }
}
