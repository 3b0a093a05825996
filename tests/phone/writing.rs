//! Words as phones' keyboards bring them: composed piece by piece, corrected afterwards, with signs of several letters.

use app::ui::route::Route;
use egui::{Event as Input, ImeEvent, Key, os::OperatingSystem};
use egui_kittest::kittest::Queryable as _;
use engine::Command;

use crate::{
    phone::Phone,
    story::ROOM,
    table::{field, screens},
};

const FAMILY: &str = "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}";

fn preedit(text: &str) -> Input {
    Input::Ime(ImeEvent::Preedit { text: text.to_owned(), active_range_chars: None })
}

fn commit(text: &str) -> Input {
    Input::Ime(ImeEvent::Commit(text.to_owned()))
}

fn writing(route: Route) -> (Phone, &'static str) {
    let field = field(route).expect("a field");
    let mut phone = Phone::at(route);
    phone.touch(field.label);
    phone.keyboard(true);
    (phone, field.label)
}

fn sent(phone: &Phone) -> Vec<String> {
    let script = phone.shared.borrow();
    let sent = script.commands.iter().filter_map(|command| match command {
        Command::SendText { text, .. } => Some(text.clone()),
        _ => None,
    });
    sent.collect()
}

#[test]
fn words_are_composed_in_every_field_and_stand_there_once() {
    for route in screens().into_iter().filter(|route| field(*route).is_some()) {
        let (mut phone, label) = writing(route);
        let before = phone.value(label);
        for step in ["\u{306b}", "\u{306b}\u{307b}", "\u{306b}\u{307b}\u{3093}", "\u{65e5}\u{672c}"]
        {
            phone.event(preedit(step));
            assert_eq!(phone.value(label), format!("{before}{step}"), "{route:?}");
        }
        phone.event(commit("\u{65e5}\u{672c}"));
        phone.event(commit(FAMILY));
        assert_eq!(phone.value(label), format!("{before}\u{65e5}\u{672c}{FAMILY}"), "{route:?}");
    }
}

#[test]
fn composition_that_is_called_off_leaves_nothing() {
    let (mut phone, label) = writing(Route::NewRoom);
    phone.event(commit("Trip"));
    phone.event(preedit("\u{306b}"));
    phone.event(preedit(""));
    assert_eq!(phone.value(label), "Trip");
}

#[test]
fn enter_that_ends_a_composition_sends_nothing_and_leaves_no_field() {
    for os in [OperatingSystem::Android, OperatingSystem::Windows] {
        for route in screens().into_iter().filter(|route| field(*route).is_some()) {
            let (mut phone, label) = writing(route);
            phone.harness.ctx.set_os(os);
            let asked = phone.shared.borrow().commands.len();
            phone.event(preedit("\u{306b}\u{307b}"));
            phone.key(Key::Enter);
            phone.event(commit("\u{65e5}\u{672c}"));

            assert_eq!(phone.shared.borrow().commands.len(), asked, "{route:?}");
            assert!(phone.value(label).ends_with("\u{65e5}\u{672c}"), "{route:?}");
            assert_eq!(phone.top(), route);
            let is_focused = phone.harness.get_by_label(label).is_focused();
            assert!(is_focused, "{route:?} on {os:?}");
        }
    }
}

#[test]
fn enter_after_a_composition_is_an_enter() {
    let (mut phone, _label) = writing(Route::Room(ROOM));
    phone.harness.ctx.set_os(OperatingSystem::Windows);
    phone.event(preedit("\u{306b}"));
    phone.event(commit("\u{65e5}"));
    phone.key(Key::Enter);
    assert_eq!(sent(&phone), ["\u{65e5}"]);
}

#[test]
fn enter_begins_a_line_on_a_phone_and_the_button_sends() {
    let (mut phone, label) = writing(Route::Room(ROOM));
    phone.event(commit("one"));
    phone.key(Key::Enter);
    phone.event(commit("two"));
    assert_eq!(phone.value(label), "one\ntwo");

    phone.touch("Send");
    assert_eq!(sent(&phone), ["one\ntwo"]);
    assert_eq!(phone.value(label), "");
}

#[test]
fn word_still_composed_when_it_is_sent_is_sent_once() {
    let (mut phone, label) = writing(Route::Room(ROOM));
    phone.event(commit("See you "));
    phone.event(preedit("there"));
    phone.harness.get_by_label("Send").click();
    let mut is_interrupted = false;
    for _ in 0..6 {
        phone.harness.step();
        let ime = phone.harness.output().platform_output.ime.as_ref();
        is_interrupted |= ime.is_some_and(|ime| ime.should_interrupt_composition);
    }

    assert_eq!(sent(&phone), ["See you there"]);
    assert!(is_interrupted, "the keyboard is told to forget what it was composing");
    assert_eq!(phone.value(label), "");
    phone.event(commit("Bye"));
    assert_eq!(phone.value(label), "Bye");
}

#[test]
fn letters_of_any_width_are_deleted_whole() {
    let (mut phone, label) = writing(Route::Room(ROOM));
    phone.event(commit("a\u{1f600}\u{65e5}b"));
    let delete = ImeEvent::DeleteSurrounding { before_chars: 2, after_chars: 0 };
    phone.event(Input::Ime(delete));
    assert_eq!(phone.value(label), "a\u{1f600}");
    phone.key(Key::Backspace);
    assert_eq!(phone.value(label), "a");
}

#[test]
fn half_a_word_is_kept_when_the_person_looks_elsewhere() {
    let (mut phone, label) = writing(Route::Room(ROOM));
    phone.event(commit("On my "));
    phone.event(preedit("wa"));
    let phone = phone.die();
    assert_eq!(phone.value(label), "On my wa");
}
