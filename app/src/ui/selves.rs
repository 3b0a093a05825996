//! Several devices of one person: asked for on one, confirmed on the other, listed on both.

use egui::Ui;
use engine::{Bond, Command, PeerId, RoomId};

use super::{
    action::Action,
    theme::{SPACE_M, SPACE_S, SPACE_XS},
    widgets::{
        button::{self, Weight},
        card,
        icon::Icon,
        status_dot::{Status, status_lines},
        text,
    },
};

/// What the screen of a member shows of their devices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SelvesView {
    /// The room.
    pub room: RoomId,
    /// The device the screen is about.
    pub id: PeerId,
    /// What its person is called.
    pub name: String,
    /// What this device and that one say of being one person.
    pub bond: Bond,
    /// Whether it is this device's person, who can say something of it.
    pub may_ask: bool,
    /// Whether the person is this device's own.
    pub is_me: bool,
    /// All devices of the person.
    pub devices: Vec<DeviceRow>,
}

/// One device of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceRow {
    /// Which.
    pub id: PeerId,
    /// What it calls its person.
    pub name: String,
    /// Whether this device says that it is the same person's.
    pub is_linked_here: bool,
    /// How it is reached.
    pub status: Status,
    /// The same in words.
    pub state: String,
}

/// The devices of a person, if there are several.
pub(super) fn devices_ui(ui: &mut Ui, view: &SelvesView, actions: &mut Vec<Action>) {
    if view.devices.len() < 2 {
        return;
    }
    text::small(ui, &format!("{} devices", view.devices.len()));
    card::card(ui, |ui| {
        for (nth, device) in view.devices.iter().enumerate() {
            if nth > 0 {
                ui.add_space(SPACE_M);
            }
            text::body(ui, &device.name);
            status_lines(ui, device.status, &device.state);
            if view.is_me && device.is_linked_here {
                ui.add_space(SPACE_XS);
                let label = format!("Unlink {}", device.name);
                if button::wide(ui, Weight::Plain, None, &label).clicked() {
                    say(view.room, device.id, false, actions);
                }
            }
        }
    });
    ui.add_space(SPACE_M);
}

/// What the person may say of a device that is not known to be theirs.
pub(super) fn bond_ui(ui: &mut Ui, view: &SelvesView, actions: &mut Vec<Action>) {
    if !view.may_ask || view.is_me {
        return;
    }
    match view.bond {
        Bond::Asks => ask_ui(ui, view, actions),
        Bond::Asked => {
            text::body(
                ui,
                "You said that this is your other device. Say yes on it, too: there, open this room \
                 and its members.",
            );
            ui.add_space(SPACE_S);
            if button::wide(ui, Weight::Plain, None, "It is not my device").clicked() {
                say(view.room, view.id, false, actions);
            }
        }
        Bond::None | Bond::Declined | Bond::Linked => {
            let label = "This is my other device";
            if button::wide(ui, Weight::Plain, Some(Icon::People), label).clicked() {
                say(view.room, view.id, true, actions);
            }
        }
    }
    ui.add_space(SPACE_S);
}

/// Asks whether a device is the person's that says so.
pub(super) fn ask_ui(ui: &mut Ui, view: &SelvesView, actions: &mut Vec<Action>) {
    let name = &view.name;
    card::card(ui, |ui| {
        text::title(ui, &format!("Is {name} you, on another device?"));
        ui.add_space(SPACE_XS);
        text::small(
            ui,
            "It says so. If you say yes, everybody here sees both as one person. Say no if it is \
             not a device of yours.",
        );
        ui.add_space(SPACE_S);
        if button::wide(ui, Weight::Primary, None, "Yes, it is mine").clicked() {
            say(view.room, view.id, true, actions);
        }
        ui.add_space(SPACE_S);
        if button::wide(ui, Weight::Plain, None, "No").clicked() {
            say(view.room, view.id, false, actions);
        }
    });
    ui.add_space(SPACE_M);
}

fn say(room: RoomId, member: PeerId, is_so: bool, actions: &mut Vec<Action>) {
    actions.push(Action::Command(Command::SetSelf { room, member, is_so }));
}
