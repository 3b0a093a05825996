//! The screens, driven by what a screen reader would find on them, and their pictures.

#[path = "screens/access.rs"]
mod access;
#[path = "screens/behavior.rs"]
mod behavior;
#[path = "screens/device.rs"]
mod device;
#[path = "screens/door.rs"]
mod door;
#[path = "screens/invites.rs"]
mod invites;
#[path = "screens/leaving.rs"]
mod leaving;
#[path = "screens/members.rs"]
mod members;
#[path = "screens/network.rs"]
mod network;
#[path = "screens/network_stage.rs"]
mod network_stage;
#[path = "screens/newest.rs"]
mod newest;
#[path = "screens/offered.rs"]
mod offered;
#[path = "screens/people.rs"]
mod people;
#[path = "screens/people_stage.rs"]
mod people_stage;
#[path = "screens/pictures.rs"]
mod pictures;
#[path = "screens/rules.rs"]
mod rules;
#[path = "screens/rules_pictures.rs"]
mod rules_pictures;
#[path = "screens/selves.rs"]
mod selves;
#[path = "screens/stage.rs"]
mod stage;
#[path = "screens/story.rs"]
mod story;
#[path = "screens/typing.rs"]
mod typing;
#[path = "screens/ways.rs"]
mod ways;
#[path = "screens/wifi.rs"]
mod wifi;
