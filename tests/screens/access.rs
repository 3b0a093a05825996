//! What holds on every screen, for every hand and eye.

use app::{chat_app::ChatApp, ui::theme::TOUCH};
use egui::{
    Rect, SafeAreaInsets, Vec2,
    accesskit::{Action, Role},
};
use egui_kittest::{Harness, kittest::NodeT as _, kittest::Queryable as _};
use engine::{Event, RoomOptions, RoomSummary};

use crate::{
    door::DOOR,
    network_stage::{network, reach},
    offered::OFFERED,
    people::PEOPLE,
    rules_pictures::RULES,
    stage::{DESKTOP, Looking, PHONE, Shared, harness, in_room, newcomer, settled},
    story::{BEA, ME, ROOM, member, text_of},
    wifi::WIFI,
};

/// Every screen, at one size of window and text.
fn screens(looking: Looking) -> Vec<(String, Harness<'static, ChatApp>)> {
    let mut screens = vec![
        ("welcome".to_owned(), newcomer(looking).0),
        ("rooms".to_owned(), settled(looking).0),
        ("room".to_owned(), in_room(looking).0),
    ];
    for label in ["Invite", "Members"] {
        let (mut harness, _shared) = in_room(looking);
        harness.get_by_label(label).click();
        harness.run_steps(6);
        screens.push((label.to_owned(), harness));
    }
    for label in ["Settings", "Scan", "New room"] {
        let (mut harness, _shared) = settled(looking);
        harness.get_by_label(label).click();
        harness.run_steps(6);
        screens.push((label.to_owned(), harness));
    }
    for label in ["Servers", "Connection test", "Statistics", "Diagnostics"] {
        screens.push((label.to_owned(), network(looking, label).0));
    }
    let (mut harness, _shared) = network(looking, "Servers");
    reach(&mut harness, "Add TURN server");
    screens.push(("Add TURN server".to_owned(), harness));
    for (name, scene) in RULES.into_iter().chain(DOOR).chain(PEOPLE).chain(WIFI).chain(OFFERED) {
        screens.push((name.to_owned(), scene(looking).0));
    }
    screens
}

#[test]
fn whatever_is_pressed_is_large_enough_for_a_finger() {
    for (size, text) in [(PHONE, 100), (PHONE, 200), (DESKTOP, 85)] {
        for (name, harness) in screens(Looking { text, ..Looking::at(size) }) {
            for node in harness.root().children_recursive() {
                let access = node.accesskit_node();
                if !matches!(access.role(), Role::Button | Role::RadioButton) {
                    continue;
                }
                let rect = node.rect();
                let label = access.label().unwrap_or_default();
                assert!(
                    rect.width() >= TOUCH - 0.5 && rect.height() >= TOUCH - 0.5,
                    "{label:?} on {name} at {text} % is {rect}"
                );
            }
        }
    }
}

#[test]
fn nothing_hangs_over_the_sides_at_any_size() {
    let narrow = Vec2::new(320.0, 640.0);
    for size in [narrow, PHONE, DESKTOP] {
        for text in [100, 200] {
            for (name, harness) in screens(Looking { text, ..Looking::at(size) }) {
                let window = Rect::from_min_size(egui::Pos2::ZERO, size).expand(0.5);
                for node in harness.root().children_recursive() {
                    let access = node.accesskit_node();
                    let is_shown = access.label().is_some() || access.value().is_some();
                    let Some(bounds) = access.bounding_box().filter(|_| is_shown) else {
                        continue;
                    };
                    let (left, right) = (bounds.x0 as f32, bounds.x1 as f32);
                    let what = access.label().or_else(|| access.value());
                    assert!(
                        left >= window.left() && right <= window.right(),
                        "{what:?} on {name} at {text} % in {size} is from {left} to {right}"
                    );
                }
            }
        }
    }
}

