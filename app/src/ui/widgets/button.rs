//! Buttons: the one thing to do, other things to do, and icons with a name.

use egui::{
    Button, Color32, Frame, Id, Rect, Response, RichText, Sense, StrokeKind, Ui, Vec2, WidgetInfo,
    accesskit::Role, vec2,
};

use super::{icon::Icon, text};
use crate::ui::theme::{self, SPACE_L, SPACE_M, SPACE_S, TOUCH, Type, palette};

/// An icon beside text, in lines of text.
const ICON_SHARE: f32 = 1.2;

/// How large an icon is where `ui` draws, in points. Those without words grow up to what their
/// button holds.
fn icon_size(ui: &Ui) -> f32 {
    (ui.text_style_height(&Type::Body.style()) * ICON_SHARE).round()
}

/// How wide a button is that shows `label` in one line, in points.
pub fn width(ui: &Ui, label: &str, has_icon: bool) -> f32 {
    let words = text::layout(ui, label, Type::Body, Color32::PLACEHOLDER, f32::INFINITY);
    let icon = if has_icon { icon_size(ui) + SPACE_S } else { 0.0 };
    words.size().x + icon + 2.0 * SPACE_L
}

/// How high a button of one line is, in points.
pub fn height(ui: &Ui) -> f32 {
    (ui.text_style_height(&Type::Body.style()) + 2.0 * SPACE_M).max(TOUCH)
}

/// How much a button asks to be pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// The one thing to do here.
    Primary,
    /// Something else to do.
    Plain,
    /// Something that cannot be undone.
    Danger,
}

/// A button as wide as its column, with an icon if it has one.
pub fn wide(ui: &mut Ui, weight: Weight, icon: Option<Icon>, label: &str) -> Response {
    let width = ui.available_width();
    sized(ui, weight, icon, label, width)
}

/// A button on a strip across the screen, for what waits there for the person.
pub fn strip(ui: &mut Ui, icon: Icon, label: &str) -> Response {
    let strip = Frame::new().fill(palette(ui).accent_soft).inner_margin(SPACE_S);
    strip.show(ui, |ui| wide(ui, Weight::Primary, Some(icon), label)).inner
}

/// A button as wide as its words.
pub fn fitting(ui: &mut Ui, weight: Weight, icon: Option<Icon>, label: &str) -> Response {
    sized(ui, weight, icon, label, 0.0)
}

/// The same for one of many alike: `label` is shown, `name` is read aloud.
pub fn named(ui: &mut Ui, weight: Weight, label: &str, name: &str) -> Response {
    let response = sized(ui, weight, None, label, 0.0);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), name));
    response
}

fn sized(ui: &mut Ui, weight: Weight, icon: Option<Icon>, label: &str, width: f32) -> Response {
    let colors = palette(ui);
    let icon_side = icon_size(ui);
    let icon_width = if icon.is_some() { icon_side + SPACE_S } else { 0.0 };
    let words = text::layout(
        ui,
        label,
        Type::Body,
        Color32::PLACEHOLDER,
        (ui.available_width() - 2.0 * SPACE_L - icon_width).max(1.0),
    );
    let wanted = words.size().x + icon_width + 2.0 * SPACE_L;
    let height = (words.size().y + 2.0 * SPACE_M).max(TOUCH);
    let (rect, response) = ui.allocate_exact_size(
        vec2(width.max(wanted).min(ui.available_width()), height),
        Sense::click(),
    );
    response.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), label));
    if ui.is_rect_visible(rect) {
        let is_hot = response.hovered() || response.is_pointer_button_down_on();
        let (fill, ink) = match (weight, is_hot) {
            (Weight::Primary, false) => (colors.accent, colors.on_accent),
            (Weight::Primary, true) => (colors.accent_hover, colors.on_accent),
            (Weight::Plain, false) => (colors.raised, colors.text),
            (Weight::Plain, true) => (colors.hover, colors.text),
            (Weight::Danger, false) => (colors.raised, colors.danger),
            (Weight::Danger, true) => (colors.hover, colors.danger),
        };
        ui.painter().rect_filled(rect, theme::RADIUS, fill);
        focus_ring(ui, &response, rect, theme::RADIUS);
        let start = rect.center().x - (words.size().x + icon_width) / 2.0;
        if let Some(icon) = icon {
            let box_ = Rect::from_center_size(
                egui::pos2(start + icon_side / 2.0, rect.center().y),
                Vec2::splat(icon_side),
            );
            icon.paint(ui.painter(), box_, ink);
        }
        let at = egui::pos2(start + icon_width, rect.center().y - words.size().y / 2.0);
        ui.painter().galley_with_override_text_color(at, words, ink);
    }
    response
}

