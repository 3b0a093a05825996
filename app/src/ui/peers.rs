//! Who is in a room, and how they are reached.

use egui::{Rect, Sense, StrokeKind, Ui, WidgetInfo, accesskit, pos2, vec2};
use engine::{Command, PeerId, Role, RoomId};

use super::{
    action::Action,
    invites, layout,
    leaving::{LeavingView, fold_ui, leave_ui},
    member, options,
    reports::{self, ReportRow},
    route::Route,
    selves::{SelvesView, ask_ui},
    theme::{self, SPACE_L, SPACE_M, SPACE_S, SPACE_XS, Type, palette},
    widgets::{
        avatar, badge,
        button::{self, Weight},
        icon::Icon,
        pill::Pill,
        status_dot::{Status, dot_size},
        text,
    },
};

const FACE: f32 = 44.0;

/// What the members screen shows.
#[derive(Debug)]
pub struct PeersView<'a> {
    /// The room.
    pub room: RoomId,
    /// Its name.
    pub name: &'a str,
    /// Everyone, those connected first; those who were removed are not among them.
    pub rows: Vec<PeerRow>,
    /// What the admins were told, if this device's person is one.
    pub reports: Vec<ReportRow>,
    /// Those who were removed.
    pub removed: Vec<PeerRow>,
    /// Those who left.
    pub left: Vec<PeerRow>,
    /// What this device's person may do.
    pub my_role: Role,
    /// Whether its mailbox is used on this device.
    pub uses_mailbox: bool,
    /// Devices that say to be this person's.
    pub asking: Vec<SelvesView>,
    /// Whether somebody has to be there for others to join.
    pub needs_host: bool,
    /// What the person is to know who may be about to leave.
    pub leaving: LeavingView,
}

/// One member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerRow {
    /// Who.
    pub id: PeerId,
    /// What they are called.
    pub name: String,
    /// What they call themselves, for their face.
    pub plain: String,
    /// The part of the name, at its end, that tells them from others whose names look alike.
    pub tag: String,
    /// What they may do.
    pub role: Role,
    /// Whether they left by themselves.
    pub has_left: bool,
    /// Whether this device's person made sure who it is.
    pub is_verified: bool,
    /// Whether they do not want to read them.
    pub is_blocked: bool,
    /// Whether it is this device's person.
    pub is_me: bool,
    /// How they are reached.
    pub status: Status,
    /// "here now", "here now, by a relay", "was here 5 min ago".
    pub state: String,
}

/// Shows the members.
pub fn peers_ui(ui: &mut Ui, view: &PeersView<'_>, actions: &mut Vec<Action>) {
    layout::titled_bar(ui, true, view.name, actions);
    layout::column(ui, "peers", |ui| {
        for asking in &view.asking {
            ask_ui(ui, asking, actions);
        }
        reports::reports_ui(ui, view.room, &view.reports, actions);
        text::title(ui, &counted(view.rows.len()));
        ui.add_space(SPACE_XS);
        for row in &view.rows {
            row_ui(ui, view.room, row, actions);
        }
        ui.add_space(SPACE_M);
        if view.my_role > Role::Removed {
            if button::wide(ui, Weight::Primary, Some(Icon::Qr), "Invite somebody").clicked() {
                actions.push(Action::Open(Route::Invite(view.room)));
            }
            invites::way_ui(ui, view.room, view.my_role >= Role::Admin, actions);
            options::way_ui(ui, view.room, actions);
            ui.add_space(SPACE_M);
            mailbox_ui(ui, view, actions);
            ui.add_space(SPACE_M);
        }
        leave_ui(ui, &view.leaving, actions);
        if !view.removed.is_empty() {
            ui.add_space(SPACE_L);
            text::title(ui, "Removed");
            text::small(ui, "They can read nothing that was written since.");
            ui.add_space(SPACE_XS);
            for row in &view.removed {
                row_ui(ui, view.room, row, actions);
            }
        }
        if !view.left.is_empty() && fold_ui(ui, view.left.len()) {
            for row in &view.left {
                row_ui(ui, view.room, row, actions);
            }
        }
        reports::done_ui(ui, view.room, &view.reports, actions);
    });
}

fn counted(members: usize) -> String {
    if members == 1 { "1 member".to_owned() } else { format!("{members} members") }
}

