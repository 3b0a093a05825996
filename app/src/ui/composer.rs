//! The lines to write in.

use egui::{
    Align, Frame, Id, Key, KeyboardShortcut, Layout, Margin, Modifiers, PointerState, Rect, Stroke,
    SurrenderFocusOn, TextEdit, Ui, UiBuilder, os::OperatingSystem, pos2, vec2,
};
use engine::{Command, MAX_TEXT_LEN};

use super::{
    action::Action,
    layout,
    theme::{SPACE_L, SPACE_M, SPACE_S, TOUCH, Type, palette},
    widgets::{button, icon::Icon, text},
};
use crate::{
    model::Room,
    writing::{self, Purpose},
};

/// Lines the composer grows to before it scrolls.
const MAX_LINES: f32 = 5.0;
/// Share of the height that its lines take at most: what is answered stays visible above a phone's keyboard.
const MAX_SHARE: f32 = 0.4;
/// From here on the bytes left are shown.
const NEARLY_FULL: usize = MAX_TEXT_LEN - 1_000;

/// What became of the composer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Used {
    /// Points it took at the bottom.
    pub height: f32,
    /// Whether something was sent.
    pub has_sent: bool,
}

/// Shows the composer at the bottom of `area`.
pub fn composer_ui(
    ui: &mut Ui,
    area: Rect,
    room: &Room,
    draft: &mut String,
    wants_focus: &mut bool,
    actions: &mut Vec<Action>,
) -> Used {
    let id = Id::unique(("composer of", room.id));
    let line = ui.text_style_height(&Type::Body.style());
    let width = area.width() - 2.0 * SPACE_M - TOUCH - SPACE_S - 2.0 * SPACE_L;
    let color = palette(ui).text;
    let wanted = text::layout(ui, draft, Type::Body, color, width).size().y;
    let most = (area.height() * MAX_SHARE).clamp(line, line * MAX_LINES);
    let lines_height = wanted.clamp(line, most);
    let field_height = (lines_height + 2.0 * SPACE_M).max(TOUCH);
    let has_count = draft.len() > NEARLY_FULL;
    let count_height =
        if has_count { ui.text_style_height(&Type::Small.style()) + SPACE_S } else { 0.0 };
    let height = field_height + 2.0 * SPACE_S + count_height;
    let rect = Rect::from_min_max(pos2(area.left(), area.bottom() - height), area.max);
    let colors = palette(ui);
    layout::fill(ui, rect, colors.surface);
    ui.painter().hline(rect.x_range(), rect.top() + 0.5, (1.0, colors.line));
    let field = Rect::from_min_size(
        rect.min + vec2(SPACE_M, SPACE_S),
        vec2(area.width() - 2.0 * SPACE_M - TOUCH - SPACE_S, field_height),
    );
    let center = pos2(area.right() - SPACE_M - TOUCH / 2.0, field.bottom() - TOUCH / 2.0);
    let place = Rect::from_center_size(center, vec2(TOUCH, TOUCH));
    let has_enter = ui.memory(|memory| memory.has_focus(id)) && takes_enter(ui);
    beside(ui, place, |ui| field_ui(ui, (field, most), id, room, draft, wants_focus));
    if has_count {
        count_ui(ui, pos2(field.left() + SPACE_S, field.bottom() + SPACE_S / 2.0), draft.len());
    }
    let can_send = !draft.trim().is_empty() && draft.trim().len() <= MAX_TEXT_LEN;
    let builder = UiBuilder::new().max_rect(place).id_salt("send");
    let mut send = ui.new_child(builder);
    if !can_send {
        send.disable();
    }
    let button = button::round(&mut send, place, id.with("send"), Icon::Send, "Send", can_send);
    let has_sent = can_send && (has_enter || button.clicked());
    if has_sent {
        let text = draft.trim().to_owned();
        actions.push(Action::Command(Command::SendText { room: room.id, text }));
        draft.clear();
        // A word that was still being composed is sent; the keyboard is not to write it again.
        ui.memory_mut(|memory| memory.interrupt_ime());
        *wants_focus = true;
    }
    Used { height, has_sent }
}

