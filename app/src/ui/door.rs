//! The door of a room: who waits there, the pictures both devices show, and the word that lets them in.

use egui::Ui;
use engine::{Command, DoorPictures, InviteId, RoomId};

use super::{
    action::Action,
    layout,
    pictures::{Grid, grid_ui},
    route::Route,
    theme::{SPACE_L, SPACE_M, SPACE_S, SPACE_XL},
    widgets::{
        button::{self, Weight},
        card::card,
        icon::Icon,
        text,
    },
};
use crate::model::Newcomer;

/// How the pictures stand: two rows of three.
const GRID: Grid = Grid { columns: 3, share: 2.2 };

/// What the screen of a room's door shows.
#[derive(Debug)]
pub struct DoorView<'a> {
    /// The room.
    pub room: RoomId,
    /// Its name.
    pub name: &'a str,
    /// Who waits, whoever came first first.
    pub newcomers: &'a [Newcomer],
}

/// Shows who waits, one after the other: two at a time would be mixed up.
pub fn door_ui(ui: &mut Ui, view: &DoorView<'_>, actions: &mut Vec<Action>) {
    layout::titled_bar(ui, true, &format!("At the door of {}", view.name), actions);
    layout::column(ui, "door", |ui| {
        let Some(newcomer) = view.newcomers.first() else {
            text::hint(ui, "Nobody waits here.");
            return;
        };
        ui.vertical_centered(|ui| text::title(ui, &format!("{} wants to join", newcomer.name)));
        ui.vertical_centered(|ui| text::hint(ui, "Do you both see these pictures?"));
        ui.add_space(SPACE_M);
        card(ui, |ui| grid_ui(ui, newcomer.pictures.pictures(), GRID));
        ui.add_space(SPACE_M);
        text::small(
            ui,
            "If theirs are others, or nobody stands in front of you, it is somebody else who asks: \
             choose \u{201c}Not now\u{201d}.",
        );
        ui.add_space(SPACE_L);
        ui.spacing_mut().item_spacing.y = SPACE_S;
        let (room, newcomer) = (view.room, newcomer.id);
        if button::wide(ui, Weight::Primary, Some(Icon::Check), "Let in").clicked() {
            actions.push(Action::Command(Command::LetIn { room, newcomer }));
        }
        if button::wide(ui, Weight::Plain, Some(Icon::Close), "Not now").clicked() {
            actions.push(Action::Command(Command::TurnAway { room, newcomer }));
        }
        match view.newcomers.len().saturating_sub(1) {
            0 => {}
            1 => _ = text::small(ui, "1 more waits."),
            more => _ = text::small(ui, &format!("{more} more wait.")),
        }
    });
}

/// The way to the door from a conversation, while somebody waits there.
pub fn bell_ui(ui: &mut Ui, room: RoomId, newcomers: &[Newcomer], actions: &mut Vec<Action>) {
    let Some(first) = newcomers.first() else { return };
    let words = match newcomers.len() {
        1 => format!("{} wants to join", first.name),
        count => format!("{count} people want to join"),
    };
    if button::strip(ui, Icon::People, &words).clicked() {
        actions.push(Action::Open(Route::Door(room)));
    }
}

/// Shows a newcomer what to do while somebody has to let them in.
pub fn waiting_ui(
    ui: &mut Ui,
    invite: InviteId,
    (host, pictures): &(String, DoorPictures),
    actions: &mut Vec<Action>,
) {
    ui.vertical_centered(|ui| text::title(ui, &format!("Waiting for {host} to let you in")));
    ui.vertical_centered(|ui| text::hint(ui, "Show each other these pictures."));
    ui.add_space(SPACE_M);
    card(ui, |ui| grid_ui(ui, pictures.pictures(), GRID));
    ui.add_space(SPACE_M);
    text::small(
        ui,
        &format!(
            "Both of you see the same ones if nobody is between you; if they differ, cancel. {host} \
             cannot see yet who you are, only the name you chose."
        ),
    );
    ui.add_space(SPACE_XL);
    if button::wide(ui, Weight::Plain, Some(Icon::Close), "Cancel").clicked() {
        actions.push(Action::Command(Command::CancelJoin { invite }));
        actions.push(Action::Back);
    }
}
