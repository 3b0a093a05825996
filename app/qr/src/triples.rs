//! Which three finder patterns belong to one code.
//!
//! rxing's own choice leaves out codes seen from far aside, and takes three of a hundred specks as readily as three corners.

use rxing::{
    common::cpp_essentials::ConcentricPattern, qrcode::cpp_port::detector::FinderPatternSet,
};

/// Finder patterns taken into triples: their number grows with the cube of this. The largest are the least likely specks.
const MAX_FINDERS: usize = 40;

/// How much larger one finder pattern of a code may look than another.
const MAX_SIZE_RATIO: f32 = 2.5;

/// How much longer one side of a code may look than the other.
const MAX_SIDE_RATIO: f32 = 3.0;

/// The cosine of the sharpest angle a code's corner may be seen under, and of its complement: 35 degrees.
const MAX_COSINE: f32 = 0.82;

/// Middles of two finder patterns of a code are that many of their widths apart: 14 modules of 7 for the smallest code,
/// 170 for the largest, and half again for perspective.
const DISTANCE: (f32, f32) = (1.2, 30.0);

/// Up to `most` triples of finder patterns, the most plausible first.
pub(crate) fn triples(mut finders: Vec<ConcentricPattern>, most: usize) -> Vec<FinderPatternSet> {
    finders.sort_by_key(|finder| std::cmp::Reverse(finder.size));
    finders.truncate(MAX_FINDERS);
    let mut scored = Vec::new();
    for (i, a) in finders.iter().enumerate() {
        for (j, b) in finders.iter().enumerate().skip(i + 1) {
            for c in finders.iter().skip(j + 1) {
                // Each of the three may be the corner between the other two.
                for (corner, one, other) in [(a, b, c), (b, a, c), (c, a, b)] {
                    scored.extend(rate(corner, one, other));
                }
            }
        }
    }
    scored.sort_by(|a, b| a.0.total_cmp(&b.0));
    scored.into_iter().take(most).map(|(_, triple)| triple).collect()
}

/// How far three finder patterns are from a square seen straight on, if they can be a code's at all.
fn rate(
    corner: &ConcentricPattern,
    one: &ConcentricPattern,
    other: &ConcentricPattern,
) -> Option<(f32, FinderPatternSet)> {
    let sizes = [corner, one, other].map(|finder| finder.size.max(1) as f32);
    let size = sizes.iter().sum::<f32>() / 3.0;
    let size_ratio = sizes.iter().fold(0.0, |a: f32, b| a.max(*b))
        / sizes.iter().fold(f32::INFINITY, |a, b| a.min(*b));
    let (ax, ay) = (one.p.x - corner.p.x, one.p.y - corner.p.y);
    let (bx, by) = (other.p.x - corner.p.x, other.p.y - corner.p.y);
    let (a, b) = (ax.hypot(ay), bx.hypot(by));
    let cosine = (ax * bx + ay * by) / (a * b).max(1.0);
    let side_ratio = a.max(b) / a.min(b).max(1.0);
    let distance = (a + b) / 2.0 / size;
    let is_possible = size_ratio < MAX_SIZE_RATIO
        && side_ratio < MAX_SIDE_RATIO
        && cosine.abs() < MAX_COSINE
        && (DISTANCE.0..DISTANCE.1).contains(&distance);
    let score = size_ratio - 1.0 + side_ratio - 1.0 + 2.0 * cosine.abs() + distance / 20.0;
    // Clockwise from the bottom left by way of the top left to the top right; y grows downwards.
    let (bl, tr) = if ax * by - ay * bx < 0.0 { (*one, *other) } else { (*other, *one) };
    is_possible.then_some((score, FinderPatternSet { bl, tl: *corner, tr }))
}
