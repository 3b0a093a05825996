//! All invites to a room: which there are, and who may make and revoke them.

use egui::Ui;
use engine::{Command, InviteId, RoomId};

use crate::model::spoken;

use super::{
    action::{Action, Grave},
    layout,
    route::Route,
    theme::{SPACE_L, SPACE_M, SPACE_S, SPACE_XL, SPACE_XS},
    widgets::{
        button::{self, Weight},
        card::card,
        icon::Icon,
        sure::{Sure, sure},
        text,
    },
};

/// More that are over than this are only counted.
const MAX_OVER: usize = 20;

/// What the invites screen shows.
#[derive(Debug)]
pub struct InvitesView<'a> {
    /// The room.
    pub room: RoomId,
    /// Its name.
    pub name: &'a str,
    /// Invites that work, those that anybody may use first.
    pub open: Vec<InviteRow>,
    /// Invites that do not any more.
    pub over: Vec<InviteRow>,
    /// Who may make and revoke invites, if this device's person may not: "Bea, Cem".
    pub admins: Option<String>,
    /// Whether newcomers do not read what was written before they came, unless an invite says so.
    pub hides_history: bool,
    /// Which one the person may be about to revoke.
    pub revoking: Option<InviteId>,
}

/// One invite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InviteRow {
    /// Which.
    pub id: InviteId,
    /// "Joins as member"
    pub title: String,
    /// Who made it, until when it works, how many used it: a line each.
    pub lines: Vec<String>,
}

/// The way to this screen, for those who may change something on it and for others.
pub(super) fn way_ui(ui: &mut Ui, room: RoomId, may_change: bool, actions: &mut Vec<Action>) {
    let label = if may_change { "Manage invites" } else { "All invites" };
    if button::wide(ui, Weight::Plain, Some(Icon::Settings), label).clicked() {
        actions.push(Action::Open(Route::Invites(room)));
    }
}

/// Shows the invites.
pub fn invites_ui(ui: &mut Ui, view: &InvitesView<'_>, actions: &mut Vec<Action>) {
    layout::titled_bar(ui, true, &format!("Invites to {}", view.name), actions);
    let may_change = view.admins.is_none();
    layout::column(ui, "invites", |ui| {
        text::hint(
            ui,
            if view.hides_history {
                "Whoever scans one of these, or gets its link, can join."
            } else {
                "Whoever scans one of these, or gets its link, can join, and read what was written \
                 before."
            },
        );
        if let Some(admins) = &view.admins {
            text::hint(ui, &format!("Only the owner and admins can change them: {admins}."));
        }
        ui.add_space(SPACE_M);
        if view.open.is_empty() {
            text::body(ui, "No invite works any more, so nobody can join.");
            ui.add_space(SPACE_S);
        }
        for row in &view.open {
            row_ui(ui, view, row, actions);
            ui.add_space(SPACE_XS);
        }
        if may_change {
            ui.add_space(SPACE_S);
            if button::wide(ui, Weight::Primary, Some(Icon::Plus), "New invite").clicked() {
                actions.push(Action::Open(Route::NewInvite(view.room)));
            }
            ui.add_space(SPACE_XL);
            key_ui(ui, view.room, actions);
        }
        over_ui(ui, view);
    });
}

fn row_ui(ui: &mut Ui, view: &InvitesView<'_>, row: &InviteRow, actions: &mut Vec<Action>) {
    card(ui, |ui| {
        text::body(ui, &row.title);
        for line in &row.lines {
            text::signed_small(ui, line);
        }
        ui.add_space(SPACE_S);
        if view.revoking == Some(row.id) {
            revoke_ui(ui, view.room, row, actions);
            return;
        }
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing.y = SPACE_S;
            // Many buttons alike: what is read aloud says which invite each is about.
            let named =
                |what: &str| spoken(&format!("{what}: {}, {}", row.title, row.lines.join(", ")));
            if button::named(ui, Weight::Plain, "Show", &named("Show")).clicked() {
                actions.push(Action::Open(Route::OneInvite(view.room, row.id)));
            }
            if view.admins.is_none()
                && button::named(ui, Weight::Danger, "Revoke", &named("Revoke")).clicked()
            {
                actions.push(Action::Ask(Grave::Revoke(view.room, row.id)));
            }
        });
    });
}

fn revoke_ui(ui: &mut Ui, room: RoomId, row: &InviteRow, actions: &mut Vec<Action>) {
    let answer = sure(
        ui,
        Sure {
            question: "Revoke this invite? Nobody can join by it any more, even with a photo of \
                       the QR. The room\u{2019}s key is changed.",
            icon: Icon::Trash,
            yes: "Revoke invite",
            no: "Keep it",
        },
    );
    if let Some(is_meant) = answer {
        let command = Command::RevokeInvite { room, invite: row.id };
        actions.push(Action::Answer(is_meant.then_some(command)));
    }
}

fn key_ui(ui: &mut Ui, room: RoomId, actions: &mut Vec<Action>) {
    text::title(ui, "The room\u{2019}s key");
    text::small(
        ui,
        "What is written after a change can be read by today\u{2019}s members only, even if the \
         old key got into wrong hands. If a phone was lost, remove its member instead: that \
         changes the key, too.",
    );
    ui.add_space(SPACE_XS);
    if button::wide(ui, Weight::Plain, Some(Icon::Key), "Change the key now").clicked() {
        actions.push(Action::Command(Command::ChangeKey { room }));
    }
}

/// Invites that are over: to know that they are, no more.
fn over_ui(ui: &mut Ui, view: &InvitesView<'_>) {
    if view.over.is_empty() {
        return;
    }
    ui.add_space(SPACE_L);
    text::title(ui, "Over");
    for row in view.over.iter().take(MAX_OVER) {
        card(ui, |ui| {
            text::hint(ui, &row.title);
            for line in &row.lines {
                text::signed_small(ui, line);
            }
        });
        ui.add_space(SPACE_XS);
    }
    if let Some(more) = view.over.len().checked_sub(MAX_OVER).filter(|more| *more > 0) {
        text::small(ui, &format!("And {more} more."));
    }
}
