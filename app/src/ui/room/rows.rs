//! What stands in each row of a conversation: a bubble or a remark, and above it perhaps a day, a
//! mark before what is new, and a name.

use std::sync::Arc;

use egui::{Galley, Label, Rect, Sense, Ui, WidgetInfo, accesskit::Role, pos2, vec2};
use engine::{Body, KeptFor, Message, Position};

use super::{
    bubble::{self, Bubble},
    typing,
};
use crate::{
    model::{self, Room},
    ui::{
        clock::Clock,
        theme::{SPACE_L, SPACE_M, SPACE_S, SPACE_XS, Type, palette},
        widgets::{
            list::{Extent, Guess, History, Rows},
            text,
        },
    },
};

/// Messages of one author further apart than this begin a new group.
const GROUP_MILLIS: u64 = 5 * 60 * 1_000;

/// What stands above messages that came ahead of those before them.
const COMING: &str = "Earlier messages are still on their way";

/// What stands above all, for whoever came after some of it was said.
const HIDDEN: &str = "What was written before you came is not shown here.";

/// Points that the name of a day takes, for guesses.
const DAY_HEIGHT: u16 = 40;

/// The rows of a room.
pub(super) struct RoomRows<'a> {
    room: &'a Room,
    clock: &'a Clock,
    unread_from: Option<Position>,
    /// Whether names and faces are needed to tell who speaks.
    is_crowd: bool,
}

/// How a message stands among its neighbors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Standing {
    /// It is the first of all there are, and older ones disappear.
    pub(super) starts_all: bool,
    /// It is the first of its day.
    pub(super) starts_day: bool,
    /// It is the first that was not read.
    pub(super) starts_unread: bool,
    /// It is the first of those shown before what they follow is here.
    pub(super) starts_early: bool,
    /// What was said before it is hidden from this device.
    pub(super) starts_late: bool,
    /// It is the first of its author's group.
    pub(super) starts_group: bool,
    /// It is the last of its author's group.
    pub(super) ends_group: bool,
    /// This device's person wrote it.
    pub(super) is_mine: bool,
}

/// A row laid out.
pub(super) struct Row {
    above: Vec<(f32, Arc<Galley>, Above)>,
    top: f32,
    body: RowBody,
}

/// What stands above a bubble.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Above {
    End,
    Hidden,
    Day,
    Coming,
    Unread,
}

enum RowBody {
    Remark(Arc<Galley>, String),
    Bubble(Box<Bubble>),
}

impl<'a> RoomRows<'a> {
    pub(super) fn new(room: &'a Room, clock: &'a Clock, unread_from: Option<Position>) -> Self {
        Self { room, clock, unread_from, is_crowd: room.is_crowd() }
    }

    /// When what is said here disappears, if it does.
    fn end(&self) -> Option<&'static str> {
        Some(match self.room.options.kept_for? {
            KeptFor::Month => "Messages stay 30 days",
            KeptFor::Week => "Messages stay 7 days",
            KeptFor::TwoDays => "Messages stay 2 days",
        })
    }

    fn message(&self, index: usize) -> Option<&'a Message> {
        self.room.messages.get(index)
    }

    fn standing(&self, index: usize) -> Standing {
        let message = self.message(index);
        let before = index.checked_sub(1).and_then(|index| self.message(index));
        let after = self.message(index + 1);
        Standing {
            starts_all: index == 0 && self.room.messages.is_start() && self.end().is_some(),
            starts_day: !self.is_same_day(before, message),
            starts_unread: message.is_some_and(|m| Some(m.position) == self.unread_from),
            starts_early: self.is_early(message) && !self.is_early(before),
            starts_late: index == 0 && self.room.messages.begins_late(),
            starts_group: !self.is_same_group(before, message),
            ends_group: !self.is_same_group(message, after),
            is_mine: message.is_some_and(|m| self.room.is_me(m.author)),
        }
    }

    fn is_early(&self, message: Option<&Message>) -> bool {
        message.is_some_and(|m| self.room.messages.is_early(m.position))
    }

    fn is_same_day(&self, a: Option<&Message>, b: Option<&Message>) -> bool {
        match (a, b) {
            (Some(a), Some(b)) => {
                a.sent_at == b.sent_at || self.clock.day(a.sent_at) == self.clock.day(b.sent_at)
            }
            _ => false,
        }
    }

    fn is_same_group(&self, a: Option<&Message>, b: Option<&Message>) -> bool {
        let (Some(a), Some(b)) = (a, b) else { return false };
        matches!((&a.body, &b.body), (Body::Text(_), Body::Text(_)))
            && self.room.person_of(a.author) == self.room.person_of(b.author)
            && Some(b.position) != self.unread_from
            && a.sent_at.0.abs_diff(b.sent_at.0) < GROUP_MILLIS
            && self.is_same_day(Some(a), Some(b))
    }

    /// Lays out what stands above the message; returns it with the height it takes.
    fn lay_above(
        &self,
        ui: &Ui,
        message: &Message,
        standing: Standing,
        width: f32,
    ) -> (Vec<(f32, Arc<Galley>, Above)>, f32) {
        let colors = palette(ui);
        let mut above = Vec::new();
        let mut top = 0.0;
        if let Some(end) = self.end().filter(|_| standing.starts_all) {
            let words = text::line(ui, end, Type::Small, colors.muted, width - 2.0 * SPACE_L);
            top += SPACE_L;
            let height = words.size().y;
            above.push((top, words, Above::End));
            top += height;
        }
        if standing.starts_late {
            let width = width - 2.0 * SPACE_L;
            let words = text::signed_centered(ui, HIDDEN, Type::Small, colors.muted, width);
            top += SPACE_L;
            let height = words.size().y;
            above.push((top, words, Above::Hidden));
            top += height + SPACE_S;
        }
        if standing.starts_day {
            let day = self.clock.day_name(message.sent_at);
            let words = text::line(ui, &day, Type::Small, colors.muted, width - 2.0 * SPACE_L);
            top += SPACE_L;
            let height = words.size().y;
            above.push((top, words, Above::Day));
            top += height + SPACE_S;
        }
        if standing.starts_early {
            let words = text::line(ui, COMING, Type::Small, colors.muted, width - 2.0 * SPACE_L);
            top += SPACE_S;
            let height = words.size().y;
            above.push((top, words, Above::Coming));
            top += height + SPACE_S;
        }
        if standing.starts_unread {
            let words =
                text::line(ui, "New messages", Type::Small, colors.accent, width - 2.0 * SPACE_L);
            top += SPACE_M;
            let height = words.size().y;
            above.push((top, words, Above::Unread));
            top += height + SPACE_S;
        }
        (above, top)
    }
}

