//! What came of something that was tried: a sign and, always, words.

use egui::{Color32, Rect, Sense, Stroke, Ui, Vec2, WidgetInfo, accesskit::Role, pos2, vec2};

use super::{icon::Icon, text};
use crate::{
    backend::StepState,
    ui::theme::{Palette, SPACE_S, SPACE_XS, Type, palette},
};

/// What is said of a state, as a phrase.
pub fn words(state: &StepState) -> &str {
    match state {
        StepState::Waiting => "not tried yet",
        StepState::Running => "trying",
        StepState::Ok(how) => how,
        StepState::Failed(why) | StepState::Skipped(why) => why,
    }
}

/// One word for a state, for reports and for those who listen.
pub fn verdict(state: &StepState) -> &'static str {
    match state {
        StepState::Waiting | StepState::Running => "open",
        StepState::Ok(_) => "works",
        StepState::Failed(_) => "fails",
        StepState::Skipped(_) => "skipped",
    }
}

fn color(state: &StepState, colors: &Palette) -> Color32 {
    match state {
        StepState::Ok(_) => colors.connected,
        StepState::Failed(_) => colors.danger,
        StepState::Running => colors.connecting,
        StepState::Waiting | StepState::Skipped(_) => colors.muted,
    }
}

/// The sign, a name in large letters and what came of it beneath.
pub fn step(ui: &mut Ui, name: &str, state: &StepState) {
    let colors = palette(ui);
    let side = (ui.text_style_height(&Type::Body.style()) * 1.1).round();
    let width = ui.available_width() - side - SPACE_S;
    let title = text::layout(ui, name, Type::Body, colors.text, width);
    let said = text::layout(ui, words(state), Type::Small, colors.muted, width);
    let height = title.size().y + SPACE_XS / 2.0 + said.size().y;
    let (rect, response) =
        ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
    let label = format!("{name}, {}: {}", verdict(state), words(state));
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &label));
    let line = title.rows.first().map_or(side, |row| row.rect().height());
    let center = pos2(rect.left() + side / 2.0, rect.top() + line / 2.0);
    sign(ui, state, Rect::from_center_size(center, Vec2::splat(side)));
    let left = rect.left() + side + SPACE_S;
    let second = rect.top() + title.size().y + SPACE_XS / 2.0;
    ui.painter().galley(pos2(left, rect.top()), title, colors.text);
    ui.painter().galley(pos2(left, second), said, colors.muted);
}

/// The sign and what came of it, in small letters.
pub fn outcome(ui: &mut Ui, state: &StepState) {
    let colors = palette(ui);
    let ink = color(state, colors);
    let side = (ui.text_style_height(&Type::Small.style()) * 1.05).round();
    let width = ui.available_width() - side - SPACE_XS;
    let said = text::layout(ui, words(state), Type::Small, ink, width);
    let size = vec2(side + SPACE_XS + said.size().x, said.size().y);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    let label = format!("{}: {}", verdict(state), words(state));
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &label));
    let line = said.rows.first().map_or(side, |row| row.rect().height());
    let center = pos2(rect.left() + side / 2.0, rect.top() + line / 2.0);
    sign(ui, state, Rect::from_center_size(center, Vec2::splat(side)));
    ui.painter().galley(pos2(rect.left() + side + SPACE_XS, rect.top()), said, ink);
}

/// Shapes differ, so that they can be told without color.
fn sign(ui: &Ui, state: &StepState, rect: Rect) {
    let colors = palette(ui);
    let ink = color(state, colors);
    let painter = ui.painter();
    let (center, radius) = (rect.center(), rect.width() / 2.0 - 1.0);
    match state {
        StepState::Ok(_) | StepState::Failed(_) => {
            painter.circle_filled(center, radius, ink);
            let icon = if matches!(state, StepState::Ok(_)) { Icon::Check } else { Icon::Close };
            icon.paint(painter, rect.shrink(rect.width() * 0.18), colors.surface);
        }
        StepState::Running => {
            painter.circle_stroke(center, radius - 1.0, Stroke::new(2.0, ink));
            painter.circle_filled(center, radius * 0.4, ink);
        }
        StepState::Waiting => {
            painter.circle_stroke(center, radius - 1.0, Stroke::new(1.5, ink));
        }
        StepState::Skipped(_) => {
            painter.circle_stroke(center, radius - 1.0, Stroke::new(1.5, ink));
            let x = center.x - radius * 0.45..=center.x + radius * 0.45;
            painter.hline(x, center.y, Stroke::new(2.0, ink));
        }
    }
}
