//! Things screens are made of. They know no rooms, no peers and no messages.

pub mod avatar;
pub mod button;
pub mod field;
pub mod icon;
pub mod list;
pub mod qr_code;
pub mod status_dot;
pub mod text;
