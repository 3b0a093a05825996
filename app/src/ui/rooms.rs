//! The list of rooms.

use egui::{Align2, Rect, Sense, StrokeKind, Ui, WidgetInfo, accesskit::Role, pos2, vec2};
use engine::RoomId;

use super::{
    action::Action,
    layout,
    nearby::{NearbyRow, nearby_ui},
    permit,
    route::Route,
    theme::{self, SPACE_L, SPACE_M, SPACE_S, SPACE_XL, SPACE_XS, Type, palette},
    widgets::{
        avatar,
        button::{self, Weight},
        card::card,
        icon::Icon,
        status_dot::{Status, dot_size},
        text,
    },
};
use crate::{
    host::{Permission, PermissionState},
    model,
};

const FACE: f32 = 48.0;

/// What the list of rooms shows.
#[derive(Debug)]
pub struct RoomsView {
    /// How this device is doing.
    pub status: Status,
    /// The same in words.
    pub status_words: String,
    /// The rooms, in order.
    pub rows: Vec<RoomRow>,
    /// Rooms that are open to people nearby.
    pub nearby: Vec<NearbyRow>,
    /// The room that is open beside the list.
    pub chosen: Option<RoomId>,
    /// Whether the person is to be asked if they want to be told of messages.
    pub asks_to_notify: bool,
}

/// One room in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomRow {
    /// Which.
    pub id: RoomId,
    /// Its name.
    pub name: String,
    /// The last thing that happened in it.
    pub preview: String,
    /// When that was.
    pub time: String,
    /// How many messages were not read.
    pub unread: usize,
    /// How it is connected.
    pub status: Status,
    /// The same in words.
    pub status_words: String,
}

/// Shows the rooms.
pub fn rooms_ui(ui: &mut Ui, view: &RoomsView, actions: &mut Vec<Action>) {
    layout::fill(ui, ui.max_rect(), palette(ui).surface);
    ui.spacing_mut().item_spacing.y = 0.0;
    layout::bar(
        ui,
        false,
        actions,
        |ui| layout::bar_lines(ui, "Rooms", view.status, &view.status_words),
        bar_buttons,
    );
    if view.rows.is_empty() {
        empty_ui(ui, &view.nearby, actions);
        return;
    }
    if view.asks_to_notify {
        notify_ui(ui, actions);
    }
    let is_side_by_side = is_side_by_side(ui, ui.available_width() - 2.0 * SPACE_M);
    let buttons = new_height(ui, is_side_by_side);
    let (above, below) = ui
        .available_rect_before_wrap()
        .split_top_bottom_at_y(ui.max_rect().bottom() - buttons - 2.0 * SPACE_M);
    layout::pane(ui, "rooms", above, |ui| {
        let height = row_height(ui);
        egui::ScrollArea::vertical().auto_shrink(false).show_rows(
            ui,
            height,
            view.rows.len(),
            |ui, range| {
                for row in view.rows.get(range).into_iter().flatten() {
                    if row_ui(ui, row, height, view.chosen == Some(row.id)) {
                        actions.push(Action::Switch(Route::Room(row.id)));
                    }
                }
            },
        );
    });
    layout::pane(ui, "new", below.shrink2(vec2(SPACE_M, SPACE_M)), |ui| {
        new_ui(ui, is_side_by_side, actions);
    });
}

/// Asks whether the person wants to be told of messages, now that there is a room they may come from.
fn notify_ui(ui: &mut Ui, actions: &mut Vec<Action>) {
    egui::Frame::new().inner_margin(SPACE_M).show(ui, |ui| {
        card(ui, |ui| {
            let (of, state) = (Permission::Notifications, PermissionState::NotAsked);
            text::body(ui, permit::words(of, state));
            ui.add_space(SPACE_S);
            ui.horizontal_wrapped(|ui| {
                ui.spacing_mut().item_spacing = egui::Vec2::splat(SPACE_S);
                if button::fitting(ui, Weight::Primary, None, permit::allow(of)).clicked() {
                    actions.push(Action::Allow(of));
                }
                if button::fitting(ui, Weight::Plain, None, "Not now").clicked() {
                    actions.push(Action::LeaveAlone);
                }
            });
        });
    });
}

