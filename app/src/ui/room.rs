//! One conversation.

use egui::{Id, Key, Modifiers, Rect, Sense, Ui, WidgetInfo, accesskit, pos2, vec2};
use engine::{Command, Role, RoomId};

use super::{
    action::Action,
    clock::Clock,
    composer::composer_ui,
    door, layout,
    leaving::LeavingView,
    route::Route,
    state::Scroll,
    theme::{self, SPACE_L, SPACE_M, SPACE_S, SPACE_XS, TOUCH, Type, palette},
    widgets::{avatar, button, button::Weight, icon::Icon, list::Seen, status_dot::Status, text},
    wifi::{self, WifiHint},
};
use crate::model::Room;

mod bubble;
mod rows;
mod silent;
mod typing;

use rows::RoomRows;
use silent::silent_ui;
use typing::typing_ui;

/// The most messages asked for at a time: two screens of a large monitor.
const PAGE_LEN: usize = 100;
/// An older page is asked for when fewer rows than this are above what is visible.
const NEAR_START: usize = 40;
const FACE: f32 = 36.0;

/// What the screen of a room shows.
#[derive(Debug)]
pub struct RoomView<'a> {
    /// The room.
    pub room: &'a Room,
    /// The present.
    pub clock: &'a Clock,
    /// How the room is connected.
    pub status: Status,
    /// The same in words.
    pub status_words: String,
    /// Who is typing.
    pub typing: Option<String>,
    /// Whether a Wi-Fi network of their own would help.
    pub network: Option<WifiHint<'a>>,
    /// Whether there is a way back.
    pub has_back: bool,
    /// Whether the person is looking at this window.
    pub is_looking: bool,
    /// What they are to know if they may be about to leave the room.
    pub leaving: LeavingView,
}

/// What the person does in the room.
#[derive(Debug)]
pub struct RoomDoing<'a> {
    /// What is being written.
    pub draft: &'a mut String,
    /// Where in the room they are.
    pub scroll: &'a mut Scroll,
    /// Whether the composer should take the keyboard now.
    pub wants_composer: &'a mut bool,
}

/// Shows the room.
pub fn room_ui(ui: &mut Ui, view: &RoomView<'_>, doing: RoomDoing<'_>, actions: &mut Vec<Action>) {
    let RoomDoing { draft, scroll, wants_composer } = doing;
    ui.spacing_mut().item_spacing.y = 0.0;
    bar_ui(ui, view, actions);
    door::bell_ui(ui, view.room.id, &view.room.newcomers, actions);
    if let Some(hint) = view.network {
        wifi::hint_ui(ui, hint, actions);
    }
    let area = ui.available_rect_before_wrap();
    // The composer is drawn first: its height decides how much is left for the messages.
    let used = if view.room.my_role() < Role::Member {
        silent_ui(ui, area, view, actions)
    } else {
        composer_ui(ui, area, view.room, draft, wants_composer, actions)
    };
    if used.has_sent {
        scroll.wanted = None;
        scroll.list.go_to_end();
        scroll.unread_from = None;
    }
    let above = Rect::from_min_max(area.min, pos2(area.right(), area.bottom() - used.height));
    layout::pane(ui, "messages", above, |ui| {
        messages_ui(ui, view, scroll, actions);
        if let Some(line) = &view.typing {
            typing_ui(ui, above, line);
        }
    });
}

