//! Pictures that make QR codes hard to read: bent, blurred, dark, noisy, seen on a screen. The same seed makes the same
//! picture, so that rates can be compared.
//!
//! It draws; it does not read. The codes hold texts like our invites: `FESTIVAL:` and base32.

#![allow(
    clippy::indexing_slicing,
    reason = "it reads nobody else's bytes, and a wrong index must show"
)]

mod chance;
mod condition;
mod effects;
mod scene;

pub use chance::Chance;
pub use condition::{CONDITIONS, Condition, PHOTO_CONDITIONS};
pub use scene::{Frame, HD, PHOTO, Size, VGA, frame};
