//! What a device asks its person about: why, and how things go on without it.

use egui::Ui;

use super::{
    action::Action,
    theme::SPACE_S,
    widgets::{
        button::{self, Weight},
        card::card,
        text,
    },
};
use crate::host::{Permission, PermissionState};

/// Says why something should be permitted, or what goes without it, and offers what can be done.
pub fn permit_ui(
    ui: &mut Ui,
    (of, state): (Permission, PermissionState),
    actions: &mut Vec<Action>,
) {
    card(ui, |ui| {
        text::body(ui, words(of, state));
        ui.add_space(SPACE_S);
        button_ui(ui, of, state, actions);
    });
}

/// The way to the system's question, or to its settings where it asks no more.
pub fn button_ui(ui: &mut Ui, of: Permission, state: PermissionState, actions: &mut Vec<Action>) {
    let (label, action) = match state {
        PermissionState::Granted => return,
        PermissionState::NotAsked | PermissionState::Refused => (allow(of), Action::Allow(of)),
        PermissionState::RefusedForGood => {
            ("Open the system\u{2019}s settings", Action::OpenSystemSettings)
        }
    };
    let weight = match state {
        PermissionState::NotAsked => Weight::Primary,
        _ => Weight::Plain,
    };
    if button::wide(ui, weight, None, label).clicked() {
        actions.push(action);
    }
}

/// What the button says that leads to the system's question.
pub fn allow(of: Permission) -> &'static str {
    match of {
        Permission::Camera => "Allow the camera",
        Permission::Nearby => "Allow Bluetooth",
        Permission::Notifications => "Allow notifications",
        Permission::Wifi => "Allow making a network",
    }
}

/// Why it is wanted, or what goes without it.
pub fn words(of: Permission, state: PermissionState) -> &'static str {
    use PermissionState::{Granted, NotAsked, Refused, RefusedForGood};
    match (of, state) {
        (Permission::Camera, NotAsked) => {
            "The camera reads the code, and is on only while this page is open. Its pictures stay on this device."
        }
        (Permission::Camera, Refused | RefusedForGood) => {
            "The camera may not be used. Choose a picture of the code, or paste or type its link: that works as well."
        }
        (Permission::Nearby, NotAsked) => {
            "Bluetooth finds people next to you where there is no network. It is used for nothing else."
        }
        (Permission::Nearby, Refused | RefusedForGood) => {
            "Bluetooth may not be used. People are found over Wi-Fi and the internet only."
        }
        (Permission::Notifications, NotAsked) => {
            "You can be told when somebody writes while you look at something else."
        }
        (Permission::Notifications, Refused | RefusedForGood) => {
            "You are not told when somebody writes. New messages are counted in the list of rooms."
        }
        (Permission::Wifi, NotAsked) => {
            "To make a network, the system has to be asked for nearby devices, or on older phones for the location. Nobody looks where you are."
        }
        (Permission::Wifi, Refused | RefusedForGood) => {
            "This device may not make a network. Others can make one, and you can join it."
        }
        (Permission::Camera, Granted) => "The camera may be used.",
        (Permission::Nearby, Granted) => "Bluetooth may be used.",
        (Permission::Wifi, Granted) => "This device may make a Wi-Fi network.",
        (Permission::Notifications, Granted) => {
            "You are told when somebody writes while you look at something else."
        }
    }
}
