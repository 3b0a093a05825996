//! A list of very many rows of any height, of which only the visible ones are laid out.
//!
//! Its place is held as a row and a distance into it, never as an offset from the top: rows that
//! appear above, other widths and corrected estimates move nothing the person is looking at.

use egui::{Id, Rect, ScrollArea, Ui, UiBuilder, pos2, vec2};

mod heights;

use heights::Heights;

/// Farther than this many times its own height, a scroll is a jump and measures nothing between.
const JUMP: f32 = 4.0;

/// What a list shows.
pub trait Rows {
    /// What a row is known by, wherever it stands.
    type Key: Copy + PartialEq + std::fmt::Debug;
    /// A row laid out.
    type Row;

    /// How many rows there are.
    fn count(&self) -> usize;
    /// How the rows came to be what they are.
    fn history(&self) -> History;
    /// What row `index` is known by.
    fn key(&self, index: usize) -> Option<Self::Key>;
    /// Where the row known by `key` stands.
    fn find(&self, key: Self::Key) -> Option<usize>;
    /// How much is in row `index`, for a guess at its height.
    fn extent(&self, index: usize) -> Extent;
    /// What such guesses are made of where `ui` draws, `width` points wide.
    fn guess(&self, ui: &Ui, width: f32) -> Guess;
    /// Lays row `index` out; returns its exact height in points.
    fn lay(&mut self, ui: &Ui, index: usize, width: f32) -> (f32, Self::Row);
    /// Draws a row laid out before.
    fn draw(&mut self, ui: &mut Ui, row: Self::Row, rect: Rect);
}

/// Tells a list how its rows changed since it last saw them. Rows added at the end need no word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct History {
    /// Another number: they may be altogether different.
    pub epoch: u64,
    /// How many were ever put in front within the epoch.
    pub prepended: usize,
}

/// How much is in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Extent {
    /// Characters.
    pub chars: u32,
    /// Forced line breaks.
    pub breaks: u16,
    /// Points of height besides the text.
    pub extra: u16,
}

/// What heights are guessed from.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Guess {
    /// Characters in a line.
    pub chars_per_line: f32,
    /// Points from line to line.
    pub line_height: f32,
}

impl Guess {
    fn height(&self, extent: Extent) -> f32 {
        // Rounded up without calling a function: this runs for every row whenever the width changes.
        let full = (extent.chars.saturating_sub(1) as f32 / self.chars_per_line) as u32;
        // Some of the forced breaks fall where a line would have ended anyway.
        let lines = 1.0 + full as f32 + f32::from(extent.breaks) * 0.75;
        lines * self.line_height + f32::from(extent.extra)
    }
}

/// What was seen of the list this time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Seen {
    /// The first row that is visible.
    pub first: usize,
    /// The last row that is visible.
    pub last: usize,
    /// Whether the end of the last row is visible.
    pub is_at_end: bool,
}

/// Where in the list the person is, and how high its rows are.
#[derive(Debug)]
pub struct List<K> {
    place: Place<K>,
    /// Points still to move, from input that came after the last drawing.
    owed: f32,
    heights: Heights,
    history: History,
    guess: Guess,
    width: f32,
}

/// The list is held by this point.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Place<K> {
    /// The end of the last row is at the bottom, also when there will be another last row.
    End,
    /// So many points into the row are at the top.
    Row { index: usize, key: Option<K>, into: f32 },
}

impl<K> Default for List<K> {
    fn default() -> Self {
        Self {
            place: Place::End,
            owed: 0.0,
            heights: Heights::default(),
            history: History::default(),
            guess: Guess::default(),
            width: 0.0,
        }
    }
}

/// Rows laid out for one drawing, with their distance from the top.
struct Laid<R> {
    rows: Vec<(usize, f32, f32, R)>,
    is_at_end: bool,
}

impl<K: Copy + PartialEq + std::fmt::Debug> List<K> {
    /// Goes to the end and stays there.
    pub fn go_to_end(&mut self) {
        self.place = Place::End;
        self.owed = 0.0;
    }

    /// Goes to the first row.
    pub fn go_to_start(&mut self) {
        self.place = Place::Row { index: 0, key: None, into: 0.0 };
        self.owed = 0.0;
    }

