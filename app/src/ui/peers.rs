//! Who is in a room, and how they are reached.

use egui::Ui;
use engine::{Command, RoomId};

use super::{
    action::Action,
    layout,
    route::Route,
    theme::{SPACE_L, SPACE_M, SPACE_S, SPACE_XS},
    widgets::{
        avatar,
        button::{self, Weight},
        card,
        icon::Icon,
        status_dot::{Status, status_lines},
        text,
    },
};

const FACE: f32 = 44.0;

/// What the members screen shows.
#[derive(Debug)]
pub struct PeersView<'a> {
    /// The room.
    pub room: RoomId,
    /// Its name.
    pub name: &'a str,
    /// Everyone, those connected first.
    pub rows: Vec<PeerRow>,
    /// Whether its mailbox is used on this device.
    pub uses_mailbox: bool,
    /// Whether the person may be about to leave.
    pub is_leaving: bool,
}

/// One member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerRow {
    /// What they call themselves.
    pub name: String,
    /// What their face is made from.
    pub seed: Vec<u8>,
    /// Whether it is this device's person.
    pub is_me: bool,
    /// How they are reached.
    pub status: Status,
    /// "connected over WebRTC", "not connected, last seen 5 min ago".
    pub state: String,
    /// Round trip, since when, address: what else is known, a line each.
    pub details: Vec<String>,
    /// The start of their key, to compare.
    pub key: String,
}

/// What the person decided about leaving.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaving {
    /// They may be about to.
    Asked,
    /// They are not.
    Kept,
}

/// Shows the members; returns what was decided about leaving, if anything.
pub fn peers_ui(ui: &mut Ui, view: &PeersView<'_>, actions: &mut Vec<Action>) -> Option<Leaving> {
    layout::titled_bar(ui, true, view.name, actions);
    let mut decided = None;
    layout::column(ui, "peers", |ui| {
        let count = view.rows.len();
        text::title(
            ui,
            &if count == 1 { "1 member".to_owned() } else { format!("{count} members") },
        );
        ui.add_space(SPACE_S);
        for row in &view.rows {
            row_ui(ui, row);
            ui.add_space(SPACE_S);
        }
        ui.add_space(SPACE_M);
        if button::wide(ui, Weight::Primary, Some(Icon::Qr), "Invite somebody").clicked() {
            actions.push(Action::Open(Route::Invite(view.room)));
        }
        ui.add_space(SPACE_M);
        mailbox_ui(ui, view, actions);
        ui.add_space(SPACE_M);
        if view.is_leaving {
            decided = leave_ui(ui, view.room, actions);
        } else if button::wide(ui, Weight::Danger, Some(Icon::Leave), "Leave room").clicked() {
            decided = Some(Leaving::Asked);
        }
    });
    decided
}

fn row_ui(ui: &mut Ui, row: &PeerRow) {
    card::card(ui, |ui| {
        ui.horizontal_top(|ui| {
            avatar::avatar(ui, FACE, &row.name, &row.seed);
            ui.add_space(SPACE_XS);
            ui.vertical(|ui| {
                let name = if row.is_me { format!("{} (you)", row.name) } else { row.name.clone() };
                text::body(ui, &name);
                status_lines(ui, row.status, &row.state);
                for detail in &row.details {
                    text::small(ui, detail);
                }
                text::small(ui, &format!("Key {}", row.key));
            });
        });
    });
}

fn mailbox_ui(ui: &mut Ui, view: &PeersView<'_>, actions: &mut Vec<Action>) {
    text::small(ui, "Mailbox on relays");
    ui.horizontal_wrapped(|ui| {
        for (on, label) in [(true, "In use"), (false, "Not in use")] {
            let is_chosen = view.uses_mailbox == on;
            if button::choice(ui, label, is_chosen).clicked() && !is_chosen {
                actions.push(Action::Command(Command::SetMailbox { room: view.room, on }));
            }
        }
    });
    text::small(
        ui,
        if view.uses_mailbox {
            "What you write waits there, sealed, for those who are not connected, and what they wrote \
             for you. Keep an invite: it brings the room back on a new device, even when nobody is \
             connected."
        } else {
            "What you write reaches others only through somebody who is connected."
        },
    );
}

fn leave_ui(ui: &mut Ui, room: RoomId, actions: &mut Vec<Action>) -> Option<Leaving> {
    ui.add_space(SPACE_L);
    text::body(ui, "Leave this room and delete its messages from this device?");
    ui.add_space(SPACE_S);
    let mut decided = None;
    if button::wide(ui, Weight::Danger, Some(Icon::Leave), "Leave and delete").clicked() {
        actions.push(Action::Command(Command::LeaveRoom { room }));
        decided = Some(Leaving::Kept);
    }
    if button::wide(ui, Weight::Plain, None, "Stay").clicked() {
        decided = Some(Leaving::Kept);
    }
    decided
}
