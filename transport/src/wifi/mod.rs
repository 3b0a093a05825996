//! Wi-Fi without a router: one device makes a small network, the others join it, and everything else goes over
//! that as over any other. See `docs/wifi.md`.

#[cfg(all(feature = "wifi", target_os = "linux"))]
mod channel;
mod credentials;
#[cfg(all(feature = "wifi", target_os = "linux"))]
mod dbus;
#[cfg(feature = "wifi")]
mod group;
#[cfg(all(feature = "wifi", any(test, target_os = "ios")))]
mod ios;
#[cfg(all(feature = "wifi", target_os = "linux"))]
mod linux;
#[cfg(all(feature = "wifi", target_os = "linux"))]
mod network_manager;
#[cfg(all(feature = "wifi", not(any(target_os = "linux", target_os = "ios"))))]
mod nowhere;
#[cfg(feature = "wifi")]
mod port;
#[cfg(all(feature = "wifi", target_os = "linux"))]
mod supplicant;
#[cfg(all(test, feature = "wifi"))]
mod tests;

pub use self::credentials::{Credentials, MAX_PASSPHRASE_LEN, MAX_SSID_LEN, MIN_PASSPHRASE_LEN};
#[cfg(feature = "wifi")]
pub use self::{
    group::{Group, Part, Wifi, WifiStatus},
    port::{ForeignWifi, Look, WifiError, WifiPort, WifiState, Work},
};

/// Reads a code's text and an address's bytes, for the fuzzer.
///
/// # Panics
///
/// If what was read is not the same when it is written and read again.
#[doc(hidden)]
pub fn decode(bytes: &[u8]) {
    let text = str::from_utf8(bytes).ok().and_then(Credentials::parse_code);
    for credentials in text.into_iter().chain(Credentials::decode(bytes)) {
        assert_eq!(Credentials::decode(&credentials.encode()), Some(credentials.clone()));
        assert_eq!(Credentials::parse_code(&credentials.to_code()), Some(credentials));
    }
}
