//! Who looks elsewhere is told of messages, once for each room, and not of what they have seen.

use app::{
    host::{HostNews, Permission, PermissionState},
    ui::route::Route,
};
use engine::{Command, Event};

use crate::{
    phone::Phone,
    stage::{Looking, SMALL_PHONE},
    story::{BEA, ME, ROOM, text_of},
};

fn told(phone: &Phone) -> Option<(String, String)> {
    phone.shared.borrow().device.told.as_ref().and_then(|told| told.get(&ROOM)).cloned()
}

fn arrives(phone: &mut Phone, seq: u64, text: &str) {
    phone.shared.borrow_mut().add(text_of(BEA, seq, 0, text));
    phone.settle();
}

#[test]
fn message_is_told_to_whoever_looks_elsewhere_and_opens_its_room() {
    let mut phone = Phone::at(Route::Settings);
    phone.suspend();
    arrives(&mut phone, 20, "Where are you?");
    arrives(&mut phone, 21, "We are at the station");

    phone.harness.state_mut().free_memory();
    phone.settle();

    let (title, text) = told(&phone).expect("the person is told");
    assert_eq!(title, "Weekend in the mountains");
    assert!(text.contains("Bea") && text.contains("We are at the station"), "{text}");

    phone.shared.borrow_mut().news.push_back(HostNews::Opened(ROOM));
    phone.resume();
    assert_eq!(phone.top(), Route::Room(ROOM));
    assert_eq!(told(&phone), None, "what is seen is not told any more");
}

#[test]
fn radios_are_spared_while_nobody_looks() {
    let mut phone = Phone::at(Route::Rooms);
    phone.suspend();
    assert!(phone.shared.borrow().is_dark);
    phone.resume();
    assert!(!phone.shared.borrow().is_dark);
}

#[test]
fn answer_to_what_was_told_is_sent_and_the_room_read_without_a_look_at_it() {
    let mut phone = Phone::at(Route::Rooms);
    phone.suspend();
    arrives(&mut phone, 20, "Where are you?");

    phone.shared.borrow_mut().news.push_back(HostNews::Reply(ROOM, " Here! ".to_owned()));
    phone.shared.borrow_mut().news.push_back(HostNews::Reply(ROOM, " ".to_owned()));
    phone.settle();

    let commands = phone.shared.borrow().commands.clone();
    let is_sent = |command: &&Command| matches!(command, Command::SendText { .. });
    let sent: Vec<_> = commands.iter().filter(is_sent).collect();
    assert_eq!(sent, [&Command::SendText { room: ROOM, text: "Here!".to_owned() }]);
    let is_read = |command: &Command| matches!(command, Command::MarkRead { room: ROOM, .. });
    assert!(commands.iter().any(is_read), "{commands:?}");
}

#[test]
fn message_that_is_seen_or_ones_own_is_not_told() {
    let mut phone = Phone::at(Route::Room(ROOM));
    arrives(&mut phone, 20, "You see this");
    phone.suspend();
    phone.shared.borrow_mut().add(text_of(ME, 21, 0, "from my other device"));
    phone.settle();

    assert_eq!(told(&phone), None);
}

#[test]
fn message_of_somebody_blocked_is_not_told() {
    let mut phone = Phone::at(Route::Rooms);
    let command = Command::SetBlocked { room: ROOM, member: BEA, is_blocked: true };
    phone.shared.borrow_mut().answer_people(command);
    phone.settle();
    phone.suspend();
    arrives(&mut phone, 20, "Hello?");

    assert_eq!(told(&phone), None);
}

#[test]
fn what_was_read_on_another_device_is_told_no_more() {
    let mut phone = Phone::at(Route::Rooms);
    phone.suspend();
    arrives(&mut phone, 20, "Where are you?");
    assert!(told(&phone).is_some());

    phone.shared.borrow_mut().tell(Event::UnreadChanged { room: ROOM, count: 0 });
    phone.settle();
    assert_eq!(told(&phone), None);
}

#[test]
fn tapping_what_was_told_opens_the_room_also_in_a_program_that_just_started() {
    let phone = Phone::at(Route::Settings);
    phone.shared.borrow_mut().news.push_back(HostNews::Opened(ROOM));
    let phone = phone.die();

    assert_eq!(phone.top(), Route::Room(ROOM));
}

#[test]
fn whoever_does_not_want_to_be_told_is_asked_once() {
    let looking = Looking::at(SMALL_PHONE);
    let mut phone = Phone::with(looking, Route::Rooms, |device| {
        device.permits = Some([(Permission::Notifications, PermissionState::NotAsked)].into());
    });
    phone.touch("Not now");
    assert!(!phone.has("Allow notifications"));

    let mut phone = phone.die();
    assert!(!phone.has("Allow notifications"));
    phone.touch("Settings");
    assert!(phone.has("Allow notifications"), "who thinks again finds it there");
}
