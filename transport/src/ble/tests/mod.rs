//! The portable part over simulated air.

mod air;
mod liars;
mod meeting;
mod pipes;
mod rates;
mod through;
