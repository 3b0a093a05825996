//! What the person is told while they look elsewhere.

use app::host::{HostNews, Notifier as _};
use engine::RoomId;

use super::{Phone, call};

const CAMP: RoomId = RoomId::from_bytes([7; 16]);
const BAND: RoomId = RoomId::from_bytes([8; 16]);

fn told() -> Phone {
    let mut phone = Phone::with_api("34");
    phone.services.notify(CAMP, "Campsite", "Bea: Where are you?");
    phone.services.notify(BAND, "The band", "Ada: We start");
    phone
}

#[test]
fn newest_message_of_each_room_is_shown_until_it_is_read() {
    let mut phone = told();
    phone.services.notify(CAMP, "Campsite", "Bea: At the station");
    assert_eq!(call("notices", &[""]), "Campsite: Bea: At the station\nThe band: Ada: We start\n");

    phone.services.withdraw(CAMP);
    assert_eq!(call("notices", &[""]), "The band: Ada: We start\n");
}

#[test]
fn tapping_a_notice_opens_its_room_and_no_other() {
    let phone = told();
    call("tap", &["Campsite"]);
    assert!(matches!(phone.news(), HostNews::Opened(CAMP)));
    call("tap", &["The band"]);
    assert!(matches!(phone.news(), HostNews::Opened(BAND)));
}

#[test]
fn answer_that_is_written_in_a_notice_is_sent_into_its_room() {
    let phone = told();
    call("reply", &["Campsite", "On my way \u{1f3d5}"]);

    match phone.news() {
        HostNews::Reply(room, text) => assert_eq!((room, &*text), (CAMP, "On my way \u{1f3d5}")),
        other => panic!("{other:?}"),
    }
    assert_eq!(call("notices", &[""]), "The band: Ada: We start\n");
}

#[test]
fn answer_to_an_app_that_has_ended_is_said_to_be_unsent() {
    let _phone = told();
    call("end", &[]);
    call("reply", &["Campsite", "On my way"]);

    assert!(call("notices", &[""]).starts_with("Not sent: "));
}
