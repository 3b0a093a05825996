//! A bubble: words, when they were written, and how far they got.

use std::sync::Arc;

use egui::{
    Color32, CornerRadius, Galley, Label, Rect, Sense, Ui, WidgetInfo, accesskit::Role, pos2, vec2,
};
use engine::{Body, Message, PeerId};

use super::rows::Standing;
use crate::{
    model::Room,
    ui::{
        clock::Clock,
        theme::{BUBBLE_JOINT, BUBBLE_RADIUS, Palette, SPACE_M, SPACE_S, SPACE_XS, Type, palette},
        widgets::{avatar, badge, icon::Icon, text},
    },
};

/// Between bubbles of one group, in points.
pub(super) const GAP: f32 = 2.0;
/// Between groups, in points.
pub(super) const GROUP_GAP: f32 = 12.0;
/// Points of a bubble's height besides its text, for guesses.
pub(super) const EXTRA: u16 = 2 * PAD_Y as u16 + GAP as u16;

const PAD_X: f32 = 14.0;
const PAD_Y: f32 = 9.0;
const FACE: f32 = 30.0;
const GUTTER: f32 = FACE + SPACE_S;
/// Longer lines than this, in points, are tiresome to read.
const MAX_WIDTH: f32 = 540.0;
const SHARE: f32 = 0.82;

/// How wide the text of a bubble may get in a list `width` points wide.
pub(super) fn text_width(width: f32, is_crowd: bool) -> f32 {
    let gutter = if is_crowd { GUTTER } else { 0.0 };
    ((width - 2.0 * SPACE_M - gutter) * SHARE).min(MAX_WIDTH) - 2.0 * PAD_X
}

/// A message laid out.
pub(super) struct Bubble {
    author: PeerId,
    standing: Standing,
    is_crowd: bool,
    name: Option<Name>,
    words: Arc<Galley>,
    time: Arc<Galley>,
    reach: Option<Reach>,
    size: egui::Vec2,
    plain: String,
}

/// Who wrote it, with the sign of those who are verified, so many points across.
struct Name {
    words: Arc<Galley>,
    sign: Option<f32>,
}

impl Name {
    fn width(&self) -> f32 {
        self.words.size().x + self.sign.map_or(0.0, |sign| SPACE_XS + sign)
    }

    fn draw(self, ui: &mut Ui, place: Rect) {
        let spoken = match self.sign {
            Some(_) => format!("{} ({})", self.words.text(), badge::VERIFIED),
            None => self.words.text().to_owned(),
        };
        let response = ui.put(place, Label::new(self.words));
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &spoken));
        if let Some(sign) = self.sign {
            let center = place.right_center() + vec2(SPACE_XS + sign / 2.0, 0.0);
            badge::paint(ui.painter(), palette(ui), center, sign);
        }
    }
}

/// How far a message of this device's person got.
struct Reach {
    /// How large the tick is, in points.
    tick: f32,
    count: Option<Arc<Galley>>,
    holders: usize,
    others: usize,
    /// Whether it is in the mailbox.
    is_deposited: bool,
    seq: u64,
}

