//! A crowd of devices on a field without a network: the real engine in each of them, people who
//! walk, radios that reach a few meters, and air that all of them share.
//!
//! Time is virtual, in steps of a second, and everything depends on one seed, so that a run can be
//! had again. Within a step devices can ask and answer each other, but what a message brings is
//! handled at its end: a message makes at most one hop a second.
//!
//! Couriers are devices that are in no room. Members know each other from afar, as members do by the
//! names they put into what they say to everybody near; a link with a courier at an end is one
//! between strangers.

#![allow(
    clippy::indexing_slicing,
    reason = "it reads nobody else's bytes, and a wrong index must show"
)]

mod chance;
mod crowd;
mod device;
mod flood;
mod gathering;
mod links;
mod malice;
mod outcome;
mod person;
mod power;
mod radio;
mod scenario;
mod store;
mod traffic;

pub use crowd::Crowd;
pub use malice::Malice;
pub use outcome::{Couriers, Outcome, Spread};
pub use person::{Ground, Person, Place};
pub use radio::Radio;
pub use scenario::{Churn, Scenario, Sleep};
pub use traffic::Traffic;
