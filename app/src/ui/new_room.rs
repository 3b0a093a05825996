//! Choosing a name for a new room.

use egui::Ui;
use engine::Command;

use super::{
    action::Action,
    layout,
    theme::{SPACE_L, SPACE_M, SPACE_S},
    welcome::name_problem,
    widgets::{
        button::{self, Weight},
        field, text,
    },
};

/// Asks for the name of a new room. Returns whether it was asked for.
pub fn new_room_ui(ui: &mut Ui, name: &mut String, actions: &mut Vec<Action>) -> bool {
    layout::titled_bar(ui, true, "New room", actions);
    let mut is_asked = false;
    layout::column(ui, "new room", |ui| {
        ui.add_space(SPACE_M);
        text::hint(ui, "You get a code to show. Whoever scans it is in the room with you.");
        ui.add_space(SPACE_L);
        let response = ui
            .scope(|ui| field::line(ui, "Name of the room", "Weekend in the mountains", name))
            .inner;
        if name.is_empty() && ui.memory(|memory| memory.focused().is_none()) {
            response.request_focus();
        }
        let entered = response.lost_focus() && ui.input(|i| i.key_pressed(egui::Key::Enter));
        let problem = name_problem(name);
        ui.add_space(SPACE_S);
        if let Some(problem) = problem.filter(|_| !name.trim().is_empty()) {
            text::problem(ui, problem);
        }
        ui.add_space(SPACE_M);
        let create = ui.add_enabled_ui(problem.is_none(), |ui| {
            button::wide(ui, Weight::Primary, None, "Create room")
        });
        if problem.is_none() && (create.inner.clicked() || entered) {
            actions.push(Action::Command(Command::CreateRoom { name: name.trim().to_owned() }));
            is_asked = true;
        }
    });
    is_asked
}
