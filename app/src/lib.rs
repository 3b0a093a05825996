//! The chat app: screens over an engine.

pub mod backend;
pub mod cli;
pub mod logbook;
pub mod runtime;
pub mod scan;