/// Whether Enter was pressed so that it sends; the field is not told of it.
fn takes_enter(ui: &Ui) -> bool {
    let modifiers = if begins_lines(ui) { Modifiers::COMMAND } else { Modifiers::NONE };
    ui.input_mut(|input| !input.modifiers.shift && input.consume_key(modifiers, Key::Enter))
}

/// Whether Enter begins a line and sends only with Ctrl: on a phone, whose keyboard has one such key and whose
/// button to send is next to it.
fn begins_lines(ui: &Ui) -> bool {
    matches!(ui.ctx().os(), OperatingSystem::Android | OperatingSystem::IOS)
}

/// Adds a field beside a button whose use is no reason to leave the field: a phone's keyboard would go and come.
fn beside(ui: &mut Ui, button: Rect, field: impl FnOnce(&mut Ui)) {
    let is_there =
        |pointer: &PointerState| pointer.interact_pos().is_some_and(|at| button.contains(at));
    if !ui.input(|input| is_there(&input.pointer)) {
        return field(ui);
    }
    let surrender = |ui: &Ui, on| {
        ui.memory_mut(|memory| {
            std::mem::replace(&mut memory.options.input_options.surrender_focus_on, on)
        })
    };
    let usual = surrender(ui, SurrenderFocusOn::Never);
    field(ui);
    surrender(ui, usual);
}

fn field_ui(
    ui: &mut Ui,
    (rect, most): (Rect, f32),
    id: Id,
    room: &Room,
    draft: &mut String,
    wants_focus: &mut bool,
) {
    let colors = palette(ui);
    let has_focus = ui.memory(|memory| memory.has_focus(id));
    let edge = if has_focus { (2.0, colors.accent) } else { (1.0, colors.edge) };
    ui.painter().rect(rect, 22, colors.page, Stroke::from(edge), egui::StrokeKind::Inside);
    let inner = rect.shrink2(vec2(SPACE_L, 0.0));
    let builder =
        UiBuilder::new().max_rect(inner).id_salt("composer").layout(Layout::top_down(Align::Min));
    let mut child = ui.new_child(builder);
    child.set_clip_rect(rect.shrink(2.0).intersect(ui.clip_rect()));
    let line = child.text_style_height(&Type::Body.style());
    let line_begins = if begins_lines(ui) { Modifiers::NONE } else { Modifiers::SHIFT };
    let top = ((rect.height() - line) / 2.0).min(SPACE_M);
    child.add_space(top);
    let response = egui::ScrollArea::vertical()
        .id_salt("lines")
        .max_height(most)
        .min_scrolled_height(line)
        .show(&mut child, |ui| {
            ui.add(
                TextEdit::multiline(draft)
                    .id(id)
                    .hint_text("Write a message")
                    .frame(Frame::NONE)
                    .margin(Margin::ZERO)
                    .desired_rows(1)
                    .desired_width(f32::INFINITY)
                    .return_key(KeyboardShortcut::new(line_begins, Key::Enter)),
            )
        })
        .inner
        .accessible_name(format!("Message to {}", room.name));
    writing::tell(&response, draft, Purpose::Message);
    if std::mem::take(wants_focus) {
        response.request_focus();
    }
}

fn count_ui(ui: &Ui, at: egui::Pos2, len: usize) {
    let colors = palette(ui);
    let color = if len > MAX_TEXT_LEN { colors.danger } else { colors.muted };
    let words = if len > MAX_TEXT_LEN {
        format!("{} bytes too long; send it in parts", len - MAX_TEXT_LEN)
    } else {
        format!("{len} of {MAX_TEXT_LEN} bytes")
    };
    let galley = text::line(ui, &words, Type::Small, color, ui.available_width());
    ui.painter().galley(at, galley, color);
}
