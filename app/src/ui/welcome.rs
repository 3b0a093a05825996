//! First run: choose a name.

use egui::Ui;
use engine::{Command, MAX_NAME_LEN};

use super::{
    action::Action,
    layout,
    theme::{SPACE_L, SPACE_M, SPACE_S, SPACE_XL},
    widgets::{
        avatar,
        button::{self, Weight},
        field, text,
    },
};

const FACE: f32 = 96.0;

/// What the welcome screen shows.
#[derive(Debug, Clone, Copy)]
pub struct WelcomeView {
    /// Whether an invite is waiting for the name.
    pub is_invited: bool,
}

/// Asks for a name.
pub fn welcome_ui(ui: &mut Ui, view: WelcomeView, name: &mut String, actions: &mut Vec<Action>) {
    layout::centered(ui, "welcome", |ui| {
        ui.vertical_centered(|ui| avatar::avatar(ui, FACE, name, name.trim().as_bytes()));
        ui.add_space(SPACE_L);
        ui.vertical_centered(|ui| text::display(ui, "Festival Chat"));
        ui.vertical_centered(|ui| {
            text::hint(
                ui,
                if view.is_invited {
                    "You are invited. Choose the name that others will see, and you are in."
                } else {
                    "Chat with the people around you. No account, no server: scan a code and talk."
                },
            );
        });
        ui.add_space(SPACE_XL);
        let response =
            ui.scope(|ui| field::line(ui, "Your name", "What others will call you", name)).inner;
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
        let start = ui.add_enabled_ui(problem.is_none(), |ui| {
            button::wide(ui, Weight::Primary, None, "Start chatting")
        });
        if problem.is_none() && (start.inner.clicked() || entered) {
            actions.push(Action::Command(Command::SetName { name: name.trim().to_owned() }));
        }
        ui.add_space(SPACE_L);
        ui.vertical_centered(|ui| {
            text::small(ui, "Your name and your messages stay on the devices in your rooms.");
        });
    });
}

/// Why a name cannot be taken, if it cannot.
pub fn name_problem(name: &str) -> Option<&'static str> {
    match name.trim().len() {
        0 => Some("Choose a name."),
        1..=MAX_NAME_LEN => None,
        _ => Some("This name is too long. Use fewer letters."),
    }
}
