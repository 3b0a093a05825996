//! A phone in software: the app at the size of a small one, with a notch, a keyboard, a back gesture, a person who may
//! say no, and a system that ends programs. Every screen is held to the same, by a table that names them all.

// The stage is made for the pictures of the screens too: not all of it is needed here.
#[path = "screens/device.rs"]
mod device;
#[expect(dead_code, reason = "the other suite uses more of it")]
#[path = "screens/network_stage.rs"]
mod network_stage;
#[path = "screens/people_stage.rs"]
mod people_stage;
#[expect(dead_code, reason = "the other suite uses more of it")]
#[path = "screens/rules.rs"]
mod rules;
#[expect(dead_code, reason = "the other suite uses more of it")]
#[path = "screens/stage.rs"]
mod stage;
#[path = "screens/story.rs"]
mod story;

#[path = "phone/back.rs"]
mod back;
#[path = "phone/keyboard.rs"]
mod keyboard;
#[path = "phone/life.rs"]
mod life;
#[path = "phone/notices.rs"]
mod notices;
#[path = "phone/permissions.rs"]
mod permissions;
#[path = "phone/phone.rs"]
mod phone;
#[path = "phone/pictures.rs"]
mod pictures;
#[path = "phone/table.rs"]
mod table;
#[path = "phone/writing.rs"]
mod writing;
