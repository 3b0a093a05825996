//! Following an invite: what is being tried, and the way out.

use egui::Ui;
use engine::{Command, DoorPictures, InviteId};

use super::{
    action::Action,
    door, layout,
    route::Route,
    theme::{SPACE_L, SPACE_M, SPACE_S, SPACE_XL},
    widgets::{
        button::{self, Weight},
        icon::Icon,
        status_dot::{Status, status_lines},
        text,
    },
};

/// What the screen of an invite being followed shows.
#[derive(Debug)]
pub struct JoiningView {
    /// The invite.
    pub invite: InviteId,
    /// Why it came to an end, as a sentence, if it did.
    pub failure: Option<String>,
    /// What is being tried, a line each.
    pub attempts: Vec<String>,
    /// Whether this device is on any network.
    pub is_reachable: bool,
    /// Whether the room is one that is open to people nearby.
    pub is_nearby: bool,
    /// Who has to let this device in, if somebody has, and what both see.
    pub waiting: Option<(String, DoorPictures)>,
}

/// Shows how joining goes.
pub fn joining_ui(ui: &mut Ui, view: &JoiningView, actions: &mut Vec<Action>) {
    layout::titled_bar(ui, true, "Joining", actions);
    layout::centered(ui, "joining", |ui| {
        if let Some(failure) = &view.failure {
            failed_ui(ui, failure, actions);
            return;
        }
        if let Some(waiting) = &view.waiting {
            door::waiting_ui(ui, view.invite, waiting, actions);
            return;
        }
        ui.vertical_centered(|ui| text::display(ui, "Connecting"));
        ui.add_space(SPACE_S);
        ui.vertical_centered(|ui| {
            text::hint(
                ui,
                if view.is_nearby {
                    "Stay near. Somebody of the room has to be within reach of Bluetooth."
                } else {
                    "Keep the other device awake and on the same network."
                },
            );
        });
        ui.add_space(SPACE_L);
        attempts_ui(ui, view);
        ui.add_space(SPACE_XL);
        if button::wide(ui, Weight::Plain, Some(Icon::Close), "Cancel").clicked() {
            actions.push(Action::Command(Command::CancelJoin { invite: view.invite }));
            actions.push(Action::Back);
        }
    });
}

fn attempts_ui(ui: &mut Ui, view: &JoiningView) {
    if !view.is_reachable {
        text::problem(ui, "This device is on no network. Join a Wi-Fi, then it goes on by itself.");
        return;
    }
    if view.attempts.is_empty() {
        status_lines(ui, Status::Connecting, "Looking for the other device");
    }
    for attempt in &view.attempts {
        status_lines(ui, Status::Connecting, attempt);
    }
}

fn failed_ui(ui: &mut Ui, failure: &str, actions: &mut Vec<Action>) {
    ui.vertical_centered(|ui| text::display(ui, "That did not work"));
    ui.add_space(SPACE_M);
    ui.vertical_centered(|ui| text::problem(ui, failure));
    ui.add_space(SPACE_XL);
    if button::wide(ui, Weight::Primary, Some(Icon::Scan), "Scan another code").clicked() {
        actions.push(Action::Switch(Route::Scan));
    }
    ui.add_space(SPACE_S);
    if button::wide(ui, Weight::Plain, None, "Back to the rooms").clicked() {
        actions.push(Action::Switch(Route::Rooms));
    }
}