/// An icon to press. Its name is read aloud and shown on hover.
pub fn icon(ui: &mut Ui, icon: Icon, label: &str) -> Response {
    let colors = palette(ui);
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(TOUCH), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), label));
    if ui.is_rect_visible(rect) {
        if response.hovered() || response.has_focus() {
            ui.painter().circle_filled(rect.center(), TOUCH / 2.0 - 1.0, colors.hover);
        }
        focus_ring(ui, &response, rect, (TOUCH / 2.0) as u8);
        let color = if ui.is_enabled() { colors.text } else { colors.muted };
        icon.paint(
            ui.painter(),
            Rect::from_center_size(rect.center(), Vec2::splat(icon_size(ui).min(TOUCH * 0.7))),
            color,
        );
    }
    response.on_hover_text(label)
}

/// A round button that floats over something, in the accent color when `is_strong`.
pub fn round(
    ui: &mut Ui,
    rect: Rect,
    id: Id,
    icon: Icon,
    label: &str,
    is_strong: bool,
) -> Response {
    let colors = palette(ui);
    let response = ui.interact(rect, id, Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), label));
    let is_hot = response.hovered() && ui.is_enabled();
    let (fill, ink) = match (is_strong, is_hot) {
        (true, false) => (colors.accent, colors.on_accent),
        (true, true) => (colors.accent_hover, colors.on_accent),
        (false, false) => (colors.raised, colors.muted),
        (false, true) => (colors.hover, colors.text),
    };
    let radius = rect.width().min(rect.height()) / 2.0;
    ui.painter().circle_filled(rect.center(), radius, fill);
    focus_ring(ui, &response, rect, radius as u8);
    icon.paint(
        ui.painter(),
        Rect::from_center_size(rect.center(), Vec2::splat(icon_size(ui).min(TOUCH * 0.7))),
        ink,
    );
    response.on_hover_text(label)
}

/// A word that acts like a link.
pub fn link(ui: &mut Ui, label: &str) -> Response {
    let words = RichText::new(label).color(palette(ui).accent);
    ui.add(Button::new(words).frame(false).min_size(vec2(TOUCH, TOUCH)))
}

/// Shows where the keyboard is.
pub fn focus_ring(ui: &Ui, response: &Response, rect: Rect, radius: u8) {
    if response.has_focus() {
        let stroke = egui::Stroke::new(2.0, palette(ui).accent);
        ui.painter().rect_stroke(
            rect.expand(2.0),
            radius.saturating_add(2),
            stroke,
            StrokeKind::Outside,
        );
    }
}

/// One of several choices, of which one `is_chosen`.
pub fn choice(ui: &mut Ui, label: &str, is_chosen: bool) -> Response {
    let colors = palette(ui);
    let words = text::line(ui, label, Type::Body, Color32::PLACEHOLDER, ui.available_width());
    let size = vec2(
        (words.size().x + 2.0 * SPACE_M).max(TOUCH),
        (words.size().y + 2.0 * SPACE_S).max(TOUCH),
    );
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    response
        .widget_info(|| WidgetInfo::selected(Role::RadioButton, ui.is_enabled(), is_chosen, label));
    let (fill, ink) = match (is_chosen, response.hovered()) {
        (true, _) => (colors.accent, colors.on_accent),
        (false, true) => (colors.hover, colors.text),
        (false, false) => (colors.raised, colors.text),
    };
    ui.painter().rect_filled(rect, theme::RADIUS, fill);
    focus_ring(ui, &response, rect, theme::RADIUS);
    let at = rect.center() - words.size() / 2.0;
    ui.painter().galley_with_override_text_color(at, words, ink);
    response
}
