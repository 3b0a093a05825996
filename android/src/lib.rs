//! Festival Chat on Android: the app's screens in the window of an activity. Elsewhere there is nothing in it.

#[cfg(target_os = "android")]
mod activity;
#[cfg(target_os = "android")]
mod host;
#[cfg(target_os = "android")]
mod self_test;
#[cfg(target_os = "android")]
mod window;
