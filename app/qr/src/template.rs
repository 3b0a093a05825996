//! The modules of a code that are the same in every code of its size: finder, timing and alignment patterns.

/// The smallest and the largest side looked for, in modules: versions 1 to 16.
pub(crate) const SIDES: std::ops::RangeInclusive<usize> = 21..=81;

/// Modules a finder pattern takes with the light line next to it.
const FINDER: usize = 8;

/// Middle modules of the alignment patterns of versions 2 to 16, by the standard.
const ALIGNMENTS: [&[usize]; 15] = [
    &[6, 18],
    &[6, 22],
    &[6, 26],
    &[6, 30],
    &[6, 34],
    &[6, 22, 38],
    &[6, 24, 42],
    &[6, 26, 46],
    &[6, 28, 50],
    &[6, 30, 54],
    &[6, 32, 58],
    &[6, 34, 62],
    &[6, 26, 46, 66],
    &[6, 26, 48, 70],
    &[6, 26, 50, 74],
];

/// A module whose color is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) x: usize,
    pub(crate) y: usize,
    pub(crate) is_dark: bool,
}

/// All known modules of a size, pattern by pattern.
#[derive(Debug, Clone)]
pub(crate) struct Template {
    pub(crate) side: usize,
    /// Top left, top right, bottom left.
    pub(crate) finders: [Vec<Known>; 3],
    /// Across and down.
    pub(crate) timings: [Vec<Known>; 2],
    /// From the bottom right one on, if any.
    pub(crate) alignments: Vec<Vec<Known>>,
}

impl Template {
    /// For a code of `side` modules, one of [`SIDES`].
    pub(crate) fn new(side: usize) -> Self {
        let far = side - FINDER;
        let finders = [(0, 0), (far, 0), (0, far)].map(|(left, top)| finder(left, top, side));
        let between = || FINDER..side - FINDER;
        let timings = [
            between().map(|x| Known { x, y: 6, is_dark: x % 2 == 0 }).collect(),
            between().map(|y| Known { x: 6, y, is_dark: y % 2 == 0 }).collect(),
        ];
        Self { side, finders, timings, alignments: alignments(side) }
    }

    /// All known modules.
    pub(crate) fn known(&self) -> impl Iterator<Item = &Known> {
        let patterns = self.finders.iter().chain(&self.timings).chain(&self.alignments);
        patterns.flatten()
    }
}

/// The 8 x 8 modules of a finder pattern and the light line on its inner sides.
fn finder(left: usize, top: usize, side: usize) -> Vec<Known> {
    let square = (0..FINDER * FINDER).map(|i| (left + i % FINDER, top + i / FINDER));
    let known = square.map(|(x, y)| {
        // From the middle of the pattern, which lies at the code's corner.
        let middle = |start: usize| if start == 0 { 3 } else { side - 4 };
        let ring = x.abs_diff(middle(left)).max(y.abs_diff(middle(top)));
        Known { x, y, is_dark: ring <= 1 || ring == 3 }
    });
    known.collect()
}

fn alignments(side: usize) -> Vec<Vec<Known>> {
    let version = (side - 17) / 4;
    let Some(middles) = version.checked_sub(2).and_then(|index| ALIGNMENTS.get(index)) else {
        return Vec::new();
    };
    let mut patterns = Vec::new();
    for y in middles.iter().rev() {
        for x in middles.iter().rev() {
            let in_finder = |a: usize, b: usize| a == 6 && (b == 6 || b == side - 7);
            // Those on the timing lines tell nothing the lines do not.
            if in_finder(*x, *y) || in_finder(*y, *x) || *x == 6 || *y == 6 {
                continue;
            }
            patterns.push(alignment(*x, *y));
        }
    }
    patterns
}

fn alignment(middle_x: usize, middle_y: usize) -> Vec<Known> {
    let square = (0..25).map(|i| (middle_x + i % 5 - 2, middle_y + i / 5 - 2));
    let known = square.map(|(x, y)| {
        let ring = x.abs_diff(middle_x).max(y.abs_diff(middle_y));
        Known { x, y, is_dark: ring != 1 }
    });
    known.collect()
}
