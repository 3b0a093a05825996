//! The sign of those of whom the person made sure who they are: a tick on a disc, never color alone.

use egui::{Painter, Pos2, Rect, Sense, Ui, Vec2, WidgetInfo, accesskit::Role};

use super::icon::Icon;
use crate::ui::theme::{Palette, Type, palette};

/// The tick among words, in the font of pictures.
pub const TICK: char = '\u{2714}';

/// What is read aloud for it.
pub const VERIFIED: &str = "verified";

/// How large the sign is beside text of `kind`, in points.
pub fn size(ui: &Ui, kind: Type) -> f32 {
    (kind.font(ui).size * 1.05).round()
}

/// Draws the sign around `center`.
pub fn paint(painter: &Painter, palette: &Palette, center: Pos2, size: f32) {
    painter.circle_filled(center, size / 2.0, palette.connected);
    let tick = Rect::from_center_size(center, Vec2::splat(size * 0.74));
    Icon::Check.paint(painter, tick, palette.surface);
}

/// The sign in a line of its own or beside others.
pub fn badge(ui: &mut Ui, kind: Type) {
    let size = size(ui, kind);
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(size), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, VERIFIED));
    paint(ui.painter(), palette(ui), rect.center(), size);
}