impl Bubble {
    pub(super) fn lay(
        ui: &Ui,
        room: &Room,
        message: &Message,
        clock: &Clock,
        standing: Standing,
        is_crowd: bool,
        width: f32,
    ) -> Self {
        let colors = palette(ui);
        let inner = text_width(width, is_crowd);
        let plain = match &message.body {
            Body::Text(text) => text.clone(),
            _ => String::new(),
        };
        let (ink, faint) = inks(colors, standing);
        let words = text::layout(ui, &plain, Type::Body, ink, inner);
        let time = text::line(ui, &clock.time(message.sent_at), Type::Small, faint, inner);
        let has_name = is_crowd && standing.starts_group && !standing.is_mine;
        let name = has_name.then(|| {
            let color = avatar::color(colors, room.person_of(message.author).as_bytes());
            let (name, tag) = (room.name_of(message.author), room.tag_of(message.author));
            let sign = room.is_verified(message.author).then(|| badge::size(ui, Type::Small));
            let width = inner - sign.map_or(0.0, |sign| sign + SPACE_XS);
            Name { words: text::line_with_end(ui, name, tag, Type::Small, color, width), sign }
        });
        // Of what the person's other devices wrote, those know how far it got.
        let reach = (message.author == room.me).then(|| Reach::lay(ui, room, message, faint));
        let meta = time.size().x + reach.as_ref().map_or(0.0, Reach::width) + SPACE_S;
        let last = words.rows.last().map_or(0.0, |row| row.rect().width());
        let fits = last + meta <= inner;
        let mut size = words.size();
        if fits {
            size.x = size.x.max(last + meta);
        } else {
            size.x = size.x.max(meta);
            size.y += time.size().y;
        }
        if let Some(name) = &name {
            size = vec2(size.x.max(name.width()), size.y + name.words.size().y + SPACE_XS);
        }
        let size = size + 2.0 * vec2(PAD_X, PAD_Y);
        Self { author: message.author, standing, is_crowd, name, words, time, reach, size, plain }
    }

    pub(super) fn height(&self) -> f32 {
        self.size.y
    }

    pub(super) fn draw(self, ui: &mut Ui, room: &Room, rect: Rect) {
        let colors = palette(ui);
        let (ink, faint) = inks(colors, self.standing);
        let gutter = if self.is_crowd { GUTTER } else { 0.0 };
        let left = if self.standing.is_mine {
            rect.right() - SPACE_M - self.size.x
        } else {
            rect.left() + SPACE_M + gutter
        };
        let frame = Rect::from_min_size(pos2(left, rect.top()), self.size);
        let fill = if self.standing.is_mine { colors.mine } else { colors.theirs };
        ui.painter().rect_filled(frame, self.corners(), fill);
        if self.is_crowd && self.standing.ends_group && !self.standing.is_mine {
            let center = pos2(rect.left() + SPACE_M + FACE / 2.0, frame.bottom() - FACE / 2.0);
            let person = room.person_of(self.author);
            let name = room.member(person).map_or_else(
                // Somebody whose first operation is still on its way.
                || room.name_of(person),
                |member| &member.name,
            );
            avatar::paint(ui.painter(), colors, center, FACE, name, person.as_bytes());
        }
        let mut at = frame.min + vec2(PAD_X, PAD_Y);
        if let Some(name) = self.name {
            let place = Rect::from_min_size(at, name.words.size());
            at.y += place.height() + SPACE_XS;
            name.draw(ui, place);
        }
        let words = Rect::from_min_size(at, self.words.size());
        let response = ui.put(words, Label::new(self.words).selectable(true));
        response.context_menu(|ui| {
            if ui.button("Copy text").clicked() {
                ui.ctx().copy_text(self.plain.clone());
                ui.close();
            }
        });
        let corner = frame.max - vec2(PAD_X, PAD_Y);
        meta_ui(ui, room, corner, (self.time, self.reach), (ink, faint));
    }

    /// Corners are small where the group goes on.
    fn corners(&self) -> CornerRadius {
        let mut corners = CornerRadius::same(BUBBLE_RADIUS);
        let above = if self.standing.starts_group { BUBBLE_RADIUS } else { BUBBLE_JOINT };
        let below = if self.standing.ends_group { BUBBLE_RADIUS } else { BUBBLE_JOINT };
        if self.standing.is_mine {
            (corners.ne, corners.se) = (above, below);
        } else {
            (corners.nw, corners.sw) = (above, below);
        }
        corners
    }
}

impl Reach {
    fn lay(ui: &Ui, room: &Room, message: &Message, color: Color32) -> Self {
        let (holders, others) = room.reached(message.seq());
        let is_partial = holders > 0 && holders < others;
        let count = is_partial
            .then(|| text::line(ui, &format!("{holders}/{others}"), Type::Small, color, 80.0));
        let tick = (Type::Small.font(ui).size * 1.15).round();
        let (seq, is_deposited) = (message.seq(), message.seq() <= room.deposited);
        Self { tick, count, holders, others, is_deposited, seq }
    }

