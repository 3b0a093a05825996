//! Lines to write in.

use egui::{Frame, Margin, Response, Stroke, TextEdit, Ui};

use super::text;
use crate::ui::theme::{self, SPACE_M, SPACE_XS, palette};

/// A single line with its name above it.
pub fn line(ui: &mut Ui, name: &str, hint: &'static str, value: &mut String) -> Response {
    lined(ui, name, TextEdit::singleline(value).hint_text(hint))
}

/// The same for something nobody is to read over the person's shoulder.
pub fn hidden(ui: &mut Ui, name: &str, value: &mut String) -> Response {
    lined(ui, name, TextEdit::singleline(value).password(true))
}

/// Several lines with their name above them.
pub fn lines(ui: &mut Ui, name: &str, value: &mut String) -> Response {
    lined(ui, name, TextEdit::multiline(value).desired_rows(5))
}

fn lined(ui: &mut Ui, name: &str, field: TextEdit<'_>) -> Response {
    ui.spacing_mut().item_spacing.y = SPACE_XS;
    let label = text::small(ui, name);
    let colors = palette(ui);
    let id = ui.make_persistent_id(name);
    let has_focus = ui.memory(|memory| memory.has_focus(id));
    let stroke =
        if has_focus { Stroke::new(2.0, colors.accent) } else { Stroke::new(1.0, colors.edge) };
    let inner = Frame::new()
        .fill(colors.surface)
        .stroke(stroke)
        .corner_radius(theme::RADIUS)
        .inner_margin(Margin::symmetric(SPACE_M as i8, SPACE_M as i8))
        .show(ui, |ui| {
            // The frame around it makes the field large enough for a finger.
            ui.spacing_mut().interact_size.y = 0.0;
            ui.add(
                field.id(id).frame(Frame::NONE).margin(Margin::ZERO).desired_width(f32::INFINITY),
            )
        });
    inner.inner.labelled_by(label.id)
}
