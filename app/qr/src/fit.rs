//! Reading a code in gray: where its finder patterns are roughly known, the whole grid is laid over the picture where its
//! known modules match best, and each module is judged by what is around it.
//!
//! The libraries decide each pixel first and the modules after, which blur, shadow and noise defeat. This comes later.

use crate::{
    LumaView, engine,
    equalize::Equalizer,
    geometry::{Corners, Perspective, Point},
    plan::Care,
    template::{Known, SIDES, Template},
};

/// Sides tried of those that a triple of finder patterns allows.
const MAX_SIDES: usize = 3;

/// How well finder patterns must match, as a correlation, to look further.
const MIN_FINDERS: f32 = 0.35;

/// How well the whole must match to be worth decoding.
const MIN_MATCH: f32 = 0.4;

/// The same for sides up to [`SMALL_SIDE`].
const MIN_SMALL_MATCH: f32 = 0.6;

/// Version 2, in modules.
const SMALL_SIDE: usize = 25;

/// How far the fourth corner may be from where it is without perspective, in modules.
const CORNER_REACH: f32 = 6.0;

/// The first and the last step of the search for the best place, in modules.
const STEPS: (f32, f32) = (0.6, 0.07);

/// Moves of corners after which a match is as good as it gets. Codes need some forty.
const MAX_MOVES: usize = 200;

/// A picture, or its negative.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Picture<'a> {
    pub(crate) view: LumaView<'a>,
    /// 1 if dark is dark, -1 if light is dark.
    pub(crate) sign: f32,
}

/// The text of the code with its finder patterns at `corners`, by grids of all sizes it may have.
pub(crate) fn read(picture: Picture<'_>, corners: &Corners, care: Care) -> Option<String> {
    likely_sides(picture, corners).into_iter().find_map(|side| {
        let template = Template::new(side);
        let quad = [corners.top_left, corners.top_right, corners.fourth(), corners.bottom_left];
        let start = find_corner(picture, &template, Perspective::new(quad, side));
        let (best, score) = refine(picture, &template, start);
        log::trace!("side {side} matches {score:.2} at {:?}", best.quad);
        // Small codes have little to correct errors with, and little known to match: chance makes them out of anything.
        let enough = if side <= SMALL_SIDE { MIN_SMALL_MATCH } else { MIN_MATCH };
        if score < enough {
            return None;
        }
        let modules = Equalizer::new(picture, &template, &best);
        let mut taps = care.taps.iter();
        engine::decode(&modules.plain())
            .or_else(|| taps.find_map(|taps| modules.learned(*taps, care.rounds)))
    })
}

/// The sides for which all three finder patterns match, the best ones first.
fn likely_sides(picture: Picture<'_>, corners: &Corners) -> Vec<usize> {
    let mut scored: Vec<(f32, usize)> = SIDES
        .step_by(4)
        .map(|side| {
            let template = Template::new(side);
            let quad = [corners.top_left, corners.top_right, corners.fourth(), corners.bottom_left];
            let grid = Perspective::new(quad, side);
            let scores = template.finders.iter().map(|finder| correlation(picture, &grid, finder));
            (scores.fold(f32::INFINITY, f32::min), side)
        })
        .filter(|(score, _)| *score > MIN_FINDERS)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    scored.into_iter().take(MAX_SIDES).map(|(_, side)| side).collect()
}

/// Moves the fourth corner to where the alignment pattern next to it matches best.
fn find_corner(picture: Picture<'_>, template: &Template, start: Perspective) -> Perspective {
    let Some(alignment) = template.alignments.first() else { return start };
    let module = start.module_size();
    let reach = (CORNER_REACH * 2.0) as i32;
    let mut best = (correlation(picture, &start, alignment), start);
    for i in -reach..=reach {
        for j in -reach..=reach {
            let quad = shifted(start.quad, 2, i as f32 / 2.0 * module, j as f32 / 2.0 * module);
            let moved = Perspective::new(quad, template.side);
            // Of equal ones the nearest, which a small price for distance ensures.
            let price = 0.01 * (i.abs() + j.abs()) as f32;
            let score = correlation(picture, &moved, alignment) - price;
            if score > best.0 {
                best = (score, moved);
            }
        }
    }
    best.1
}

/// Moves each corner as long as the match gets better, in ever smaller steps.
fn refine(picture: Picture<'_>, template: &Template, start: Perspective) -> (Perspective, f32) {
    let mut best = (start, score(picture, template, &start));
    let module = start.module_size();
    let mut step = STEPS.0;
    let mut moves = 0;
    while step > STEPS.1 && moves < MAX_MOVES {
        let mut better = false;
        for corner in 0..4 {
            for (dx, dy) in [(1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0)] {
                let quad = shifted(best.0.quad, corner, dx * step * module, dy * step * module);
                let moved = Perspective::new(quad, template.side);
                let score = score(picture, template, &moved);
                if score > best.1 {
                    best = (moved, score);
                    better = true;
                    moves += 1;
                }
            }
        }
        if !better {
            step /= 2.0;
        }
    }
    best
}

fn shifted(mut quad: [Point; 4], corner: usize, dx: f32, dy: f32) -> [Point; 4] {
    if let Some(point) = quad.get_mut(corner) {
        point.x += dx;
        point.y += dy;
    }
    quad
}

/// The mean correlation of all patterns.
fn score(picture: Picture<'_>, template: &Template, grid: &Perspective) -> f32 {
    let patterns = template.finders.iter().chain(&template.timings).chain(&template.alignments);
    let (sum, count) = patterns.fold((0.0, 0.0), |(sum, count), pattern| {
        (sum + correlation(picture, grid, pattern), count + 1.0)
    });
    sum / count
}

/// How well the picture matches known modules: 1 for perfectly, 0 for not at all, -1 for its negative.
fn correlation(picture: Picture<'_>, grid: &Perspective, pattern: &[Known]) -> f32 {
    let (mut light, mut light_count, mut dark, mut dark_count, mut squares) =
        (0.0, 0.0, 0.0, 0.0, 0.0);
    for known in pattern {
        let value = sample(picture, grid.place(known.x as f32 + 0.5, known.y as f32 + 0.5));
        squares += value * value;
        if known.is_dark {
            dark += value;
            dark_count += 1.0;
        } else {
            light += value;
            light_count += 1.0;
        }
    }
    let count: f32 = light_count + dark_count;
    let mean = (light + dark) / count;
    // A little noise of our own, so that flat places match nothing.
    let variance = squares / count - mean * mean + 2.0;
    let spread = (light_count * dark_count).sqrt() / count;
    (light / light_count - dark / dark_count) * spread / variance.max(1e-3).sqrt()
}

/// The brightness at a place, between its four nearest pixels.
pub(crate) fn sample(picture: Picture<'_>, place: Point) -> f32 {
    let (width, height) = (picture.view.width(), picture.view.height());
    let x = (place.x - 0.5).clamp(0.0, (width.max(2) - 2) as f32);
    let y = (place.y - 0.5).clamp(0.0, (height.max(2) - 2) as f32);
    let (column, row) = (x as usize, y as usize);
    let (fx, fy) = (x - column as f32, y - row as f32);
    let mix = |row: usize| match picture.view.row(row).get(column..column + 2) {
        Some([a, b]) => f32::from(*a) * (1.0 - fx) + f32::from(*b) * fx,
        _ => 0.0,
    };
    (mix(row) * (1.0 - fy) + mix(row + 1) * fy) * picture.sign
}