fn bar_buttons(ui: &mut Ui, actions: &mut Vec<Action>) {
    if button::icon(ui, Icon::Settings, "Settings").clicked() {
        actions.push(Action::Switch(Route::Settings));
    }
}

const NEW_ROOM: &str = "New room";
const SCAN: &str = "Scan";

/// Whether both buttons fit side by side into this width.
fn is_side_by_side(ui: &Ui, width: f32) -> bool {
    let half = (width - SPACE_S) / 2.0 - SPACE_M;
    button::width(ui, NEW_ROOM, true) <= half && button::width(ui, SCAN, true) <= half
}

fn new_height(ui: &Ui, is_side_by_side: bool) -> f32 {
    let one = button::height(ui);
    if is_side_by_side { one } else { 2.0 * one + SPACE_S }
}

/// The ways to another room.
fn new_ui(ui: &mut Ui, is_side_by_side: bool, actions: &mut Vec<Action>) {
    ui.spacing_mut().item_spacing.y = SPACE_S;
    if is_side_by_side {
        ui.columns_const(|[left, right]| {
            new_button(left, actions);
            scan_button(right, actions);
        });
    } else {
        new_button(ui, actions);
        scan_button(ui, actions);
    }
}

fn new_button(ui: &mut Ui, actions: &mut Vec<Action>) {
    if button::wide(ui, Weight::Primary, Some(Icon::Plus), NEW_ROOM).clicked() {
        actions.push(Action::Switch(Route::NewRoom));
    }
}

fn scan_button(ui: &mut Ui, actions: &mut Vec<Action>) {
    if button::wide(ui, Weight::Plain, Some(Icon::Scan), SCAN).clicked() {
        actions.push(Action::Switch(Route::Scan));
    }
}

fn empty_ui(ui: &mut Ui, nearby: &[NearbyRow], actions: &mut Vec<Action>) {
    layout::centered(ui, "no rooms", |ui| {
        let colors = palette(ui);
        ui.vertical_centered(|ui| {
            let (rect, _) = ui.allocate_exact_size(vec2(88.0, 88.0), Sense::hover());
            ui.painter().circle_filled(rect.center(), 44.0, colors.accent_soft);
            Icon::Chat.paint(ui.painter(), rect.shrink(24.0), colors.accent);
        });
        ui.add_space(SPACE_L);
        ui.vertical_centered(|ui| text::title(ui, "No rooms yet"));
        ui.add_space(SPACE_XS);
        ui.vertical_centered(|ui| {
            text::hint(ui, "Start a room and show its code, or scan the code of a friend.");
        });
        ui.add_space(SPACE_XL);
        if button::wide(ui, Weight::Primary, Some(Icon::Plus), "New room").clicked() {
            actions.push(Action::Switch(Route::NewRoom));
        }
        ui.add_space(SPACE_S);
        if button::wide(ui, Weight::Plain, Some(Icon::Scan), "Scan a code").clicked() {
            actions.push(Action::Switch(Route::Scan));
        }
        if !nearby.is_empty() {
            ui.add_space(SPACE_XL);
            nearby_ui(ui, nearby, actions);
        }
    });
}

fn row_height(ui: &Ui) -> f32 {
    let body = ui.text_style_height(&Type::Body.style());
    let small = ui.text_style_height(&Type::Small.style());
    (body + 2.0 * small + 2.0 * SPACE_XS + 2.0 * SPACE_M).max(FACE + 2.0 * SPACE_M)
}

