//! Telling dark modules from light ones by what is known about a few of them.
//!
//! Blur mixes each module with its neighbors in a way that is the same all over the code. So the weights that best undo
//! it on the known modules (finder, timing, alignment patterns) undo it on the others, too; what these then turn out to be
//! makes the weights better.

use rxing::common::BitMatrix;

use crate::{
    engine,
    fit::{Picture, sample},
    geometry::Perspective,
    template::{Known, Template},
};

/// Samples of each module, across and down.
const FINE: usize = 2;

/// Modules around the code that are sampled, too.
const MARGIN: usize = 2;

/// Modules to each side over which brightness and contrast are evened out.
const EVEN_REACH: usize = 4;

/// A code's brightness, sample by sample, evened out.
pub(crate) struct Equalizer<'a> {
    template: &'a Template,
    /// Samples across.
    width: usize,
    samples: Vec<f32>,
}

impl<'a> Equalizer<'a> {
    /// Samples the code that `grid` lies over.
    pub(crate) fn new(picture: Picture<'_>, template: &'a Template, grid: &Perspective) -> Self {
        let width = (template.side + 2 * MARGIN) * FINE;
        let at = |i: usize| (i as f32 + 0.5) / FINE as f32 - MARGIN as f32;
        let raw: Vec<f32> = (0..width * width)
            .map(|i| sample(picture, grid.place(at(i % width), at(i / width))))
            .collect();
        Self { template, width, samples: evened(&raw, width) }
    }

    /// The modules, if darker than around means dark.
    pub(crate) fn plain(&self) -> BitMatrix {
        self.modules(|x, y| {
            let corner =
                |i: usize, j: usize| self.sample((x + MARGIN) * FINE + i, (y + MARGIN) * FINE + j);
            corner(0, 0) + corner(1, 0) + corner(0, 1) + corner(1, 1)
        })
    }

    fn modules(&self, brightness: impl Fn(usize, usize) -> f32) -> BitMatrix {
        let side = self.template.side;
        let mut bits = BitMatrix::new(side as u32, side as u32).expect("a template has modules");
        for y in 0..side {
            for x in 0..side {
                bits.set_bool(x as u32, y as u32, brightness(x, y) < 0.0);
            }
        }
        for known in self.template.known() {
            bits.set_bool(known.x as u32, known.y as u32, known.is_dark);
        }
        bits
    }

    /// The text, after learning from the known modules and then up to `rounds` times from what came out.
    pub(crate) fn learned(&self, taps: usize, rounds: usize) -> Option<String> {
        let side = self.template.side;
        let mut lessons: Vec<_> = self.template.known().copied().collect();
        for _ in 0..=rounds {
            let weights = self.weights(taps, &lessons);
            let bits = self.modules(|x, y| self.weighed(taps, &weights, x, y));
            if let Some(text) = engine::decode(&bits) {
                return Some(text);
            }
            let places = (0..side * side).map(|i| (i % side, i / side));
            let outcome: Vec<_> = places
                .map(|(x, y)| Known { x, y, is_dark: bits.get(x as u32, y as u32) })
                .collect();
            if outcome == lessons {
                return None;
            }
            lessons = outcome;
        }
        None
    }

    /// The `taps` x `taps` samples around a module's middle, and one that is always the same.
    fn around(&self, taps: usize, x: usize, y: usize, mut each: impl FnMut(usize, f32)) {
        let start = |at: usize| ((at + MARGIN) * FINE + FINE / 2).saturating_sub(taps / 2);
        for j in 0..taps {
            for i in 0..taps {
                each(j * taps + i, self.sample(start(x) + i, start(y) + j));
            }
        }
        each(taps * taps, 1.0);
    }

    fn weighed(&self, taps: usize, weights: &[f32], x: usize, y: usize) -> f32 {
        let mut sum = 0.0;
        self.around(taps, x, y, |i, value| sum += weights.get(i).copied().unwrap_or(0.0) * value);
        sum
    }

