//! The port to a Wi-Fi card: what a platform tells of it, and what it is asked to do.

use std::{fmt, pin::Pin, sync::Arc};

use serde::Serialize;

use super::{Credentials, group::Part};

/// Something a port does, which may be dropped before it is done.
pub type Work<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Whether Wi-Fi can be used to make a network, or to join one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WifiState {
    /// It works.
    Ready,
    /// It is switched off.
    Off,
    /// There is no Wi-Fi card that the system manages.
    Missing,
    /// The system does not allow it to this program.
    Denied,
    /// What drives it does not answer.
    Silent,
    /// This program cannot use Wi-Fi on this system.
    Unsupported,
}

/// What a card is and does now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// Whether it can be used.
    pub state: WifiState,
    /// The network it is in, which would be left, by the name that the person knows.
    pub network: Option<String>,
    /// Whether the driver can make a network at all.
    pub can_make: bool,
    /// Whether the group that was made or joined through this port is still there.
    pub is_in_group: bool,
}

impl Look {
    /// Of a card that cannot be used.
    pub fn without(state: WifiState) -> Self {
        Self { state, network: None, can_make: false, is_in_group: false }
    }

    /// Of a card that could not be looked at.
    #[cfg(target_os = "linux")]
    pub(super) fn failed(err: WifiError) -> Self {
        log::debug!("Wi-Fi: {err}");
        Self::without(match err {
            WifiError::Missing => WifiState::Missing,
            WifiError::Denied => WifiState::Denied,
            WifiError::TimedOut => WifiState::Silent,
            _ => WifiState::Unsupported,
        })
    }
}

/// One Wi-Fi card, or none. At most one of its futures lives at a time.
pub trait WifiPort: fmt::Debug + Send {
    /// How things are.
    fn look(&mut self) -> Work<'_, Look>;

    /// Makes a network, which gives addresses to those who join; done when it can be joined. Gives the credentials that
    /// hold: those that were asked for, or others where the system chooses them.
    fn make<'a>(
        &'a mut self,
        credentials: &'a Credentials,
    ) -> Work<'a, Result<Credentials, WifiError>>;

    /// Joins such a network; done when there is an address. The network in use is left only once the other one was
    /// heard.
    fn join<'a>(&'a mut self, credentials: &'a Credentials) -> Work<'a, Result<(), WifiError>>;

    /// Ends what `make` or `join` began, also where that was dropped or failed, and goes back into the network
    /// that was left for it.
    fn leave(&mut self) -> Work<'_, Result<(), WifiError>>;

    /// Whether the network in use would be left for that, as things were when it was looked at last.
    fn would_leave(&self, _for: Part) -> bool {
        true
    }
}

/// A card that is driven outside of this crate, where only the platform's own language reaches it.
#[derive(Clone)]
pub struct ForeignWifi(Arc<dyn Fn() -> Box<dyn WifiPort> + Send + Sync>);

impl ForeignWifi {
    /// One to which `open` gives a port.
    pub fn new(open: impl Fn() -> Box<dyn WifiPort> + Send + Sync + 'static) -> Self {
        Self(Arc::new(open))
    }

    /// A port to it.
    pub fn open(&self) -> Box<dyn WifiPort> {
        (self.0)()
    }
}

impl fmt::Debug for ForeignWifi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ForeignWifi")
    }
}

/// Why there is no group; each text says what can be done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WifiError {
    /// See [`WifiState::Missing`].
    #[error("this device has no Wi-Fi card that its system manages")]
    Missing,
    /// See [`WifiState::Off`].
    #[error("Wi-Fi is switched off: switch it on, then try again")]
    Off,
    /// See [`WifiState::Denied`].
    #[error(
        "the system does not allow this program to change the Wi-Fi network: ask whoever set it up"
    )]
    Denied,
    /// See [`WifiState::Unsupported`].
    #[error(
        "neither NetworkManager nor wpa_supplicant can be asked here: make or join the network in the system's settings"
    )]
    Unsupported,
    /// The person did not allow it to this program, or was not asked.
    #[error(
        "this app may not make a network: allow it in the settings, or let the other device make it, and join"
    )]
    NotAllowed,
    /// The system makes none while nobody may know where the device is.
    #[error(
        "this system only makes a network while the location is switched on: switch it on, or let the other device make it, and join"
    )]
    LocationOff,
    /// The driver or the card is not made for it.
    #[error("this Wi-Fi card cannot make a network: let the other device make it, and join")]
    CannotMake,
    /// The card or its driver failed; the system's number for why.
    #[error(
        "the Wi-Fi card did not make a network (reason {0}): try again, or let the other device make it"
    )]
    NotMade(u32),
    /// The network was made, but gives out no addresses.
    #[error(
        "there are no addresses in the new network (is dnsmasq installed, or IPv6 switched off?): let the other device make it"
    )]
    NoAddresses,
    /// The person was not asked yet.
    #[error("this would leave the network \"{0}\"")]
    WouldLeave(String),
    /// There is one already.
    #[error("this device is in a group already: leave that first")]
    InGroup,
    /// Nobody near has this network.
    #[error(
        "the network \"{0}\" was not found: go nearer to the device that makes it, and try again"
    )]
    NotFound(String),
    /// The system asked the person, and the answer was no.
    #[error("the system asked whether to join the network \"{0}\", and was told not to: try again")]
    Declined(String),
    /// It was not found, or the person said no, or it does not let in: the system does not say which.
    #[error(
        "the network \"{0}\" was not joined: go nearer to the device that makes it, try again, and choose it where the system asks"
    )]
    NotJoined(String),
    /// The network does not let this device in.
    #[error(
        "the network does not accept the password, or is too far away: go nearer, scan its code again"
    )]
    Refused,
    /// It took too long.
    #[error("Wi-Fi took too long: try again")]
    TimedOut,
    /// Whoever asked for it does not want it any more.
    #[error("it was called off")]
    CalledOff,
    /// The group is left, but not all is as before.
    #[error("the network \"{0}\" could not be entered again: choose it in the system's settings")]
    NotRestored(String),
    /// Anything else, in the system's words.
    #[error("the system says: {0}")]
    Failed(String),
}

impl WifiState {
    /// Why nothing can be done, if that is so.
    pub(super) fn problem(self) -> Option<WifiError> {
        match self {
            Self::Ready => None,
            Self::Off => Some(WifiError::Off),
            Self::Missing => Some(WifiError::Missing),
            Self::Denied => Some(WifiError::Denied),
            Self::Silent => Some(WifiError::TimedOut),
            Self::Unsupported => Some(WifiError::Unsupported),
        }
    }
}
