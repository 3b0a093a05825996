//! Two real windows on one real display: what a person sees is read from its pixels, what they do
//! is done with mouse and keyboard.

#[path = "e2e/desk.rs"]
mod desk;

use desk::{Desk, Half};

#[test]
fn friend_scans_the_screen_chats_is_killed_and_comes_back_to_everything() {
    let mut desk = Desk::new();

    let ada = desk.open("ada", Half::Left);
    desk.wait_for(Half::Left, "Your name");
    desk.type_into(&ada, "Ada");
    desk.wait_for(Half::Left, "No rooms yet");
    desk.press(&ada, "ctrl+n");
    desk.wait_for(Half::Left, "Whoever scans it");
    desk.type_into(&ada, "Campsite");
    desk.wait_for(Half::Left, "Invite to Campsite");

    let ben = desk.open("ben", Half::Right);
    desk.wait_for(Half::Right, "Your name");
    desk.type_into(&ben, "Ben");
    desk.wait_for(Half::Right, "No rooms yet");
    desk.press(&ben, "ctrl+j");
    desk.click(&ben, "Scan my screen");
    desk.wait_for(Half::Left, "Ben joined");
    desk.wait_for(Half::Right, "joined as Ben");

    desk.type_into(&ben, "hello from the lake");
    desk.wait_for(Half::Left, "hello from the lake");
    desk.press(&ada, "Escape");
    desk.wait_for(Half::Left, "You created the room");
    desk.type_into(&ada, "welcome to camp");
    desk.wait_for(Half::Right, "welcome to camp");

    desk.kill(ben);
    desk.type_into(&ada, "dinner is ready");
    desk.wait_for(Half::Left, "dinner is ready");
    let _ben = desk.open("ben", Half::Right);
    for said in ["dinner is ready", "welcome to camp", "hello from the lake"] {
        desk.wait_for(Half::Right, said);
    }
}
