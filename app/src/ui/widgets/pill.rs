//! A word that says what something or somebody is.

use std::sync::Arc;

use egui::{Galley, Pos2, Rect, Ui, Vec2, vec2};

use super::text;
use crate::ui::theme::{SPACE_S, Type, palette};

/// Around the word, in points.
const PAD: Vec2 = vec2(SPACE_S, 2.0);

/// A word laid out in a pill of its own.
#[derive(Debug)]
pub struct Pill(Arc<Galley>);

impl Pill {
    /// Lays `word` out, no wider than `width` points.
    pub fn new(ui: &Ui, word: &str, width: f32) -> Self {
        Self(text::line(ui, word, Type::Small, palette(ui).muted, width - 2.0 * PAD.x))
    }

    /// How large it is, in points.
    pub fn size(&self) -> Vec2 {
        self.0.size() + 2.0 * PAD
    }

    /// Draws it with its upper left corner at `at`.
    pub fn paint(self, ui: &Ui, at: Pos2) {
        let colors = palette(ui);
        let rect = Rect::from_min_size(at, self.size());
        ui.painter().rect_filled(rect, (rect.height() / 2.0) as u8, colors.raised);
        ui.painter().galley(at + PAD, self.0, colors.muted);
    }
}