    /// Shows row `index` at the top.
    pub fn go_to(&mut self, index: usize) {
        self.place = Place::Row { index, key: None, into: 0.0 };
        self.owed = 0.0;
    }

    /// The row at the top and how many points of it are above, unless it is the end that is shown.
    pub fn place(&self) -> Option<(K, f32)> {
        match self.place {
            Place::Row { key, into, .. } => key.map(|key| (key, into)),
            Place::End => None,
        }
    }

    /// Shows row `index` with so many points of it above the top.
    pub fn go_into(&mut self, index: usize, into: f32) {
        self.place = Place::Row { index, key: None, into };
        self.owed = 0.0;
    }

    /// Moves by so many points, down if positive.
    pub fn scroll_by(&mut self, points: f32) {
        self.owed += points;
    }

    /// Whether the list follows new rows.
    pub fn is_at_end(&self) -> bool {
        self.place == Place::End
    }

    /// Draws the visible rows into all the room there is.
    pub fn show<R: Rows<Key = K>>(&mut self, ui: &mut Ui, id: Id, rows: &mut R) -> Seen {
        let area = ui.available_rect_before_wrap();
        let (width, height) = (area.width().floor(), area.height());
        self.fit(ui, rows, width);
        self.walk(ui, rows, self.owed, height);
        self.owed = 0.0;
        let offset = self.offset(height);
        ui.spacing_mut().scroll.kinetic.rubber_band = false;
        let shown = ScrollArea::vertical()
            .id_salt(id)
            .auto_shrink(false)
            .vertical_scroll_offset(offset)
            .show_viewport(ui, |ui, viewport| {
                self.walk(ui, rows, viewport.min.y - offset, height);
                let laid = self.lay(ui, rows, height);
                ui.set_width(width);
                ui.set_height(self.heights.total() as f32);
                let seen = seen(&laid, rows.count());
                for (index, top, row_height, row) in laid.rows {
                    let min = pos2(area.left(), area.top() + top);
                    let rect = Rect::from_min_size(min, vec2(width, row_height));
                    let salt = rows.key(index).map(|key| format!("{key:?}"));
                    let mut child = ui.new_child(UiBuilder::new().max_rect(rect).id_salt(salt));
                    rows.draw(&mut child, row, rect);
                }
                (seen, viewport.min.y)
            });
        let (seen, drawn_at) = shown.inner;
        // Rows that turned out lower than guessed shorten the whole; that is nobody's hand.
        let end = (shown.content_size.y - shown.inner_rect.height()).max(0.0);
        let moved = shown.state.unclamped_offset().y - drawn_at.clamp(0.0, end);
        if moved.abs() > 0.01 {
            self.owed += moved;
            ui.ctx().request_repaint();
        }
        seen
    }

    /// Takes in what changed about the rows and about the width.
    fn fit<R: Rows<Key = K>>(&mut self, ui: &Ui, rows: &R, width: f32) {
        let history = rows.history();
        let guess = rows.guess(ui, width);
        let known = self.heights.len();
        let front = history.prepended.saturating_sub(self.history.prepended);
        let is_same = history.epoch == self.history.epoch && known + front <= rows.count();
        if !is_same {
            self.heights.clear();
            self.heights.append((0..rows.count()).map(|i| rows.extent(i)), guess);
            self.find_place(rows);
        } else {
            if front > 0 {
                // The row that was first has another before it now, which may change its look.
                self.heights
                    .prepend((0..=front.min(rows.count() - 1)).map(|i| rows.extent(i)), guess);
                if let Place::Row { index, .. } = &mut self.place {
                    *index += front;
                }
            }
            let end = self.heights.len();
            self.heights.append((end..rows.count()).map(|i| rows.extent(i)), guess);
        }
        if (width, guess) != (self.width, self.guess) {
            self.heights.guess_again(guess);
        }
        (self.width, self.guess, self.history) = (width, guess, history);
    }

    /// Finds the row that held the list among others; without it, goes to the end.
    fn find_place<R: Rows<Key = K>>(&mut self, rows: &R) {
        if let Place::Row { index, key, .. } = &mut self.place {
            match key.map(|key| rows.find(key)) {
                Some(Some(found)) => *index = found,
                Some(None) => self.place = Place::End,
                // Somebody asked for this row just now, knowing the new ones.
                None => {}
            }
        }
    }