fn bar_ui(ui: &mut Ui, view: &RoomView<'_>, actions: &mut Vec<Action>) {
    let room = view.room;
    let mut wants_peers = false;
    layout::bar(
        ui,
        view.has_back,
        actions,
        |ui| {
            let rect = ui.available_rect_before_wrap();
            let id = ui.make_persistent_id("room details");
            let response = ui.interact(rect, id, Sense::click());
            let label = format!("{}, {}, show members", room.name, view.status_words);
            response.widget_info(|| WidgetInfo::labeled(accesskit::Role::Button, true, &label));
            button::focus_ring(ui, &response, rect.shrink2(vec2(2.0, 6.0)), theme::RADIUS);
            wants_peers = response.clicked();
            avatar::avatar(ui, FACE, &room.name, room.id.as_bytes());
            ui.add_space(SPACE_S);
            layout::bar_lines(ui, &room.name, view.status, &view.status_words);
        },
        |ui, actions| {
            let is_in = room.my_role() > Role::Removed;
            if is_in && button::icon(ui, Icon::Qr, "Invite").clicked() {
                actions.push(Action::Open(Route::Invite(room.id)));
            }
            let label = members_label(room);
            let members = button::icon(ui, Icon::People, &label);
            if label != MEMBERS {
                let at = members.rect.right_top() + vec2(-SPACE_M, SPACE_M);
                ui.painter().circle_filled(at, SPACE_XS, palette(ui).accent);
            }
            if members.clicked() {
                actions.push(Action::Open(Route::Peers(room.id)));
            }
        },
    );
    if wants_peers {
        actions.push(Action::Open(Route::Peers(room.id)));
    }
}

const MEMBERS: &str = "Members";

/// The way to the members, with how much there is for an admin to see to.
fn members_label(room: &Room) -> String {
    let open = if room.my_role() >= Role::Admin { room.reports_of_others().0.len() } else { 0 };
    match open {
        0 => MEMBERS.to_owned(),
        1 => format!("{MEMBERS}, 1 report"),
        open => format!("{MEMBERS}, {open} reports"),
    }
}

fn messages_ui(ui: &mut Ui, view: &RoomView<'_>, scroll: &mut Scroll, actions: &mut Vec<Action>) {
    let room = view.room;
    ui.painter().rect_filled(ui.max_rect(), 0.0, palette(ui).page);
    if !room.messages.is_loaded() {
        ask_for_page(room, actions);
        return;
    }
    let area = ui.max_rect();
    if let Some((message, into)) = scroll.wanted {
        let Some(index) = room.messages.find_from(message) else {
            ask_for_page(room, actions);
            loading_ui(ui, area);
            return;
        };
        scroll.wanted = None;
        scroll.list.go_into(index, into);
    }
    keys(ui, scroll);
    let mut rows = RoomRows::new(view.room, view.clock, scroll.unread_from);
    let id = Id::unique(("messages of", room.id));
    let seen = scroll.list.show(ui, id, &mut rows);
    if seen.first < NEAR_START {
        ask_for_page(room, actions);
    }
    if room.messages.is_loading() && seen.first == 0 {
        loading_ui(ui, area);
    }
    note_seen(view, seen, scroll, actions);
    if room.members.len() < 2 {
        alone_ui(ui, area, room.id, actions);
    }
    if !seen.is_at_end && jump_ui(ui, area, view, scroll) {
        scroll.list.go_to_end();
        ui.ctx().request_repaint();
    }
}

/// Moves through the messages by keyboard, unless it is needed for writing.
fn keys(ui: &Ui, scroll: &mut Scroll) {
    let page = ui.max_rect().height() * 0.85;
    let is_writing = ui.ctx().egui_wants_keyboard_input();
    ui.input_mut(|input| {
        if input.consume_key(Modifiers::NONE, Key::PageUp) {
            scroll.list.scroll_by(-page);
        }
        if input.consume_key(Modifiers::NONE, Key::PageDown) {
            scroll.list.scroll_by(page);
        }
        if input.consume_key(Modifiers::COMMAND, Key::End)
            || (!is_writing && input.consume_key(Modifiers::NONE, Key::End))
        {
            scroll.list.go_to_end();
        }
        if input.consume_key(Modifiers::COMMAND, Key::Home)
            || (!is_writing && input.consume_key(Modifiers::NONE, Key::Home))
        {
            scroll.list.go_to_start();
        }
    });
}

