//! Rooms that are open to people nearby, to be joined without a code.

use egui::Ui;

use super::{
    action::Action,
    theme::SPACE_S,
    widgets::{
        button::{self, Weight},
        icon::Icon,
        text,
    },
};

/// A room that is open to people nearby.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NearbyRow {
    /// What it calls itself.
    pub name: String,
    /// The link by which to ask to come in.
    pub link: String,
}

/// Shows the rooms; whoever chooses one asks to come in.
pub fn nearby_ui(ui: &mut Ui, rows: &[NearbyRow], actions: &mut Vec<Action>) {
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.y = SPACE_S;
        text::title(ui, "Nearby");
        for row in rows {
            if button::wide(ui, Weight::Plain, Some(Icon::People), &row.name).clicked() {
                actions.push(Action::Join(row.link.clone()));
            }
        }
        text::small(
            ui,
            "Rooms that people around you opened. Somebody there lets you in. Anybody can choose \
             any name: join only if you see the same six pictures as they do.",
        );
    });
}
