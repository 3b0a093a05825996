//! Who is typing, above the lines to write in, and whether others are told.

use app::chat_app::ChatApp;
use egui_kittest::{Harness, kittest::Queryable as _};
use engine::{Command, Event, PeerId};

use crate::{
    pictures::{pictures, pictures_of_text},
    stage::{DESKTOP, Looking, PHONE, Shared, in_room},
    story::{BEA, CEM, ME, ROOM, text_of},
};

const FIELD: &str = "Message to Weekend in the mountains";

fn type_as(shared: &Shared, peer: PeerId) {
    shared.borrow_mut().tell(Event::Typing { room: ROOM, peer });
}

fn both(looking: Looking) -> (Harness<'static, ChatApp>, Shared) {
    let (mut harness, shared) = in_room(looking);
    type_as(&shared, BEA);
    type_as(&shared, CEM);
    harness.run_steps(4);
    (harness, shared)
}

fn is_shown(harness: &Harness<'_, ChatApp>, line: &str) -> bool {
    harness.query_by_label(line).is_some()
}

/// Where the newest message stands; the list of rooms may show it too.
fn newest(harness: &Harness<'_, ChatApp>) -> egui::Rect {
    let all = harness.get_all_by_label_contains("See you at the station").map(|node| node.rect());
    all.max_by(|a, b| a.bottom().total_cmp(&b.bottom())).expect("a message")
}

fn told(shared: &Shared) -> usize {
    let commands = &shared.borrow().commands;
    commands.iter().filter(|command| matches!(command, Command::Typing { .. })).count()
}

#[test]
fn who_types_is_named_for_six_seconds_and_nothing_moves() {
    for size in [PHONE, DESKTOP] {
        let (mut harness, shared) = in_room(Looking::at(size));
        let before = newest(&harness);

        type_as(&shared, BEA);
        harness.run_steps(4);
        assert!(is_shown(&harness, "Bea is typing"));
        type_as(&shared, CEM);
        harness.run_steps(4);
        let line = harness.get_by_label("Bea and Cem Yilmaz are typing").rect();

        let after = newest(&harness);
        assert_eq!(after, before);
        assert!(
            line.top() >= after.bottom()
                && line.bottom() <= harness.get_by_label(FIELD).rect().top()
        );
        shared.borrow_mut().later = 6_001;
        harness.run_steps(4);
        assert!(harness.query_by_label_contains("typing").is_none());
    }
}

#[test]
fn line_ends_with_the_message_and_never_speaks_of_this_device() {
    let (mut harness, shared) = in_room(Looking::at(PHONE));
    type_as(&shared, ME);
    harness.run_steps(4);
    assert!(harness.query_by_label_contains("typing").is_none());

    type_as(&shared, BEA);
    harness.run_steps(4);
    assert!(is_shown(&harness, "Bea is typing"));
    let message = text_of(BEA, 90, 0, "There you are");
    shared.borrow_mut().tell(Event::MessageAdded { room: ROOM, message });
    harness.run_steps(4);

    assert!(!is_shown(&harness, "Bea is typing"));
}

#[test]
fn nobody_is_told_until_the_person_wants_it() {
    let (mut harness, shared) = in_room(Looking::at(DESKTOP));
    let write = |harness: &mut Harness<'_, ChatApp>, text: &str| {
        harness.get_by_label(FIELD).focus();
        harness.run_steps(4);
        harness.get_by_label(FIELD).type_text(text);
        harness.run_steps(4);
    };
    write(&mut harness, "See ");
    assert_eq!(told(&shared), 0);

    harness.get_by_label("Settings").click();
    harness.run_steps(4);
    harness.get_by_label("Show").scroll_to_me();
    harness.run_steps(4);
    harness.get_by_label("Show").click();
    harness.run_steps(4);
    // The settings name it as well, with what it takes.
    let room = "Weekend in the mountains";
    harness.get_all_by_label_contains(room).next().expect("the room in the list").click();
    harness.run_steps(4);
    shared.borrow_mut().later = 5_000;
    write(&mut harness, "you");

    assert_eq!(told(&shared), 1);
}

#[test]
fn typing_looks_as_it_did() {
    pictures("typing", both);
}

#[test]
fn typing_looks_as_it_did_in_large_text_too() {
    pictures_of_text([("typing", both as crate::pictures::Scene)]);
}