fn ask_for_page(room: &Room, actions: &mut Vec<Action>) {
    if let Some(before) = room.messages.wanted() {
        actions.push(Action::Command(Command::LoadPage { room: room.id, before, limit: PAGE_LEN }));
    }
}

/// Remembers what was visible, and reports it as read.
fn note_seen(view: &RoomView<'_>, seen: Seen, scroll: &mut Scroll, actions: &mut Vec<Action>) {
    if !seen.is_at_end || !view.is_looking {
        return;
    }
    let Some(newest) = view.room.messages.newest().map(|message| message.position) else { return };
    scroll.newest_seen = Some(newest);
    if view.room.unread > 0 && scroll.marked != Some(newest) {
        scroll.marked = Some(newest);
        actions.push(Action::Command(Command::MarkRead { room: view.room.id, up_to: newest }));
    }
}

fn loading_ui(ui: &Ui, area: Rect) {
    let colors = palette(ui);
    let words = text::line(ui, "Loading earlier messages", Type::Small, colors.muted, area.width());
    let center = pos2(area.center().x, area.top() + SPACE_S + words.size().y);
    let pill = Rect::from_center_size(center, words.size() + vec2(SPACE_L, SPACE_S));
    ui.painter().rect_filled(pill, (pill.height() / 2.0) as u8, colors.raised);
    ui.painter().galley(center - words.size() / 2.0, words, colors.muted);
}

/// A word of advice to whoever is alone in a room.
fn alone_ui(ui: &mut Ui, area: Rect, room: RoomId, actions: &mut Vec<Action>) {
    let width = (area.width() - 2.0 * SPACE_L).min(340.0);
    let min = pos2(area.center().x - width / 2.0, area.top() + SPACE_L);
    let rect = Rect::from_min_size(min, vec2(width, area.height()));
    layout::pane(ui, "alone", rect, |ui| {
        let frame = egui::Frame::new()
            .fill(palette(ui).surface)
            .stroke((1.0, palette(ui).line))
            .corner_radius(16)
            .inner_margin(SPACE_L);
        frame.show(ui, |ui| {
            ui.vertical_centered(|ui| text::title(ui, "You are the first one here"));
            ui.add_space(SPACE_XS);
            ui.vertical_centered(|ui| {
                text::hint(ui, "Show the code of this room to somebody next to you.");
            });
            ui.add_space(SPACE_M);
            if button::wide(ui, Weight::Primary, Some(Icon::Qr), "Show the code").clicked() {
                actions.push(Action::Open(Route::Invite(room)));
            }
        });
    });
}

/// The way back to the newest message; returns whether it is taken.
fn jump_ui(ui: &mut Ui, area: Rect, view: &RoomView<'_>, scroll: &Scroll) -> bool {
    let messages = &view.room.messages;
    let new = scroll
        .newest_seen
        .and_then(|seen| messages.find(seen))
        .map_or(0, |index| messages.len() - index - 1);
    let label = match new {
        0 => "Jump to the newest message".to_owned(),
        1 => "Jump to 1 new message".to_owned(),
        _ => format!("Jump to {new} new messages"),
    };
    let center = area.right_bottom() - vec2(SPACE_L + TOUCH / 2.0, SPACE_M + TOUCH / 2.0);
    let rect = Rect::from_center_size(center, vec2(TOUCH, TOUCH));
    let id = ui.make_persistent_id("jump");
    let is_clicked = button::round(ui, rect, id, Icon::Down, &label, new > 0).clicked();
    if new > 0 {
        let colors = palette(ui);
        let count = text::line(ui, &new.to_string(), Type::Small, colors.text, 60.0);
        let at = pos2(center.x - count.size().x / 2.0, rect.top() - count.size().y - 2.0);
        let pill = Rect::from_min_size(at, count.size()).expand2(vec2(6.0, 1.0));
        ui.painter().rect_filled(pill, (pill.height() / 2.0) as u8, colors.raised);
        ui.painter().galley(at, count, colors.text);
    }
    is_clicked
}
