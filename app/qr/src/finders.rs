//! The square marks in three corners of every code: where they are in a black and white picture.
//!
//! rxing has the parts and puts them together in the same way, but without an end: its time grows with the square of the
//! marks, and a picture of a tiled floor has ten thousand.

use rxing::{
    common::{
        BitMatrix,
        cpp_essentials::{
            ConcentricPattern, FindLeftGuardBy, FixedPattern, GetPatternRowTP, IsPattern,
            LocateConcentricPattern, PatternRow, PatternView,
        },
    },
    point,
};

use crate::engine::guarded;

/// Marks after which no more are looked for: no picture worth reading has that many.
const MAX_FOUND: usize = 500;

/// Rows from one that is looked at to the next. The middle of a mark is three modules high.
const STEP: u32 = 3;

/// Widths of dark and light along a line through a mark, in modules.
const MARK: FixedPattern<5, 7, false> = FixedPattern::new([1, 1, 3, 1, 1]);

/// The marks of a picture, not more than [`MAX_FOUND`].
pub(crate) fn find(bits: &BitMatrix) -> Vec<ConcentricPattern> {
    let mut found = Vec::new();
    let mut row = PatternRow::default();
    for y in (STEP - 1..bits.height()).step_by(STEP as usize) {
        // A row or a mark that makes the library panic costs no more than itself.
        let _ = guarded(|| {
            GetPatternRowTP(bits, y, &mut row, false);
            find_in_row(bits, y, &row, &mut found);
        });
        if found.len() >= MAX_FOUND {
            log::trace!("too many finder patterns: a texture");
            break;
        }
    }
    found
}

fn find_in_row(bits: &BitMatrix, y: u32, row: &PatternRow, found: &mut Vec<ConcentricPattern>) {
    let mut next = PatternView::new(row);
    while let Ok(view) = FindLeftGuardBy::<5, _>(next, 5, is_mark) {
        next = view;
        if !next.isValid() || found.len() >= MAX_FOUND {
            return;
        }
        let mut widths = next.iter();
        let front: u16 = next.pixelsInFront() + widths.by_ref().take(2).sum::<u16>();
        let middle = f32::from(widths.next().unwrap_or(0)) / 2.0;
        let place = point(f32::from(front) + middle, y as f32 + 0.5);
        let is_known = found.iter().any(|known| {
            let (dx, dy) = (known.p.x - place.x, known.p.y - place.y);
            dx.hypot(dy) < known.size as f32 / 2.0
        });
        if !is_known {
            // Three times the width in the row: marks seen from far aside are that much longer the other way.
            let range = i32::from(next.iter().sum::<u16>()) * 3;
            let located = guarded(|| {
                LocateConcentricPattern::<true, 5, 7>(bits, &[1, 1, 3, 1, 1], place, range)
            });
            found.extend(located.flatten());
        }
        next.skipPair();
        next.skipPair();
        next.extend();
    }
}

/// Whether five widths are those of a mark, roughly.
fn is_mark(view: &PatternView<'_>, space: Option<f32>) -> bool {
    let mut widths = [0_u16; 5];
    widths.iter_mut().zip(view.iter()).for_each(|(width, seen)| *width = seen);
    let [a, b, middle, c, d] = widths;
    // What is cheap to see comes first.
    let is_plausible = middle >= 3 && middle >= 2 * a.max(d) && middle >= b.max(c);
    is_plausible && IsPattern::<true, 5, 7, false>(view, &MARK, space, 0.1, 0.0, 0.0) != 0.0
}