impl Rows for RoomRows<'_> {
    type Key = Position;
    type Row = Row;

    fn count(&self) -> usize {
        self.room.messages.len()
    }

    fn history(&self) -> History {
        let messages = &self.room.messages;
        History { epoch: messages.epoch(), prepended: messages.prepended() }
    }

    fn key(&self, index: usize) -> Option<Position> {
        self.message(index).map(|message| message.position)
    }

    fn find(&self, key: Position) -> Option<usize> {
        self.room.messages.find(key)
    }

    fn extent(&self, index: usize) -> Extent {
        let Some(message) = self.message(index) else { return Extent::default() };
        // A guess for every row of a long history: only what costs little and matters.
        let before = index.checked_sub(1).and_then(|index| self.message(index));
        let mut extra = bubble::EXTRA;
        if before.is_none_or(|before| before.author != message.author) {
            extra += bubble::GROUP_GAP as u16;
        }
        if !self.is_same_day(before, Some(message)) {
            extra += DAY_HEIGHT;
        }
        if let Body::Text(text) = &message.body {
            let breaks = text.bytes().filter(|byte| *byte == b'\n').count();
            Extent {
                chars: u32::try_from(text.len()).unwrap_or(u32::MAX),
                breaks: u16::try_from(breaks).unwrap_or(u16::MAX),
                extra,
            }
        } else {
            Extent { chars: 1, breaks: 0, extra }
        }
    }

    fn guess(&self, ui: &Ui, width: f32) -> Guess {
        let font = Type::Body.font(ui);
        let chars = bubble::text_width(width, self.is_crowd) / (font.size * 0.47);
        let line_height = ui.fonts_mut(|fonts| fonts.row_height(&font));
        Guess { chars_per_line: chars.max(4.0), line_height }
    }

    fn lay(&mut self, ui: &Ui, index: usize, width: f32) -> (f32, Row) {
        let Some(message) = self.message(index) else {
            let words = text::line(ui, "", Type::Small, palette(ui).muted, width);
            return (
                0.0,
                Row { above: Vec::new(), top: 0.0, body: RowBody::Remark(words, String::new()) },
            );
        };
        let standing = self.standing(index);
        let (above, mut top) = self.lay_above(ui, message, standing, width);
        if let Some(remark) = model::remark(self.room, message) {
            let words = text::signed_centered(
                ui,
                &remark,
                Type::Small,
                palette(ui).muted,
                width - 2.0 * SPACE_L,
            );
            top += SPACE_S;
            let height = top + words.size().y + SPACE_S + self.end_gap(ui, index);
            let body = RowBody::Remark(words, model::spoken(&remark));
            return (height, Row { above, top, body });
        }
        top += if standing.starts_group { bubble::GROUP_GAP } else { bubble::GAP };
        let bubble =
            Bubble::lay(ui, self.room, message, self.clock, standing, self.is_crowd, width);
        let height = top + bubble.height() + self.end_gap(ui, index);
        (height, Row { above, top, body: RowBody::Bubble(Box::new(bubble)) })
    }

    fn draw(&mut self, ui: &mut Ui, row: Row, rect: Rect) {
        let colors = palette(ui);
        for (top, words, what) in row.above {
            let at = pos2(rect.center().x - words.rect.center().x, rect.top() + top);
            let place = words.rect.translate(at.to_vec2());
            let label = words.text().to_owned();
            let response = ui.interact(place, ui.scope_id().with(what), Sense::hover());
            response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &label));
            if what == Above::Unread {
                let y = place.center().y;
                let line = (1.0, colors.accent);
                ui.painter().hline(rect.left() + SPACE_L..=place.left() - SPACE_S, y, line);
                ui.painter().hline(place.right() + SPACE_S..=rect.right() - SPACE_L, y, line);
            }
            ui.painter().galley(at, words, colors.muted);
        }
        match row.body {
            RowBody::Remark(words, label) => {
                let at = pos2(rect.center().x - words.size().x / 2.0, rect.top() + row.top);
                let place = Rect::from_min_size(at, words.size());
                let response = ui.put(place, Label::new(words));
                response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &label));
            }
            RowBody::Bubble(bubble) => {
                let min = rect.min + vec2(0.0, row.top);
                bubble.draw(ui, self.room, Rect::from_min_max(min, rect.max));
            }
        }
    }
}

impl RoomRows<'_> {
    /// Air below the very last row: enough to say there who is typing.
    fn end_gap(&self, ui: &Ui, index: usize) -> f32 {
        if index + 1 == self.count() { typing::gap(ui) } else { SPACE_XS / 4.0 }
    }
}
