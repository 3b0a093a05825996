//! What the states of a card say of an attempt to enter a network.

use futures_util::StreamExt as _;
use zbus::{proxy::SignalStream, zvariant::OwnedObjectPath};

use super::{
    super::WifiError,
    bus::{Bus, DEVICE},
};

/// It is in, with an address.
const ACTIVATED: u32 = 100;
/// It is not in, and `reason` says why.
const FAILED: u32 = 120;
/// It cannot be used any more, or is not to be.
const UNAVAILABLE: u32 = 20;
const DISCONNECTED: u32 = 30;
/// While it is in the middle of it.
const ENTERING: std::ops::Range<u32> = 40..100;

/// The passphrase is asked for again; the other end broke off.
const NO_SECRETS: u32 = 7;
const SUPPLICANT_DISCONNECT: u32 = 8;
/// There is nobody who gives addresses to those who join.
const SHARING: std::ops::RangeInclusive<u32> = 18..=19;
/// No address came.
const ADDRESS: [u32; 5] = [5, 6, 15, 16, 17];
/// It goes into another network.
const NEW_ACTIVATION: u32 = 60;
/// The network is not there.
const NOT_FOUND: u32 = 53;

/// Waits until the card is in this network, or cannot be, as told by what its states were since before that was asked
/// for.
pub(super) async fn wait(
    bus: &Bus,
    states: &mut SignalStream<'_>,
    (device, active): (&OwnedObjectPath, &OwnedObjectPath),
    is_made: bool,
) -> Result<(), WifiError> {
    while let Some(signal) = states.next().await {
        let Ok(change) = signal.body().deserialize::<(u32, u32, u32)>() else { continue };
        log::debug!("Wi-Fi: the card's state is {change:?}");
        match of(change, is_made) {
            None => {}
            Some(Err(why)) => return Err(why),
            Some(Ok(())) => {
                // The system may have begun to go elsewhere by itself just before.
                let now = bus.get::<OwnedObjectPath>(device, DEVICE, "ActiveConnection").await?;
                if now == *active {
                    return Ok(());
                }
            }
        }
    }
    Err(WifiError::Unsupported)
}

/// What `(new, old, reason)` says; nothing as long as it goes on.
pub(super) fn of(change: (u32, u32, u32), is_made: bool) -> Option<Result<(), WifiError>> {
    let (new, old, reason) = change;
    match new {
        ACTIVATED => Some(Ok(())),
        FAILED => Some(Err(why(reason, is_made))),
        _ if new <= UNAVAILABLE => Some(Err(WifiError::Off)),
        // Somebody, or something, ended it.
        DISCONNECTED if ENTERING.contains(&old) && reason != NEW_ACTIVATION => {
            Some(Err(WifiError::CalledOff))
        }
        _ => None,
    }
}

fn why(reason: u32, is_made: bool) -> WifiError {
    let other = |words: &str| WifiError::Failed(format!("{words} (reason {reason})"));
    match reason {
        // It was heard just before, and that is what a wrong passphrase was seen to be called in the end, too.
        NO_SECRETS | SUPPLICANT_DISCONNECT | NOT_FOUND if !is_made => WifiError::Refused,
        _ if SHARING.contains(&reason) => WifiError::NoAddresses,
        _ if ADDRESS.contains(&reason) && is_made => WifiError::NoAddresses,
        _ if ADDRESS.contains(&reason) => other("the network gives no address"),
        _ if is_made => WifiError::NotMade(reason),
        _ => other("the Wi-Fi card did not join"),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::super::WifiError, of};

    #[test]
    fn only_the_end_of_an_attempt_is_an_outcome() {
        for on_the_way in [(110, 100, 60), (30, 50, 60), (40, 30, 0), (50, 40, 0), (70, 50, 0)] {
            assert_eq!(of(on_the_way, false), None, "{on_the_way:?}");
        }
        assert_eq!(of((100, 90, 0), false), Some(Ok(())));
        assert_eq!(of((30, 50, 39), false), Some(Err(WifiError::CalledOff)));
        assert_eq!(of((20, 50, 0), false), Some(Err(WifiError::Off)));
    }

    #[test]
    fn each_failure_names_what_can_be_done() {
        for reason in [7, 8, 53] {
            assert_eq!(of((120, 60, reason), false), Some(Err(WifiError::Refused)));
        }
        assert_eq!(of((120, 70, 19), true), Some(Err(WifiError::NoAddresses)));
        assert_eq!(of((120, 50, 11), true), Some(Err(WifiError::NotMade(11))));
    }
}