/// One member: a face, a name, what they may do and how they are reached. It leads to more.
fn row_ui(ui: &mut Ui, room: RoomId, row: &PeerRow, actions: &mut Vec<Action>) {
    let colors = palette(ui);
    let is_out = row.role == Role::Removed;
    let face = if is_out { FACE * 0.75 } else { FACE };
    let next = (ui.text_style_height(&Type::Body.style()) * 0.8).round();
    let width = ui.available_width() - 2.0 * SPACE_M - face - SPACE_M - next - SPACE_S;
    let ink = if is_out { colors.muted } else { colors.text };
    let (name, end) = if row.is_me {
        (format!("{} (you)", row.name), format!("{} (you)", row.tag))
    } else {
        (row.name.clone(), row.tag.clone())
    };
    let sign = if row.is_verified { badge::size(ui, Type::Body) } else { 0.0 };
    let sign_room = if row.is_verified { sign + SPACE_XS } else { 0.0 };
    let words = text::line_with_end(ui, &name, &end, Type::Body, ink, width - sign_room);
    let pill = label(row).map(|label| Pill::new(ui, &label, width));
    // Where name and label do not fit in one line, they stand in two.
    let beside = pill.as_ref().is_some_and(|pill| {
        let whole = text::line(ui, &name, Type::Body, ink, f32::INFINITY);
        whole.size().x + sign_room + SPACE_S + pill.size().x <= width
    });
    let dot = dot_size(ui);
    let state_ink = if is_out { colors.muted } else { row.status.color(colors) };
    let state = (!is_out)
        .then(|| text::layout(ui, &row.state, Type::Small, state_ink, width - dot - SPACE_XS));
    let pill_height = pill.as_ref().filter(|_| !beside).map_or(0.0, |p| p.size().y + SPACE_XS);
    let state_height = state.as_ref().map_or(0.0, |state| state.size().y + SPACE_XS);
    let height = words.size().y + pill_height + state_height;

    let size = vec2(ui.available_width(), height.max(face) + 2.0 * SPACE_M);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    let label = spoken(row);
    response.widget_info(|| WidgetInfo::labeled(accesskit::Role::Button, ui.is_enabled(), &label));
    if ui.is_rect_visible(rect) {
        let fill = if response.hovered() { colors.raised } else { colors.surface };
        ui.painter().rect(rect, theme::RADIUS, fill, (1.0, colors.line), StrokeKind::Inside);
        button::focus_ring(ui, &response, rect, theme::RADIUS);
        let inner = rect.shrink(SPACE_M);
        let center = pos2(inner.left() + face / 2.0, inner.center().y);
        avatar::paint(ui.painter(), colors, center, face, &row.plain, row.id.as_bytes());
        let side = Rect::from_center_size(
            pos2(inner.right() - next / 2.0, inner.center().y),
            vec2(next, next),
        );
        Icon::Next.paint(ui.painter(), side, colors.muted);
        let mut at = pos2(inner.left() + face + SPACE_M, inner.center().y - height / 2.0);
        let mut line = words.size();
        ui.painter().galley(at, words, ink);
        if row.is_verified {
            let center = at + vec2(line.x + SPACE_XS + sign / 2.0, line.y / 2.0);
            badge::paint(ui.painter(), colors, center, sign);
            line.x += sign_room;
        }
        if let Some(pill) = pill {
            let size = pill.size();
            if beside {
                pill.paint(ui, at + vec2(line.x + SPACE_S, (line.y - size.y) / 2.0));
            } else {
                pill.paint(ui, at + vec2(0.0, line.y + SPACE_XS));
            }
        }
        at.y += line.y + pill_height + SPACE_XS;
        if let Some(state) = state {
            let first = state.rows.first().map_or(state.size().y, |row| row.rect().height());
            let center = pos2(at.x + dot / 2.0, at.y + first / 2.0);
            row.status.paint_dot(ui.painter(), colors, center, dot);
            ui.painter().galley(at + vec2(dot + SPACE_XS, 0.0), state, state_ink);
        }
    }
    if response.clicked() {
        actions.push(Action::Open(Route::Member(room, row.id)));
    }
}

/// A word for those who may do more or less than others, and for those who are not read.
fn label(row: &PeerRow) -> Option<String> {
    let labels = [member::label(row.role), row.is_blocked.then_some("Blocked")];
    let labels: Vec<_> = labels.into_iter().flatten().collect();
    (!labels.is_empty()).then(|| labels.join(", "))
}

/// What is read aloud for a row.
fn spoken(row: &PeerRow) -> String {
    let you = if row.is_me { " (you)" } else { "" };
    let verified = if row.is_verified { ", verified" } else { "" };
    let role = label(row).map_or_else(String::new, |label| format!(", {label}"));
    let state = match row.role {
        Role::Removed if row.has_left => "left",
        Role::Removed => "removed",
        _ => &row.state,
    };
    format!("{}{you}{verified}{role}, {state}", row.name)
}

fn mailbox_ui(ui: &mut Ui, view: &PeersView<'_>, actions: &mut Vec<Action>) {
    text::small(ui, "Mailbox on relays");
    ui.horizontal_wrapped(|ui| {
        for (on, label) in [(true, "In use"), (false, "Not in use")] {
            let is_chosen = view.uses_mailbox == on;
            if button::choice(ui, label, is_chosen).clicked() && !is_chosen {
                actions.push(Action::Command(Command::SetMailbox { room: view.room, on }));
            }
        }
    });
    text::small(
        ui,
        if view.uses_mailbox && view.needs_host {
            "What you write waits there, sealed, for those who are not connected, and what they wrote \
             for you."
        } else if view.uses_mailbox {
            "What you write waits there, sealed, for those who are not connected, and what they wrote \
             for you. Keep an invite: it brings the room back on a new device, even when nobody is \
             connected."
        } else {
            "What you write reaches others only through somebody who is connected."
        },
    );
}
