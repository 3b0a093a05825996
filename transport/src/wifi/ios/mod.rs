//! iOS: the system joins a network that an app describes, once it has asked the person. No app can make one.

#[cfg(target_os = "ios")]
mod hotspot;
mod outcome;
#[cfg(target_os = "ios")]
mod port;

#[cfg(target_os = "ios")]
pub(super) use self::port::HotspotPort;
