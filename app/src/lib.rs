//! The chat app: screens over an engine.

pub mod backend;
pub mod chat_app;
pub mod desktop;
pub mod host;
pub mod model;
pub mod scan;
pub mod ui;
