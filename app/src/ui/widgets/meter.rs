//! How much of something there is: a bar. The words beside it say the same.

use egui::{Color32, Rect, Sense, Ui, vec2};

use crate::ui::theme::palette;

const HEIGHT: f32 = 8.0;

/// A bar filled to `share`, from 0 to 1. It is not read aloud: words beside it are.
pub fn meter(ui: &mut Ui, share: f32, color: Color32) {
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::hover());
    let radius = (HEIGHT / 2.0) as u8;
    ui.painter().rect_filled(rect, radius, palette(ui).raised);
    let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
    if share > 0.0 {
        let width = (rect.width() * share).max(HEIGHT);
        let filled = Rect::from_min_size(rect.min, vec2(width, HEIGHT));
        ui.painter().rect_filled(filled, radius, color);
    }
}