    /// Least squares with a price on large weights.
    fn weights(&self, taps: usize, known: &[Known]) -> Vec<f32> {
        let size = taps * taps + 1;
        let mut matrix = vec![0.0_f32; size * (size + 1)];
        let mut row = vec![0.0; size + 1];
        for Known { x, y, is_dark } in known {
            self.around(taps, *x, *y, |i, value| {
                if let Some(slot) = row.get_mut(i) {
                    *slot = value;
                }
            });
            let target = if *is_dark { -1.0 } else { 1.0 };
            if let Some(last) = row.last_mut() {
                *last = target;
            }
            // What lies below the diagonal is never read.
            for (i, line) in matrix.chunks_exact_mut(size + 1).enumerate() {
                let (Some(line), Some(rest)) = (line.get_mut(i..), row.get(i..)) else { continue };
                let a = rest.first().copied().unwrap_or(0.0);
                line.iter_mut().zip(rest).for_each(|(sum, b)| *sum += a * b);
            }
        }
        let price = 0.02 * known.len() as f32;
        for (i, line) in matrix.chunks_exact_mut(size + 1).enumerate() {
            if let Some(diagonal) = line.get_mut(i) {
                *diagonal += price;
            }
        }
        solve(matrix, size)
    }

    fn sample(&self, x: usize, y: usize) -> f32 {
        if x >= self.width {
            return 0.0;
        }
        self.samples.get(y * self.width + x).copied().unwrap_or(0.0)
    }
}

/// Brightness and contrast made the same all over.
fn evened(raw: &[f32], width: usize) -> Vec<f32> {
    let reach = EVEN_REACH * FINE;
    let means = box_mean(raw, width, reach);
    let centered: Vec<f32> = raw.iter().zip(&means).map(|(value, mean)| value - mean).collect();
    let squares: Vec<f32> = centered.iter().map(|value| value * value).collect();
    let spreads = box_mean(&squares, width, reach);
    centered.iter().zip(&spreads).map(|(value, spread)| value / (spread + 4.0).sqrt()).collect()
}

/// The mean of the square around each value.
fn box_mean(values: &[f32], width: usize, reach: usize) -> Vec<f32> {
    let height = values.len() / width.max(1);
    let across = lines(values, width, height, reach, |x, y| y * width + x);
    // Down is across with the roles of the two exchanged.
    lines(&across, height, width, reach, |x, y| x * width + y)
}

fn lines(
    values: &[f32],
    length: usize,
    count: usize,
    reach: usize,
    index: impl Fn(usize, usize) -> usize,
) -> Vec<f32> {
    let mut out = vec![0.0; values.len()];
    let at = |x: usize, y: usize| values.get(index(x, y)).copied().unwrap_or(0.0);
    for y in 0..count {
        for x in 0..length {
            let window = x.saturating_sub(reach)..(x + reach + 1).min(length);
            let size = window.len() as f32;
            let mean = window.map(|x| at(x, y)).sum::<f32>() / size;
            if let Some(slot) = out.get_mut(index(x, y)) {
                *slot = mean;
            }
        }
    }
    out
}

/// Gauss's elimination of `size` lines of `size + 1`. The matrix is positive, so that no pivots need be chosen, and
/// symmetric, so that only what lies on and above its diagonal is used.
fn solve(mut matrix: Vec<f32>, size: usize) -> Vec<f32> {
    let wide = size + 1;
    for pivot in 0..size {
        let (done, rest) = matrix.split_at_mut((pivot + 1) * wide);
        let Some(line) = done.get(pivot * wide..) else { continue };
        let Some(head) = line.get(pivot).copied().filter(|head| head.abs() > 1e-9) else {
            continue;
        };
        for (below, at) in rest.chunks_exact_mut(wide).zip(pivot + 1..) {
            let factor = line.get(at).copied().unwrap_or(0.0) / head;
            below.iter_mut().zip(line).skip(at).for_each(|(b, a)| *b -= factor * a);
        }
    }
    let mut solution = vec![0.0; size];
    for pivot in (0..size).rev() {
        let Some(line) = matrix.get(pivot * wide..(pivot + 1) * wide) else { continue };
        let known: f32 = line.iter().zip(&solution).skip(pivot + 1).map(|(a, b)| a * b).sum();
        let (head, target) =
            (line.get(pivot).copied().unwrap_or(0.0), line.last().copied().unwrap_or(0.0));
        if let Some(slot) = solution.get_mut(pivot)
            && head.abs() > 1e-9
        {
            *slot = (target - known) / head;
        }
    }
    solution
}
