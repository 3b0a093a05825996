//! A second word before something that cannot be undone.

use egui::Ui;

use super::{
    button::{self, Weight},
    icon::Icon,
    text,
};
use crate::ui::theme::SPACE_S;

/// What is asked, and the answers.
#[derive(Debug, Clone, Copy)]
pub struct Sure<'a> {
    /// What would be done, as a question or in sentences.
    pub question: &'a str,
    /// The icon of "yes".
    pub icon: Icon,
    /// "Leave and delete"
    pub yes: &'a str,
    /// "Stay"
    pub no: &'a str,
}

/// Asks; returns the answer once there is one.
pub fn sure(ui: &mut Ui, asked: Sure<'_>) -> Option<bool> {
    ui.spacing_mut().item_spacing.y = SPACE_S;
    text::body(ui, asked.question);
    ui.add_space(SPACE_S);
    let mut answer = None;
    if button::wide(ui, Weight::Danger, Some(asked.icon), asked.yes).clicked() {
        answer = Some(true);
    }
    if button::wide(ui, Weight::Plain, None, asked.no).clicked() {
        answer = Some(false);
    }
    answer
}
