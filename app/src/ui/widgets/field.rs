//! Lines to write in.

use egui::{Frame, Id, Margin, Rect, Response, Stroke, TextEdit, Ui, vec2};

use super::{button, text};
use crate::{
    ui::theme::{self, SPACE_M, SPACE_XS, Type, palette},
    writing::{self, Purpose},
};

/// A single line with its name above it.
pub fn line(ui: &mut Ui, name: &str, hint: &'static str, value: &mut String) -> Response {
    lined(ui, name, value, Purpose::Line, |value| TextEdit::singleline(value).hint_text(hint))
}

/// The same for something nobody is to read over the person's shoulder.
pub fn hidden(ui: &mut Ui, name: &str, value: &mut String) -> Response {
    lined(ui, name, value, Purpose::Secret, |value| TextEdit::singleline(value).password(true))
}

/// Several lines with their name above them.
pub fn lines(ui: &mut Ui, name: &str, value: &mut String) -> Response {
    lined(ui, name, value, Purpose::Lines, |value| TextEdit::multiline(value).desired_rows(5))
}

fn lined(
    ui: &mut Ui,
    name: &str,
    value: &mut String,
    purpose: Purpose,
    field: impl FnOnce(&mut String) -> TextEdit<'_>,
) -> Response {
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
                field(value)
                    .id(id)
                    .frame(Frame::NONE)
                    .margin(Margin::ZERO)
                    .desired_width(f32::INFINITY),
            )
        });
    writing::tell(&inner.inner, value, purpose);
    keep_visible(ui, inner.inner.id, inner.response.rect);
    inner.inner.labelled_by(label.id)
}

/// Brings a field into view with what stands right below it, when it takes the keyboard and whenever the room on the
/// screen changes meanwhile: a phone's keyboard comes only then.
fn keep_visible(ui: &Ui, id: Id, rect: Rect) {
    let known_id = id.with("room it has");
    if !ui.memory(|memory| memory.has_focus(id)) {
        ui.data_mut(|data| data.remove::<f32>(known_id));
        return;
    }
    let room = ui.ctx().content_rect().height();
    if ui.data(|data| data.get_temp(known_id)) == Some(room) {
        return;
    }
    ui.data_mut(|data| data.insert_temp(known_id, room));
    // A word on what is wrong with it, and the button for what it is about.
    let below = ui.text_style_height(&Type::Small.style()) + button::height(ui) + 3.0 * SPACE_M;
    ui.scroll_to_rect(Rect::from_min_size(rect.min, rect.size() + vec2(0.0, below)), None);
}
