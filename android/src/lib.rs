//! Festival Chat on Android: the app's screens in the window of an activity. Under Linux there is only what Java and the
//! library tell each other, which is tested there on a Java machine; elsewhere there is nothing in it.

#[cfg(target_os = "android")]
mod activity;
#[cfg(any(target_os = "android", target_os = "linux"))]
pub mod bluetooth;
#[cfg(any(target_os = "android", target_os = "linux"))]
mod camera;
#[cfg(any(target_os = "android", target_os = "linux"))]
mod card;
#[cfg(any(target_os = "android", target_os = "linux"))]
pub mod happened;
#[cfg(target_os = "android")]
mod hidden;
#[cfg(target_os = "android")]
mod host;
#[cfg(any(target_os = "android", target_os = "linux"))]
pub mod radio;
#[cfg(target_os = "android")]
mod self_test;
#[cfg(any(target_os = "android", target_os = "linux"))]
pub mod services;
#[cfg(any(target_os = "android", target_os = "linux"))]
pub mod steering;
#[cfg(any(target_os = "android", target_os = "linux"))]
pub mod text;
#[cfg(any(target_os = "android", target_os = "linux"))]
pub mod told;
#[cfg(any(target_os = "android", target_os = "linux"))]
pub mod typing;
#[cfg(any(target_os = "android", target_os = "linux"))]
pub mod wifi;
#[cfg(target_os = "android")]
mod window;
