//! Places in a picture, and the perspective from a code's modules to them.

use rxing::qrcode::cpp_port::detector::FinderPatternSet;

/// A place in a picture, in pixels; (0.5, 0.5) is the middle of the first pixel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Point {
    pub(crate) x: f32,
    pub(crate) y: f32,
}

impl Point {
    pub(crate) fn distance(self, other: Self) -> f32 {
        (self.x - other.x).hypot(self.y - other.y)
    }

    fn scaled(self, factor: f32) -> Self {
        Self { x: self.x * factor, y: self.y * factor }
    }
}

/// The middles of a code's three finder patterns.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Corners {
    pub(crate) top_left: Point,
    pub(crate) top_right: Point,
    pub(crate) bottom_left: Point,
}

impl Corners {
    /// Found in a picture of `1 / scale` the size, whose own corner lies at `offset`.
    pub(crate) fn of(set: &FinderPatternSet, scale: f32, offset: Point) -> Self {
        let [top_left, top_right, bottom_left] = [set.tl, set.tr, set.bl].map(|found| Point {
            x: found.p.x * scale + offset.x,
            y: found.p.y * scale + offset.y,
        });
        Self { top_left, top_right, bottom_left }
    }

    /// The longer of the two sides, in pixels.
    pub(crate) fn side(&self) -> f32 {
        self.top_left.distance(self.top_right).max(self.top_left.distance(self.bottom_left))
    }

    /// Whether these are, but for `tolerance` pixels, the same places.
    pub(crate) fn is_near(&self, other: &Self, tolerance: f32) -> bool {
        self.top_left.distance(other.top_left) < tolerance
            && self.top_right.distance(other.top_right) < tolerance
            && self.bottom_left.distance(other.bottom_left) < tolerance
    }

    /// The same for a picture `factor` times the size.
    pub(crate) fn scaled(&self, factor: f32) -> Self {
        Self {
            top_left: self.top_left.scaled(factor),
            top_right: self.top_right.scaled(factor),
            bottom_left: self.bottom_left.scaled(factor),
        }
    }

    /// Where the fourth would be if the code were seen from straight ahead or from far.
    pub(crate) fn fourth(&self) -> Point {
        Point {
            x: self.top_right.x + self.bottom_left.x - self.top_left.x,
            y: self.top_right.y + self.bottom_left.y - self.top_left.y,
        }
    }
}

/// Where each module of a code is: given by the places of four modules, one near each corner.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Perspective {
    /// Of the modules at ([`INSET`], [`INSET`]) and so on: top left, top right, bottom right, bottom left.
    pub(crate) quad: [Point; 4],
    matrix: [f32; 8],
    inset_side: f32,
}

/// The middle of a finder pattern, in modules from the code's edge.
pub(crate) const INSET: f32 = 3.5;

impl Perspective {
    /// For a code of `side` modules.
    pub(crate) fn new(quad: [Point; 4], side: usize) -> Self {
        let [p0, p1, p2, p3] = quad;
        let (dx1, dx2, sx) = (p1.x - p2.x, p3.x - p2.x, p0.x - p1.x + p2.x - p3.x);
        let (dy1, dy2, sy) = (p1.y - p2.y, p3.y - p2.y, p0.y - p1.y + p2.y - p3.y);
        let area = dx1 * dy2 - dx2 * dy1;
        let area = if area.abs() < 1e-6 { 1e-6 } else { area };
        let (g, h) = ((sx * dy2 - dx2 * sy) / area, (dx1 * sy - sx * dy1) / area);
        let matrix = [
            p1.x - p0.x + g * p1.x,
            p3.x - p0.x + h * p3.x,
            p0.x,
            p1.y - p0.y + g * p1.y,
            p3.y - p0.y + h * p3.y,
            p0.y,
            g,
            h,
        ];
        Self { quad, matrix, inset_side: side as f32 - 2.0 * INSET }
    }

    /// The place of (`u`, `v`), in modules from the code's top left corner.
    pub(crate) fn place(&self, u: f32, v: f32) -> Point {
        let [a, b, c, d, e, f, g, h] = self.matrix;
        let (u, v) = ((u - INSET) / self.inset_side, (v - INSET) / self.inset_side);
        let w = g * u + h * v + 1.0;
        let w = if w.abs() < 1e-4 { 1e-4 } else { w };
        Point { x: (a * u + b * v + c) / w, y: (d * u + e * v + f) / w }
    }

    /// Pixels of a module, about.
    pub(crate) fn module_size(&self) -> f32 {
        let [p0, p1, _, p3] = self.quad;
        (p0.distance(p1) + p0.distance(p3)) / 2.0 / self.inset_side
    }
}
