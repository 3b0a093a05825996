//! Something of its own on a page.

use egui::{Frame, InnerResponse, Ui};

use crate::ui::theme::{self, SPACE_M, SPACE_XS, palette};

/// A frame as wide as its column, around lines that belong together.
pub fn card<R>(ui: &mut Ui, content: impl FnOnce(&mut Ui) -> R) -> InnerResponse<R> {
    let colors = palette(ui);
    Frame::new()
        .fill(colors.surface)
        .stroke((1.0, colors.line))
        .corner_radius(theme::RADIUS)
        .inner_margin(SPACE_M)
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.spacing_mut().item_spacing.y = SPACE_XS;
            content(ui)
        })
}
