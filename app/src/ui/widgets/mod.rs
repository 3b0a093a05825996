//! Things screens are made of. They know no rooms, no peers and no messages.

pub mod avatar;
pub mod badge;
pub mod button;
pub mod card;
pub mod field;
pub mod icon;
pub mod list;
pub mod meter;
pub mod pill;
pub mod qr_code;
pub mod status_dot;
pub mod step;
pub mod sure;
pub mod text;
