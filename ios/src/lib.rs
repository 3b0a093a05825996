//! The chat app for iOS: the screens of [`app`] behind a C interface, which a host in Swift draws,
//! touches and types through. `ios/include/festival.h` is that interface as C sees it.
//!
//! Everything but Metal is the same on every system, so that it is tested where no iPhone is.

mod abi;
mod calls;
#[cfg(target_os = "ios")]
mod metal;
mod phone;
mod screen;
mod session;

pub use abi::*;
