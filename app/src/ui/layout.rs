//! One pane or two, bars and columns. Nothing else knows how wide the window is.

use egui::{Align, Color32, Layout, Rect, Ui, UiBuilder, pos2, vec2};

use super::{
    action::Action,
    theme::{BAR, COLUMN, SPACE_L, SPACE_S, Type, palette},
    widgets::{
        button,
        icon::Icon,
        status_dot::{Status, status_line},
        text,
    },
};

/// Below this width, in points, there is room for one pane only.
pub const NARROW_WIDTH: f32 = 550.0;

const LIST_MIN: f32 = 260.0;
const LIST_MAX: f32 = 360.0;
const LIST_SHARE: f32 = 0.34;

/// Where the screens go.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Panes {
    /// The screen on top, alone.
    One(Rect),
    /// The list of rooms, and the screen on top beside it.
    Two {
        /// The list.
        list: Rect,
        /// The screen.
        main: Rect,
    },
}

/// Divides `area`.
pub fn panes(area: Rect) -> Panes {
    if area.width() < NARROW_WIDTH {
        return Panes::One(area);
    }
    let width = (area.width() * LIST_SHARE).clamp(LIST_MIN, LIST_MAX).round();
    let (list, main) = area.split_left_right_at_x(area.left() + width);
    Panes::Two { list, main }
}

/// Draws something into a part of the window and nowhere else.
pub fn pane(ui: &mut Ui, salt: &str, rect: Rect, content: impl FnOnce(&mut Ui)) {
    let builder =
        UiBuilder::new().max_rect(rect).id_salt(salt).layout(Layout::top_down(Align::Min));
    let mut child = ui.new_child(builder);
    child.set_clip_rect(rect.intersect(ui.clip_rect()));
    content(&mut child);
}

/// Fills a part of the window, and what lies between it and the window's edges under a notch or a bar of the system:
/// nothing is to be touched there, but it should not look like a hole.
pub fn fill(ui: &Ui, rect: Rect, color: Color32) {
    let (room, window) = (ui.ctx().content_rect(), ui.ctx().viewport_rect());
    let mut filled = rect;
    if rect.left() <= room.left() {
        filled.min.x = window.left();
    }
    if rect.top() <= room.top() {
        filled.min.y = window.top();
    }
    if rect.right() >= room.right() {
        filled.max.x = window.right();
    }
    if rect.bottom() >= room.bottom() {
        filled.max.y = window.bottom();
    }
    let mut painter = ui.painter().clone();
    painter.set_clip_rect(window);
    painter.rect_filled(filled, 0.0, color);
}

/// The bar at the top of a screen: back if there is one, something in the middle, buttons after it.
pub fn bar(
    ui: &mut Ui,
    has_back: bool,
    actions: &mut Vec<Action>,
    middle: impl FnOnce(&mut Ui),
    buttons: impl FnOnce(&mut Ui, &mut Vec<Action>),
) {
    let colors = palette(ui);
    let line_height = ui.text_style_height(&Type::Title.style());
    let small_height = ui.text_style_height(&Type::Small.style());
    let height = BAR.max(line_height + small_height + SPACE_L);
    let (rect, _response) =
        ui.allocate_exact_size(vec2(ui.available_width(), height), egui::Sense::hover());
    fill(ui, rect, colors.surface);
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, (1.0, colors.line));
    let inner = rect.shrink2(vec2(SPACE_S, 0.0));
    let builder = UiBuilder::new().max_rect(inner).layout(Layout::left_to_right(Align::Center));
    let mut ui = ui.new_child(builder);
    ui.spacing_mut().item_spacing.x = 2.0;
    if has_back {
        if button::icon(&mut ui, Icon::Back, "Back").clicked() {
            actions.push(Action::Back);
        }
    } else {
        ui.add_space(SPACE_S);
    }
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        buttons(ui, actions);
        ui.with_layout(Layout::left_to_right(Align::Center), middle);
    });
    ui.advance_cursor_after_rect(rect);
}

/// Two lines for the middle of a bar: a name, and how it is doing.
pub fn bar_lines(ui: &mut Ui, title: &str, status: Status, words: &str) {
    let height = ui.text_style_height(&Type::Title.style())
        + ui.text_style_height(&Type::Small.style())
        + 1.0;
    let size = vec2(ui.available_width(), height);
    ui.allocate_ui_with_layout(size, Layout::top_down(Align::Min), |ui| {
        ui.spacing_mut().item_spacing.y = 1.0;
        ui.spacing_mut().interact_size.y = 0.0;
        bar_title(ui, title);
        status_line(ui, status, words);
    });
}

/// A bar with a name.
pub fn titled_bar(ui: &mut Ui, has_back: bool, title: &str, actions: &mut Vec<Action>) {
    bar(ui, has_back, actions, |ui| bar_title(ui, title), |_ui, _actions| {});
}

/// The name in a bar, elided if need be.
pub fn bar_title(ui: &mut Ui, title: &str) {
    let color = palette(ui).text;
    let galley = text::line(ui, title, Type::Title, color, ui.available_width());
    ui.add(egui::Label::new(galley));
}

/// A scrolling column in the middle of what is left, no wider than is pleasant.
pub fn column(ui: &mut Ui, salt: &str, content: impl FnOnce(&mut Ui)) {
    egui::ScrollArea::vertical().id_salt(salt).auto_shrink(false).show(ui, |ui| {
        let room = ui.available_width();
        let width = (room - 2.0 * SPACE_L)
            .min(COLUMN.max(ui.text_style_height(&Type::Body.style()) * 22.0));
        let left = ui.cursor().left() + (room - width) / 2.0;
        let rect = Rect::from_min_size(
            pos2(left, ui.cursor().top() + SPACE_L),
            vec2(width, f32::INFINITY),
        );
        let builder = UiBuilder::new().max_rect(rect).layout(Layout::top_down(Align::Min));
        let mut child = ui.new_child(builder);
        child.set_width(width);
        content(&mut child);
        child.add_space(SPACE_L);
        ui.expand_to_include_rect(child.min_rect());
        ui.advance_cursor_after_rect(child.min_rect());
    });
}

/// A column whose content stands in the middle of the height that is left.
pub fn centered(ui: &mut Ui, salt: &str, content: impl FnOnce(&mut Ui)) {
    let id = ui.make_persistent_id((salt, "height"));
    let known: f32 = ui.data(|data| data.get_temp(id)).unwrap_or(0.0);
    let free = ui.available_height() - 2.0 * SPACE_L;
    column(ui, salt, |ui| {
        ui.add_space(((free - known) / 2.4).max(0.0));
        let top = ui.cursor().top();
        content(ui);
        let height = ui.min_rect().bottom() - top;
        if (height - known).abs() > 0.5 {
            ui.data_mut(|data| data.insert_temp(id, height));
            ui.ctx().request_discard("the column's height was not known");
        }
    });
}

#[cfg(test)]
mod tests {
    use egui::{Rect, vec2};

    use super::{Panes, panes};

    #[test]
    fn a_phone_has_one_pane_and_a_desktop_two() {
        let area = |width| Rect::from_min_size(egui::Pos2::ZERO, vec2(width, 800.0));

        assert_eq!(panes(area(390.0)), Panes::One(area(390.0)));
        assert!(matches!(panes(area(550.0)), Panes::Two { list, .. } if list.width() == 260.0));
        assert!(matches!(panes(area(1_200.0)), Panes::Two { list, .. } if list.width() == 360.0));
    }
}
