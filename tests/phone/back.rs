//! Back leads one step out, whatever that step is, and at last out of the app.

use app::ui::route::Route;
use egui::{Key, accesskit};
use egui_kittest::kittest::Queryable as _;

use crate::{
    phone::Phone,
    story::{CEM, ROOM},
    table::{below, screens},
};

fn steps_aside(phone: &Phone) -> usize {
    phone.shared.borrow().device.steps_aside
}

#[test]
fn back_leads_from_every_screen_through_those_below_it_and_out_of_the_app() {
    for route in screens() {
        let mut phone = Phone::at(route);
        let mut at = route;
        while let Some(next) = below(at) {
            assert_eq!(phone.top(), at, "on the way from {route:?}");
            phone.back();
            at = next;
        }
        assert_eq!((phone.top(), steps_aside(&phone)), (Route::Rooms, 0), "from {route:?}");

        phone.back();
        assert_eq!((phone.top(), steps_aside(&phone)), (Route::Rooms, 1), "from {route:?}");
    }
}

#[test]
fn escape_goes_the_same_way_and_leaves_no_window() {
    let mut phone = Phone::at(Route::Options(ROOM));
    for route in [Route::Peers(ROOM), Route::Room(ROOM), Route::Rooms, Route::Rooms] {
        phone.key(Key::Escape);
        assert_eq!(phone.top(), route);
    }
    assert_eq!(steps_aside(&phone), 0);
}

#[test]
fn back_closes_a_question_before_it_leaves_the_screen_that_asks() {
    for (route, asks, answer) in [
        (Route::Member(ROOM, CEM), "Block", "Do not block"),
        (Route::Member(ROOM, CEM), "Remove from room", "Do not remove"),
        (Route::Options(ROOM), "Let in one by one", "Leave it"),
    ] {
        let mut phone = Phone::at(route);
        phone.touch(asks);
        assert!(phone.has(answer), "{asks:?} asks nothing: {:#?}", phone.words());

        phone.back();
        assert!(!phone.has(answer), "{answer:?} is still there");
        assert_eq!(phone.top(), route);
        phone.back();
        assert_eq!(Some(phone.top()), below(route));
    }
}

#[test]
fn back_closes_what_popped_up_before_it_leaves_the_screen() {
    let mut phone = Phone::at(Route::Room(ROOM));
    let is_popup = |phone: &Phone| phone.says("On its way to");
    let row = phone.harness.query_all_by_label_contains("reached 1 of 2 members").last();
    row.expect("a message that has not reached everybody").click();
    phone.settle();
    assert!(is_popup(&phone));

    phone.back();
    assert!(!is_popup(&phone));
    assert_eq!(phone.top(), Route::Room(ROOM));
    phone.back();
    assert_eq!(phone.top(), Route::Rooms);
}

#[test]
fn back_leaves_the_app_where_nobody_has_a_name_yet() {
    let (mut harness, shared) =
        crate::stage::newcomer(crate::stage::Looking::at(crate::stage::SMALL_PHONE));
    harness.key_press(Key::BrowserBack);
    harness.run_steps(4);

    assert_eq!(shared.borrow().device.steps_aside, 1);
    assert!(harness.query_by_role_and_label(accesskit::Role::Button, "Start chatting").is_some());
}
