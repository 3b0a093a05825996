//! The Java of the Android app on a Java machine: its own classes, with Android's replaced by small ones that do the same
//! (`jvm/fakes`), and the very functions of the native library that they call on a phone.
#![cfg(target_os = "linux")]

#[path = "jvm/activity.rs"]
mod activity;
#[path = "jvm/machine.rs"]
mod machine;
#[path = "jvm/services.rs"]
mod services;
