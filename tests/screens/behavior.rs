//! What each screen does.

use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use engine::Command;

use crate::stage::{Looking, PHONE, ROOM, in_room};

#[test]
fn enter_sends_and_shift_enter_begins_a_line() {
    let (mut harness, shared) = in_room(Looking::at(PHONE));
    let field = "Message to Weekend in the mountains";
    harness.get_by_label(field).focus();
    harness.run();
    harness.get_by_label(field).type_text("one");
    harness.run();
    harness.key_press_modifiers(Modifiers::SHIFT, Key::Enter);
    harness.run();
    harness.get_by_label(field).type_text("two");
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();

    let text = "one\ntwo".to_owned();
    assert!(shared.borrow().commands.contains(&Command::SendText { room: ROOM, text }));
}