/// Draws one room; returns whether it was chosen.
fn row_ui(ui: &mut Ui, row: &RoomRow, height: f32, is_chosen: bool) -> bool {
    let colors = palette(ui);
    let (rect, response) =
        ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::click());
    response.widget_info(|| {
        WidgetInfo::selected(Role::Button, ui.is_enabled(), is_chosen, spoken(row))
    });
    let fill = if is_chosen {
        colors.accent_soft
    } else if response.hovered() {
        colors.raised
    } else {
        colors.surface
    };
    ui.painter().rect_filled(rect, 0.0, fill);
    if response.has_focus() {
        let ring = (2.0, colors.accent);
        ui.painter().rect_stroke(rect.shrink(2.0), theme::RADIUS, ring, StrokeKind::Inside);
    }
    let inner = rect.shrink2(vec2(SPACE_L, SPACE_M));
    let face = pos2(inner.left() + FACE / 2.0, inner.center().y);
    avatar::paint(ui.painter(), colors, face, FACE, &row.name, row.id.as_bytes());
    let words = Rect::from_min_max(pos2(inner.left() + FACE + SPACE_M, inner.top()), inner.max);
    row_words(ui, row, words);
    response.clicked()
}

fn row_words(ui: &Ui, row: &RoomRow, rect: Rect) {
    let colors = palette(ui);
    let painter = ui.painter();
    let time = text::line(ui, &row.time, Type::Small, colors.muted, rect.width() / 2.0);
    let name_width = rect.width() - time.size().x - SPACE_S;
    let name = text::line(ui, &row.name, Type::Body, colors.text, name_width);
    let baseline = rect.top() + (name.size().y - time.size().y) / 2.0;
    let second = rect.top() + name.size().y + SPACE_XS;
    painter.galley(pos2(rect.right() - time.size().x, baseline), time, colors.muted);
    painter.galley(rect.min, name, colors.text);

    let badge = badge_text(row.unread)
        .map(|count| text::line(ui, &count, Type::Small, colors.on_accent, rect.width()));
    let badge_width = badge
        .as_ref()
        .map_or(0.0, |count| (count.size().x + 2.0 * SPACE_S).max(count.size().y + 6.0));
    let color = if row.unread > 0 { colors.text } else { colors.muted };
    let preview_width = rect.width() - badge_width - SPACE_S;
    let preview = text::signed_line(ui, &row.preview, Type::Small, color, preview_width);
    let third = second + preview.size().y + SPACE_XS;
    let preview_height = preview.size().y;
    painter.galley(pos2(rect.left(), second), preview, color);
    if let Some(count) = badge {
        let size = vec2(badge_width, count.size().y + 4.0);
        let pill = Rect::from_min_size(
            pos2(rect.right() - size.x, second + (preview_height - size.y) / 2.0),
            size,
        );
        painter.rect_filled(pill, (size.y / 2.0) as u8, colors.accent);
        painter.galley(
            Align2::CENTER_CENTER.anchor_size(pill.center(), count.size()).min,
            count,
            colors.on_accent,
        );
    }
    let state_color = row.status.color(colors);
    let state = text::line(
        ui,
        &row.status_words,
        Type::Small,
        state_color,
        rect.width() - 2.0 * dot_size(ui),
    );
    let dot = dot_size(ui);
    let center = pos2(rect.left() + dot / 2.0, third + state.size().y / 2.0);
    row.status.paint_dot(painter, colors, center, dot);
    painter.galley(pos2(rect.left() + dot + SPACE_XS, third), state, state_color);
}

fn badge_text(unread: usize) -> Option<String> {
    match unread {
        0 => None,
        1..=999 => Some(unread.to_string()),
        _ => Some("999+".to_owned()),
    }
}

/// What is read aloud for a row.
fn spoken(row: &RoomRow) -> String {
    let unread = if row.unread > 0 { format!(", {} unread", row.unread) } else { String::new() };
    let preview = model::spoken(&row.preview);
    format!("{}{unread}, {}, {preview}, {}", row.name, row.status_words, row.time)
}
