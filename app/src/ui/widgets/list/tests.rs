use egui::{Context, Event, Pos2, RawInput, Rect, Ui, vec2};

use super::{Extent, Guess, History, List, Rows, Seen};

const WIDTH: f32 = 300.0;
const HEIGHT: f32 = 400.0;

/// Rows numbered in order of `first..`, with heights that no guess gets right.
struct Numbers {
    first: i64,
    count: usize,
    history: History,
    /// Points guessed besides the text.
    extra: u16,
    drawn: Vec<(i64, f32)>,
}

impl Numbers {
    fn new(count: usize) -> Self {
        Self { first: 0, count, history: History::default(), extra: 20, drawn: Vec::new() }
    }

    fn height(number: i64, width: f32) -> f32 {
        let lines = if width < 250.0 { 2.0 } else { 1.0 };
        lines * (20.0 + number.rem_euclid(13) as f32 * 7.0)
    }

    fn prepend(&mut self, count: usize) {
        self.first -= i64::try_from(count).unwrap();
        self.count += count;
        self.history.prepended += count;
    }
}

impl Rows for Numbers {
    type Key = i64;
    type Row = i64;

    fn count(&self) -> usize {
        self.count
    }

    fn history(&self) -> History {
        self.history
    }

    fn key(&self, index: usize) -> Option<i64> {
        (index < self.count).then(|| self.first + i64::try_from(index).unwrap())
    }

    fn find(&self, key: i64) -> Option<usize> {
        usize::try_from(key - self.first).ok().filter(|index| *index < self.count)
    }

    fn extent(&self, _index: usize) -> Extent {
        Extent { chars: 10, breaks: 0, extra: self.extra }
    }

    fn guess(&self, _ui: &Ui, _width: f32) -> Guess {
        Guess { chars_per_line: 10.0, line_height: 20.0 }
    }

    fn lay(&mut self, _ui: &Ui, index: usize, width: f32) -> (f32, i64) {
        let number = self.key(index).unwrap();
        (Self::height(number, width), number)
    }

    fn draw(&mut self, _ui: &mut Ui, row: i64, rect: Rect) {
        self.drawn.push((row, rect.top()));
    }
}

struct Shown {
    ctx: Context,
    list: List<i64>,
    rows: Numbers,
    width: f32,
    seen: Seen,
}

impl Shown {
    fn new(count: usize) -> Self {
        let mut shown = Self {
            ctx: Context::default(),
            list: List::default(),
            rows: Numbers::new(count),
            width: WIDTH,
            seen: Seen::default(),
        };
        shown.frame(Vec::new());
        shown
    }

    /// Draws one frame; returns the visible numbers with their distance from the top.
    fn frame(&mut self, events: Vec<Event>) -> Vec<(i64, f32)> {
        self.rows.drawn.clear();
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, vec2(self.width, HEIGHT))),
            events,
            ..RawInput::default()
        };
        let (list, rows, seen) = (&mut self.list, &mut self.rows, &mut self.seen);
        let mut output = self.ctx.run_ui(input, |ui| {
            let id = egui::Id::unique("list");
            rows.drawn.clear();
            *seen = list.show(ui, id, rows);
        });
        output.textures_delta.clear();
        self.rows.drawn.clone()
    }

    fn scrolled(&mut self, points: f32) -> Vec<(i64, f32)> {
        self.list.scroll_by(points);
        self.frame(Vec::new())
    }
}

fn is_gapless(drawn: &[(i64, f32)], width: f32) -> bool {
    drawn.windows(2).all(|pair| {
        let ((a, top), (b, next)) = (pair[0], pair[1]);
        b == a + 1 && (next - top - Numbers::height(a, width)).abs() < 0.01
    })
}

#[test]
fn list_opens_at_its_end_and_follows_new_rows() {
    let mut shown = Shown::new(1_000);
    assert_eq!(shown.rows.drawn.last().unwrap().0, 999);

    shown.rows.count += 5;
    let drawn = shown.frame(Vec::new());

    assert_eq!(drawn.last().unwrap().0, 1_004);
    assert!(shown.seen.is_at_end && is_gapless(&drawn, WIDTH));
}

/// A device showed a jump button although nobody had scrolled: the new row turned out lower than
/// guessed, the scroll area corrected its offset, and that looked like a person's hand.
#[test]
fn list_stays_at_its_end_when_a_new_row_is_lower_than_guessed() {
    let mut shown = Shown::new(5);
    shown.rows.extra = 400;

    for _ in 0..20 {
        shown.rows.count += 1;
        shown.frame(Vec::new());
        shown.frame(Vec::new());
        assert!(shown.seen.is_at_end, "at {} rows", shown.rows.count);
    }
}

#[test]
fn every_visible_row_moves_by_exactly_what_was_scrolled_whatever_was_guessed() {
    let mut shown = Shown::new(1_000);
    let mut before = shown.scrolled(-200.0);
    for step in [-37.5, -120.0, -399.0, 64.0, -250.0, 11.0, -5.0] {
        let after = shown.scrolled(step);
        assert!(is_gapless(&after, WIDTH));
        let common: Vec<_> = before
            .iter()
            .filter_map(|(number, top)| {
                after.iter().find(|(n, _)| n == number).map(|(_, now)| now - top)
            })
            .collect();
        assert!(!common.is_empty() || step.abs() > HEIGHT * 0.9, "step {step}");
        for moved in common {
            assert!((moved + step).abs() < 0.5, "moved {moved} for {step}");
        }
        before = after;
    }
}

#[test]
fn rows_put_in_front_move_nothing_that_is_visible() {
    let mut shown = Shown::new(300);
    let before = shown.scrolled(-900.0);

    shown.rows.prepend(500);
    let after = shown.frame(Vec::new());

    assert_eq!(after, before);
}

#[test]
fn another_width_keeps_the_row_at_the_top() {
    let mut shown = Shown::new(1_000);
    let before = shown.scrolled(-1_500.0);

    shown.width = 200.0;
    let after = shown.frame(Vec::new());

    assert_eq!(after[0].0, before[0].0);
    assert!(is_gapless(&after, 200.0));
}

#[test]
fn other_rows_keep_the_row_at_the_top_if_it_is_still_there() {
    let mut shown = Shown::new(1_000);
    let before = shown.scrolled(-1_500.0);

    shown.rows.first -= 3;
    shown.rows.count += 3;
    shown.rows.history.epoch += 1;
    let after = shown.frame(Vec::new());

    assert_eq!(after, before);
}

#[test]
fn a_jump_lands_where_the_bar_says_and_the_end_is_found_again() {
    let mut shown = Shown::new(100_000);
    let far = shown.scrolled(-3_000_000.0);
    assert!(far[0].0 < 60_000 && is_gapless(&far, WIDTH));

    shown.list.go_to_start();
    assert_eq!(shown.frame(Vec::new())[0], (0, 0.0));
    shown.list.go_to_end();
    assert_eq!(shown.frame(Vec::new()).last().unwrap().0, 99_999);
}

#[test]
fn few_rows_stand_at_the_bottom() {
    let mut shown = Shown::new(2);
    let drawn = shown.frame(Vec::new());

    let bottom = drawn[1].1 + Numbers::height(1, WIDTH);
    assert!((bottom - HEIGHT).abs() < 0.01, "{drawn:?}");
    assert!(shown.seen.is_at_end);
}