#[test]
fn everything_keeps_out_of_the_notch() {
    let insets = egui::epaint::MarginF32 { left: 0.0, right: 0.0, top: 59.0, bottom: 34.0 };
    let (mut harness, _shared) = in_room(Looking::at(PHONE));
    harness.input_mut().safe_area_insets = Some(SafeAreaInsets(insets));
    harness.run();

    for label in ["Back", "Members", "Send"] {
        let rect = harness.get_by_label(label).rect();
        assert!(rect.top() >= 59.0 && rect.bottom() <= PHONE.y - 34.0, "{label} is {rect}");
    }
}

#[test]
fn every_screen_is_still_when_nothing_happens() {
    for size in [PHONE, DESKTOP] {
        for (name, mut harness) in screens(Looking::at(size)) {
            // What was changed is kept a moment later; then there is nothing left to do.
            harness.run_steps(12);
            let delay = harness
                .output()
                .viewport_output
                .values()
                .map(|viewport| viewport.repaint_delay)
                .min()
                .expect("a window");
            assert!(delay.as_secs_f64() > 0.5, "{name} draws again after {delay:?}");
        }
    }
}

#[test]
fn field_and_buttons_are_reached_by_tab_alone() {
    let (mut harness, _shared) = in_room(Looking::at(DESKTOP));
    let mut reached = std::collections::BTreeSet::new();
    for _ in 0..40 {
        harness.key_press(egui::Key::Tab);
        harness.run();
        for node in harness.root().children_recursive() {
            if node.is_focused() {
                reached.extend(node.accesskit_node().label());
            }
        }
    }
    for label in ["Settings", "New room", "Scan", "Invite", "Members"] {
        assert!(reached.contains(label), "{label} is not among {reached:?}");
    }
    assert!(reached.iter().any(|label| label.starts_with("Message to")), "{reached:?}");
}

#[test]
fn messages_and_rooms_can_be_read_aloud() {
    let (harness, _shared) = in_room(Looking::at(DESKTOP));
    let spoken: Vec<String> = harness
        .root()
        .children_recursive()
        .filter_map(|node| {
            let access = node.accesskit_node();
            access.label().or_else(|| access.value())
        })
        .collect();
    for words in [
        "Main stage crew, 3 unread, nobody near, mailbox, \
         Dilan: Soundcheck moved to five, tell the others, 17:25",
        "Platform 4, last car, so that we sit together.",
        "18:28, reached 1 of 2 members",
    ] {
        assert!(spoken.iter().any(|s| s == words), "{words:?} is not in {spoken:#?}");
    }
}

#[test]
fn names_and_texts_of_any_script_stay_in_their_places() {
    let shared = Shared::default();
    let wild = "\u{5e9}\u{5dc}\u{5d5}\u{5dd} \u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467} \
                \u{65e5}\u{672c}\u{8a9e}\u{306e}\u{540d}\u{524d} Donaudampfschifffahrtsgesellschaft";
    {
        let mut script = shared.borrow_mut();
        script.history = vec![
            text_of(BEA, 1, 9, wild),
            text_of(ME, 2, 8, &"W".repeat(600)),
            text_of(BEA, 3, 7, &"https://example.org/".repeat(20)),
            text_of(BEA, 4, 6, &"\n".repeat(12)),
        ];
        let room = RoomSummary {
            id: ROOM,
            name: wild.to_owned(),
            me: ME,
            members: vec![
                member(ME, wild, 0),
                member(BEA, wild, 0),
                member(engine::PeerId::from_bytes([4; 32]), wild, 0),
            ],
            last: script.history.last().cloned(),
            unread: 1_000,
            uses_mailbox: true,
            options: RoomOptions::default(),
        };
        script.tell(Event::Started { name: Some(wild.to_owned()), rooms: vec![room] });
    }
    let looking = Looking { text: 200, ..Looking::at(PHONE) };
    let mut harness = harness(Looking { has_any_script: true, ..looking }, &shared);
    harness.get_by_role_and_label(Role::Button, "Settings");
    harness.get_by_label_contains("1000 unread").click();
    harness.run();

    for node in harness.root().children_recursive() {
        let access = node.accesskit_node();
        if access.data().supports_action(Action::Click) {
            let rect = node.rect();
            assert!(rect.left() >= -0.5 && rect.right() <= PHONE.x + 0.5, "{rect}");
        }
    }
}
