//! The chat app: screens over an engine.

pub mod backend;
pub mod chat_app;
#[cfg(not(any(target_os = "android", target_os = "ios")))]
pub mod cli;
#[cfg(not(any(target_os = "android", target_os = "ios")))]
pub mod desktop;
pub mod host;
pub mod logbook;
pub mod model;
pub mod runtime;
pub mod scan;
pub mod shell;
pub mod stats;
pub mod ui;
pub mod writing;
