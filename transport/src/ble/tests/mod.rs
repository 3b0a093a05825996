//! The portable part over simulated air.

mod air;
mod meeting;
mod pipes;
mod rates;
