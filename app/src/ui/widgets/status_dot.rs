//! How reachable somebody is: a color and, always, a word.

use std::sync::Arc;

use egui::{
    Color32, Galley, Painter, Pos2, Rect, Response, Sense, StrokeKind, Ui, WidgetInfo,
    accesskit::Role, pos2, vec2,
};

use super::text;
use crate::ui::theme::{Palette, SPACE_XS, Type, palette};

/// How reachable a room, or this device, is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// No way in or out.
    Offline,
    /// Nobody is connected, but others can find this device.
    Nearby,
    /// Nobody is connected, but a mailbox takes what is written.
    Mailbox,
    /// Somebody is being reached.
    Connecting,
    /// Somebody is there.
    Connected,
}

impl Status {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Offline => "offline",
            Self::Nearby => "nearby only",
            Self::Mailbox => "mailbox only",
            Self::Connecting => "connecting",
            Self::Connected => "connected",
        }
    }

    /// The color for it.
    pub fn color(self, palette: &Palette) -> Color32 {
        match self {
            Self::Offline => palette.offline,
            Self::Nearby | Self::Mailbox => palette.nearby,
            Self::Connecting => palette.connecting,
            Self::Connected => palette.connected,
        }
    }

    /// Draws the dot; shapes differ, so that it can be told without color.
    pub fn paint_dot(self, painter: &Painter, palette: &Palette, center: Pos2, size: f32) {
        let color = self.color(palette);
        let radius = size / 2.0;
        let line = size * 0.2;
        match self {
            Self::Connected => {
                painter.circle_filled(center, radius, color);
            }
            Self::Connecting => {
                painter.circle_stroke(center, radius - line / 2.0, (line, color));
                painter.circle_filled(center, size * 0.18, color);
            }
            Self::Mailbox => {
                let side = Rect::from_center_size(center, vec2(size, size)).shrink(line / 4.0);
                painter.rect_stroke(side, line, (line, color), StrokeKind::Inside);
            }
            Self::Nearby | Self::Offline => {
                painter.circle_stroke(center, radius - line / 2.0, (line, color));
            }
        }
    }
}

/// How large the dot is beside small text, in points.
pub fn dot_size(ui: &Ui) -> f32 {
    (Type::Small.font(ui).size * 0.7).round()
}

/// The dot and `words` beside it, in one line that is elided if need be.
pub fn status_line(ui: &mut Ui, status: Status, words: &str) -> Response {
    let width = ui.available_width() - dot_size(ui) - SPACE_XS;
    let galley = text::line(ui, words, Type::Small, status.color(palette(ui)), width);
    status_ui(ui, status, words, galley)
}

/// The dot and `words` beside it, in as many lines as they need.
pub fn status_lines(ui: &mut Ui, status: Status, words: &str) -> Response {
    let width = ui.available_width() - dot_size(ui) - SPACE_XS;
    let galley = text::layout(ui, words, Type::Small, status.color(palette(ui)), width);
    status_ui(ui, status, words, galley)
}

fn status_ui(ui: &mut Ui, status: Status, words: &str, galley: Arc<Galley>) -> Response {
    let colors = palette(ui);
    let dot = dot_size(ui);
    let size = vec2(dot + SPACE_XS + galley.size().x, galley.size().y.max(dot));
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, words));
    let first = galley.rows.first().map_or(size.y, |row| row.rect().height());
    let center = pos2(rect.left() + dot / 2.0, rect.top() + first / 2.0);
    status.paint_dot(ui.painter(), colors, center, dot);
    ui.painter().galley(
        pos2(rect.left() + dot + SPACE_XS, rect.top()),
        galley,
        status.color(colors),
    );
    response
}
