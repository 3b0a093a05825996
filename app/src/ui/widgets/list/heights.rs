//! How high each row of a list is, guessed or measured, and how high all before it are.

use super::{Extent, Guess};

/// Rows whose heights are summed up once: 400 sums for 100,000 rows, and 256 rows in one cache
/// line's reach.
const BLOCK: usize = 256;

/// Heights in points, with sums over blocks of them.
#[derive(Debug, Default)]
pub(super) struct Heights {
    extents: Vec<Extent>,
    rows: Vec<f32>,
    blocks: Vec<f64>,
}

impl Heights {
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn clear(&mut self) {
        self.extents.clear();
        self.rows.clear();
        self.blocks.clear();
    }

    /// Adds rows at the end.
    pub(super) fn append(&mut self, extents: impl Iterator<Item = Extent>, guess: Guess) {
        for extent in extents {
            let height = guess.height(extent);
            if self.rows.len().is_multiple_of(BLOCK) {
                self.blocks.push(0.0);
            }
            self.extents.push(extent);
            self.rows.push(height);
            if let Some(block) = self.blocks.last_mut() {
                *block += f64::from(height);
            }
        }
    }

    /// Adds rows in front; the last of `extents` stands for the row that is first now.
    pub(super) fn prepend(&mut self, extents: impl Iterator<Item = Extent>, guess: Guess) {
        let replaced = usize::from(!self.rows.is_empty());
        let extents: Vec<Extent> = extents.collect();
        self.rows.splice(..replaced, extents.iter().map(|extent| guess.height(*extent)));
        self.extents.splice(..replaced, extents);
        self.sum();
    }

    /// Forgets all measurements.
    pub(super) fn guess_again(&mut self, guess: Guess) {
        for (row, extent) in self.rows.iter_mut().zip(&self.extents) {
            *row = guess.height(*extent);
        }
        self.sum();
    }

    /// Notes a measurement.
    pub(super) fn set(&mut self, index: usize, height: f32) {
        let Some(row) = self.rows.get_mut(index) else { return };
        if let Some(block) = self.blocks.get_mut(index / BLOCK) {
            *block += f64::from(height) - f64::from(*row);
        }
        *row = height;
    }

    /// The height of all rows, in points.
    pub(super) fn total(&self) -> f64 {
        self.blocks.iter().sum()
    }

    /// The height of all rows before `index`, in points.
    pub(super) fn before(&self, index: usize) -> f64 {
        let block = index / BLOCK;
        let blocks: f64 = self.blocks.iter().take(block).sum();
        let rows = self.rows.iter().take(index).skip(block * BLOCK);
        blocks + rows.map(|row| f64::from(*row)).sum::<f64>()
    }

    /// The row that is `points` below the top of all, and how far into it that is.
    pub(super) fn at(&self, points: f64) -> (usize, f32) {
        let mut left = points;
        let mut block = 0;
        while let Some(sum) = self.blocks.get(block) {
            if left < *sum || block + 1 == self.blocks.len() {
                break;
            }
            left -= sum;
            block += 1;
        }
        let mut index = block * BLOCK;
        while let Some(row) = self.rows.get(index) {
            if left < f64::from(*row) || index + 1 == self.rows.len() {
                break;
            }
            left -= f64::from(*row);
            index += 1;
        }
        (index, left.max(0.0) as f32)
    }

    fn sum(&mut self) {
        self.blocks.clear();
        let sums =
            self.rows.chunks(BLOCK).map(|rows| rows.iter().map(|row| f64::from(*row)).sum::<f64>());
        self.blocks.extend(sums);
    }
}

#[cfg(test)]
mod tests {
    use super::Heights;
    use crate::ui::widgets::list::{Extent, Guess};

    const GUESS: Guess = Guess { chars_per_line: 10.0, line_height: 10.0 };

    fn row(extra: u16) -> Extent {
        Extent { chars: 1, breaks: 0, extra }
    }

    #[test]
    fn sums_agree_with_adding_up_whatever_was_done() {
        let mut heights = Heights::default();
        heights.append((0..1_000).map(|i| row(i % 7)), GUESS);
        heights.prepend((0..301).map(|i| row(i % 5)), GUESS);
        for index in [0, 255, 256, 700, 1_299] {
            heights.set(index, 333.0);
        }

        for index in [0, 1, 255, 256, 257, 800, 1_300] {
            let plain: f64 = heights.rows.iter().take(index).map(|row| f64::from(*row)).sum();
            assert!((heights.before(index) - plain).abs() < 1e-6, "before {index}");
        }
        assert_eq!(heights.len(), 1_300);
        assert!((heights.total() - heights.before(1_300)).abs() < 1e-6);
    }

    #[test]
    fn every_depth_is_within_the_row_found_for_it() {
        let mut heights = Heights::default();
        heights.append((0..600).map(|i| row(i % 9)), GUESS);

        for step in 0..6_000 {
            let points = f64::from(step);
            let (index, into) = heights.at(points);
            assert!((heights.before(index) + f64::from(into) - points).abs() < 0.1 || index == 599);
        }
    }
}