    /// The distance of the top from the start of all rows, as far as heights are known.
    fn offset(&self, height: f32) -> f32 {
        let end = (self.heights.total() as f32 - height).max(0.0);
        match self.place {
            Place::End => end,
            Place::Row { index, into, .. } => {
                (self.heights.before(index) as f32 + into).clamp(0.0, end)
            }
        }
    }

    /// Moves the place by so many points, through rows measured on the way.
    fn walk<R: Rows<Key = K>>(&mut self, ui: &Ui, rows: &mut R, points: f32, height: f32) {
        if points == 0.0 || rows.count() == 0 {
            return;
        }
        if points.abs() > JUMP * height {
            let target = f64::from((self.offset(height) + points).max(0.0));
            let (index, into) = self.heights.at(target);
            let is_end = target >= self.heights.total() - f64::from(height);
            self.place = if is_end { Place::End } else { Place::Row { index, key: None, into } };
            return;
        }
        let (mut index, mut into) = match self.place {
            Place::Row { index, into, .. } => (index.min(rows.count() - 1), into + points),
            Place::End if points > 0.0 => return,
            Place::End => {
                let laid = self.lay(ui, rows, height);
                let Some((index, top, ..)) = laid.rows.first() else { return };
                (*index, points - top)
            }
        };
        while into < 0.0 && index > 0 {
            index -= 1;
            into += self.measure(ui, rows, index);
        }
        while index + 1 < rows.count() {
            let row = self.measure(ui, rows, index);
            if into < row {
                break;
            }
            into -= row;
            index += 1;
        }
        self.place = Place::Row { index, key: None, into: into.max(0.0) };
    }

    fn measure<R: Rows<Key = K>>(&mut self, ui: &Ui, rows: &mut R, index: usize) -> f32 {
        let (height, _row) = rows.lay(ui, index, self.width);
        self.heights.set(index, height);
        height
    }

    /// Lays out what is visible from the place on.
    fn lay<R: Rows<Key = K>>(&mut self, ui: &Ui, rows: &mut R, height: f32) -> Laid<R::Row> {
        if let Place::Row { index, into, .. } = self.place {
            let laid =
                self.lay_down(ui, rows, index.min(rows.count().saturating_sub(1)), into, height);
            if !laid.is_at_end {
                self.place = Place::Row { index, key: rows.key(index), into };
                return laid;
            }
            self.place = Place::End;
        }
        self.lay_up(ui, rows, height)
    }

    fn lay_down<R: Rows<Key = K>>(
        &mut self,
        ui: &Ui,
        rows: &mut R,
        first: usize,
        into: f32,
        height: f32,
    ) -> Laid<R::Row> {
        let mut laid = Laid { rows: Vec::new(), is_at_end: true };
        let mut top = -into;
        for index in first..rows.count() {
            if top >= height {
                laid.is_at_end = false;
                break;
            }
            let (row_height, row) = rows.lay(ui, index, self.width);
            self.heights.set(index, row_height);
            laid.rows.push((index, top, row_height, row));
            top += row_height;
        }
        laid.is_at_end &= top <= height;
        laid
    }

    fn lay_up<R: Rows<Key = K>>(&mut self, ui: &Ui, rows: &mut R, height: f32) -> Laid<R::Row> {
        let mut laid = Laid { rows: Vec::new(), is_at_end: true };
        let mut top = height;
        for index in (0..rows.count()).rev() {
            if top <= 0.0 {
                break;
            }
            let (row_height, row) = rows.lay(ui, index, self.width);
            self.heights.set(index, row_height);
            top -= row_height;
            laid.rows.push((index, top, row_height, row));
        }
        laid.rows.reverse();
        laid
    }
}

fn seen<R>(laid: &Laid<R>, len: usize) -> Seen {
    Seen {
        first: laid.rows.first().map_or(0, |row| row.0),
        last: laid.rows.last().map_or(0, |row| row.0),
        is_at_end: laid.is_at_end || len == 0,
    }
}

#[cfg(test)]
mod tests;