    fn width(&self) -> f32 {
        self.tick + SPACE_XS + self.count.as_ref().map_or(0.0, |count| count.size().x + SPACE_XS)
    }

    fn icon(&self) -> Icon {
        if self.others > 0 && self.holders == self.others { Icon::Checks } else { Icon::Check }
    }

    fn spoken(&self) -> String {
        match (self.holders, self.others) {
            (0, _) if self.is_deposited => "in the mailbox, reached nobody yet".to_owned(),
            (0, _) => "stored on this device".to_owned(),
            (_, 1) => "reached the other member".to_owned(),
            (holders, others) if holders == others => format!("reached all {others} members"),
            (holders, others) => format!("reached {holders} of {others} members"),
        }
    }

    /// Who has it and who does not, for those who ask.
    fn details(&self, room: &Room) -> String {
        let has = |member: &engine::Member| {
            room.devices_of(member.id).iter().any(|device| device.holds >= self.seq)
        };
        let names = |wanted: bool| {
            let who = room.other_people().filter(|member| has(member) == wanted);
            who.map(|member| room.name_of(member.id)).collect::<Vec<_>>().join(", ")
        };
        let (with, without) = (names(true), names(false));
        let place = if self.is_deposited { "In the mailbox" } else { "Stored on this device" };
        match (with.is_empty(), without.is_empty()) {
            (true, true) => format!("{place}. Nobody else is in the room yet."),
            (true, false) => format!("{place}. On its way to {without}."),
            (false, true) => format!("Reached {with}."),
            (false, false) if self.is_deposited => {
                format!("Reached {with}. In the mailbox for {without}.")
            }
            (false, false) => format!("Reached {with}. On its way to {without}."),
        }
    }
}

/// Draws the time and the ticks so that they end at `corner`.
fn meta_ui(
    ui: &mut Ui,
    room: &Room,
    corner: egui::Pos2,
    (time, reach): (Arc<Galley>, Option<Reach>),
    (_ink, faint): (Color32, Color32),
) {
    let width = time.size().x + reach.as_ref().map_or(0.0, Reach::width);
    let height = time.size().y;
    let rect =
        Rect::from_min_size(pos2(corner.x - width, corner.y - height + 2.0), vec2(width, height));
    let spoken = reach.as_ref().map_or_else(
        || time.text().to_owned(),
        |reach| format!("{}, {}", time.text(), reach.spoken()),
    );
    let sense = if reach.is_some() { Sense::click() } else { Sense::hover() };
    let response =
        ui.interact(rect.expand2(vec2(SPACE_S, SPACE_S)), ui.scope_id().with("meta"), sense);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &spoken));
    let time_width = time.size().x;
    ui.painter().galley(rect.min, time, faint);
    let Some(reach) = reach else { return };
    let mut x = rect.left() + time_width + SPACE_XS;
    let tick = Rect::from_center_size(
        pos2(x + reach.tick / 2.0, rect.center().y),
        vec2(reach.tick, reach.tick),
    );
    reach.icon().paint(ui.painter(), tick, faint);
    x += reach.tick + SPACE_XS;
    if let Some(count) = reach.count.clone() {
        ui.painter().galley(pos2(x, rect.top()), count, faint);
    }
    let details = reach.details(room);
    egui::Popup::from_toggle_button_response(&response)
        .accessible_name("How far this message got")
        .show(|ui| {
            ui.set_max_width(260.0);
            text::body(ui, &details);
        });
    response.on_hover_text(details);
}

fn inks(colors: &Palette, standing: Standing) -> (Color32, Color32) {
    if standing.is_mine {
        (colors.on_mine, colors.on_mine_muted)
    } else {
        (colors.text, colors.muted)
    }
}
