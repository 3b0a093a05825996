//! How reachable somebody is: a color and, always, a word.

use egui::{Color32, Painter, Pos2, Response, Sense, Ui, WidgetInfo, accesskit::Role, pos2, vec2};

use super::text;
use crate::ui::theme::{Palette, SPACE_XS, Type, palette};

const DOT: f32 = 9.0;

/// How reachable a room, or this device, is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// No way in or out.
    Offline,
    /// Nobody is connected, but those on the same network can find this device.
    Nearby,
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
            Self::Connecting => "connecting",
            Self::Connected => "connected",
        }
    }

    /// The color for it.
    pub fn color(self, palette: &Palette) -> Color32 {
        match self {
            Self::Offline => palette.offline,
            Self::Nearby => palette.nearby,
            Self::Connecting => palette.connecting,
            Self::Connected => palette.connected,
        }
    }

    /// Draws the dot; shapes differ, so that it can be told without color.
    pub fn paint_dot(self, painter: &Painter, palette: &Palette, center: Pos2) {
        let color = self.color(palette);
        let radius = DOT / 2.0;
        match self {
            Self::Connected => {
                painter.circle_filled(center, radius, color);
            }
            Self::Connecting => {
                painter.circle_stroke(center, radius - 1.0, (2.0, color));
                painter.circle_filled(center, 1.6, color);
            }
            Self::Nearby | Self::Offline => {
                painter.circle_stroke(center, radius - 1.0, (2.0, color));
            }
        }
    }
}

/// The dot and `words` beside it, in one line that is elided if need be.
pub fn status_line(ui: &mut Ui, status: Status, words: &str) -> Response {
    let colors = palette(ui);
    let galley = text::line(
        ui,
        words,
        Type::Small,
        status.color(colors),
        ui.available_width() - DOT - SPACE_XS,
    );
    let size = vec2(DOT + SPACE_XS + galley.size().x, galley.size().y.max(DOT));
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, words));
    status.paint_dot(ui.painter(), colors, pos2(rect.left() + DOT / 2.0, rect.center().y));
    let at = pos2(rect.left() + DOT + SPACE_XS, rect.center().y - galley.size().y / 2.0);
    ui.painter().galley(at, galley, status.color(colors));
    response
}
