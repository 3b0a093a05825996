//! The chat app: screens over an engine.

pub mod backend;
pub mod scan;
