//! Who is typing: a line in the gap that is always left below the newest message.

use egui::{Label, Rect, Sense, Ui, vec2};

use crate::ui::{
    theme::{SPACE_M, SPACE_S, SPACE_XS, Type, palette},
    widgets::text,
};

/// What stays, however long the names are.
const ENDS: [&str; 2] = [" is typing", " are typing"];

/// The gap below the newest message.
pub(super) fn gap(ui: &Ui) -> f32 {
    ui.text_style_height(&Type::Small.style()) + SPACE_S
}

/// Shows the line at the bottom of `area`. It moves nothing, whether it is there or not.
pub(super) fn typing_ui(ui: &mut Ui, area: Rect, line: &str) {
    let colors = palette(ui);
    let end = ENDS.into_iter().find(|end| line.ends_with(end)).unwrap_or_default();
    let width = area.width() - 2.0 * SPACE_M - 2.0 * SPACE_S;
    let words = text::line_with_end(ui, line, end, Type::Small, colors.muted, width);
    let size = words.size();
    let min = area.left_bottom() + vec2(SPACE_M, -(gap(ui) + size.y) / 2.0);
    let place = Rect::from_min_size(min, size + vec2(2.0 * SPACE_S, 0.0));
    // Over messages, while older ones are looked at.
    ui.painter().rect_filled(place.expand2(vec2(0.0, SPACE_XS / 2.0)), SPACE_S, colors.page);
    let at = Rect::from_min_size(min + vec2(SPACE_S, 0.0), size);
    ui.put(at, Label::new(words).sense(Sense::empty()));
}
