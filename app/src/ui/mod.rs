//! What the person sees. Views read, edit what is being typed and push decisions; nothing else.

pub mod action;
pub mod clock;
pub mod composer;
pub mod diagnostics;
pub mod invite;
pub mod joining;
pub mod layout;
pub mod new_room;
pub mod peers;
pub mod reach;
pub mod room;
pub mod rooms;
pub mod route;
pub mod scan;
pub mod self_test;
pub mod server_edit;
pub mod servers;
pub mod settings;
pub mod state;
pub mod statistics;
pub mod theme;
pub mod toast;
pub mod welcome;
pub mod widgets;
