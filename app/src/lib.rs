//! The chat app: screens over an engine.

pub mod backend;
pub mod chat_app;
pub mod cli;
pub mod desktop;
pub mod host;
pub mod logbook;
pub mod model;
pub mod runtime;
pub mod scan;
pub mod stats;
pub mod ui;
