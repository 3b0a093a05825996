//! What the states of a card say of an attempt to enter a network.

use std::collections::HashMap;

use futures_util::StreamExt as _;
use zbus::{
    proxy::SignalStream,
    zvariant::{OwnedObjectPath, OwnedValue},
};

use super::{
    WifiError,
    bus::{Bus, INTERFACE},
};

/// An attempt to make a network, or to join it.
#[derive(Debug)]
pub(super) struct Attempt {
    is_made: bool,
    has_begun: bool,
    /// Whether the other end and this one prove to each other that they know the passphrase.
    is_proving: bool,
}

impl Attempt {
    pub(super) fn new(is_made: bool) -> Self {
        Self { is_made, has_begun: false, is_proving: false }
    }

    /// What the next state says; nothing as long as it goes on.
    pub(super) fn goes_to(&mut self, state: &str) -> Option<Result<(), WifiError>> {
        match state {
            "completed" => return Some(Ok(())),
            "interface_disabled" => return Some(Err(WifiError::Off)),
            "authenticating" | "associating" | "associated" => self.has_begun = true,
            "4way_handshake" | "group_handshake" => self.is_proving = true,
            // It tries again and again, with the same passphrase.
            "disconnected" | "inactive" | "scanning" if self.is_proving && !self.is_made => {
                return Some(Err(WifiError::Refused));
            }
            "disconnected" | "inactive" if self.has_begun && self.is_made => {
                return Some(Err(WifiError::NotMade(0)));
            }
            // Among others: it leaves the network it was in.
            _ => {}
        }
        None
    }

    /// Waits until the card is in this network, or cannot be, as told by how it has changed since before that was asked
    /// for.
    pub(super) async fn wait(
        mut self,
        bus: &Bus,
        changes: &mut SignalStream<'_>,
        (card, network): (&OwnedObjectPath, &OwnedObjectPath),
    ) -> Result<(), WifiError> {
        while let Some(signal) = changes.next().await {
            type Told = (String, HashMap<String, OwnedValue>, Vec<String>);
            let Ok((interface, mut changed, _)) = signal.body().deserialize::<Told>() else {
                continue;
            };
            let state = changed.remove("State").filter(|_| interface == INTERFACE);
            let Some(state) = state.and_then(|state| String::try_from(state).ok()) else {
                continue;
            };
            log::debug!("Wi-Fi: the card's state is {state}");
            match self.goes_to(&state) {
                None => {}
                Some(Err(why)) => return Err(why),
                Some(Ok(())) => {
                    // It may be another one that it entered.
                    let now = bus.current(card).await?;
                    if now.as_ref() == Some(network) {
                        return Ok(());
                    }
                }
            }
        }
        Err(WifiError::Unsupported)
    }
}

#[cfg(test)]
mod tests {
    use super::{super::WifiError, Attempt};

    /// What comes of it, if anything.
    fn outcome(is_made: bool, states: &[&str]) -> Option<Result<(), WifiError>> {
        let mut attempt = Attempt::new(is_made);
        states.iter().find_map(|state| attempt.goes_to(state))
    }

    #[test]
    fn leaving_the_network_before_is_no_outcome_and_being_in_is() {
        let way = ["disconnected", "inactive", "scanning", "authenticating", "associating"];
        for is_made in [true, false] {
            assert_eq!(outcome(is_made, &way), None);
            assert_eq!(outcome(is_made, &[&way[..], &["completed"]].concat()), Some(Ok(())));
        }
    }

    #[test]
    fn each_failure_names_what_can_be_done() {
        let refused = ["associating", "associated", "4way_handshake", "disconnected"];
        assert_eq!(outcome(false, &refused), Some(Err(WifiError::Refused)));
        assert_eq!(outcome(false, &["associating", "disconnected", "scanning"]), None);
        let not_made = ["scanning", "associating", "disconnected"];
        assert_eq!(outcome(true, &not_made), Some(Err(WifiError::NotMade(0))));
        assert_eq!(outcome(true, &["interface_disabled"]), Some(Err(WifiError::Off)));
    }
}
