//! The person looks elsewhere and comes back, sooner or later; whatever the system did meanwhile, all is as it was.

use app::ui::route::Route;
use egui::Key;
use egui_kittest::kittest::Queryable as _;

use crate::{
    phone::Phone,
    story::{BEA, ROOM, text_of},
    table::{field, screens},
};

const WRITTEN: &str = "half a thou";

fn written(route: Route) -> Phone {
    let mut phone = Phone::at(route);
    if let Some(field) = field(route) {
        phone.touch(field.label);
        phone.write(WRITTEN);
    }
    phone
}

#[test]
fn every_screen_is_as_it_was_for_whoever_comes_back_to_it() {
    for route in screens() {
        let mut phone = written(route);
        let before = phone.words();
        phone.suspend();
        phone.settle();
        phone.resume();

        assert_eq!(phone.top(), route);
        assert_eq!(phone.words(), before, "{route:?}");
    }
}

#[test]
fn every_screen_is_as_it_was_after_the_system_ended_the_program() {
    for route in screens() {
        let phone = written(route);
        let before = phone.words();
        let phone = phone.die();

        assert_eq!(phone.top(), route);
        assert_eq!(phone.words(), before, "{route:?}");
        if let Some(field) = field(route) {
            assert!(phone.value(field.label).contains(WRITTEN), "{route:?}");
        }
    }
}

#[test]
fn every_screen_is_as_it_was_when_memory_was_short() {
    for route in screens() {
        let mut phone = written(route);
        let before = phone.words();
        phone.harness.state_mut().free_memory();
        phone.settle();

        assert_eq!(phone.top(), route);
        assert_eq!(phone.words(), before, "{route:?}");
    }
}

#[test]
fn what_is_being_written_is_kept_the_moment_the_person_looks_away() {
    let mut phone = written(Route::Room(ROOM));
    phone.harness.event(egui::Event::Text(" now".to_owned()));
    phone.harness.step();
    phone.suspend();

    let kept = phone.shared.borrow().device.kept.clone().expect("kept");
    assert!(kept.contains(&format!("{WRITTEN} now")), "{kept}");
}

/// A phone in a room with a long history, scrolled up by some pages.
fn reading() -> (Phone, Vec<String>) {
    let mut phone = Phone::at(Route::Rooms);
    let history = (1..=400).map(|i| text_of(BEA, i, 2_000 - i * 4, &format!("number {i}")));
    phone.shared.borrow_mut().history = history.collect();
    let room = phone.harness.query_all_by_label_contains("Weekend in the mountains").next();
    room.expect("the room").click();
    phone.settle();
    for _ in 0..25 {
        phone.key(Key::PageUp);
    }
    let seen = numbers(&phone);
    assert!(!seen.contains(&"number 400".to_owned()) && !seen.is_empty(), "{seen:?}");
    (phone, seen)
}

fn numbers(phone: &Phone) -> Vec<String> {
    phone.words().into_iter().filter(|words| words.starts_with("number ")).collect()
}

#[test]
fn place_in_a_conversation_survives_the_end_of_the_program() {
    let (phone, before) = reading();
    let mut phone = phone.die();
    phone.settle();
    assert_eq!(numbers(&phone), before);

    // And the end of the one after that, in the middle of another screen.
    phone.touch("Members");
    let mut phone = phone.die();
    phone.back();
    assert_eq!(numbers(&phone), before);
}

#[test]
fn place_in_a_conversation_survives_a_shortage_of_memory_meanwhile() {
    let (mut phone, before) = reading();
    phone.suspend();
    phone.harness.state_mut().free_memory();
    let room = phone.harness.state().model().rooms.get(&ROOM).expect("the room");
    assert!(room.messages.is_empty(), "what can be loaded again is let go of");

    phone.resume();
    phone.settle();
    assert_eq!(numbers(&phone), before);
}

#[test]
fn what_comes_meanwhile_moves_nothing_for_whoever_was_reading_and_is_there_below() {
    let (mut phone, before) = reading();
    phone.suspend();
    phone.shared.borrow_mut().add(text_of(BEA, 401, 0, "brand new"));
    phone.settle();
    phone.resume();

    assert_eq!(numbers(&phone), before);
    phone.touch("Jump to 1 new message");
    assert!(phone.has("brand new"));
}

#[test]
fn invite_that_waited_for_a_name_is_not_lost_with_the_program() {
    let link = crate::story::invite().to_text();
    let (mut harness, shared) =
        crate::stage::newcomer(crate::stage::Looking::at(crate::stage::SMALL_PHONE));
    harness.state_mut().open_link(&link);
    harness.state_mut().suspend();

    let kept = shared.borrow().device.kept.clone().expect("kept");
    let state = app::ui::state::UiState::from_json(&kept);
    assert_eq!(state.following, Some(link));
}
