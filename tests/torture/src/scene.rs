//! A code on something, among other things, seen by a camera.

use data_encoding::BASE32_NOPAD;
use qrcode::{Color, EcLevel, QrCode};

use crate::{Chance, Condition, effects};

/// Width and height in pixels.
pub type Size = (usize, usize);

/// What the worst cameras give.
pub const VGA: Size = (640, 480);

/// What most cameras give.
pub const HD: Size = (1280, 720);

/// What phones' stills are.
pub const PHOTO: Size = (4000, 3000);

/// Bytes of the shortest and the longest invite.
const PAYLOAD: (usize, usize) = (43, 70);

/// Rays of each pixel, across and down: enough for smooth edges.
const RAYS: usize = 3;

/// Modules between the light margin and the edge of the thing that shows the code.
const BEZEL: f32 = 3.0;

/// A picture and what it says.
#[derive(Debug, Clone)]
pub struct Frame {
    /// What the code in it holds.
    pub text: String,
    /// Pixels across.
    pub width: usize,
    /// Pixels down.
    pub height: usize,
    /// Brightness of each pixel, row by row.
    pub gray: Vec<u8>,
}

/// The picture of that seed under that condition.
///
/// # Panics
/// Never: every text made here fits a code.
#[must_use]
pub fn frame(condition: &Condition, size: Size, seed: u64) -> Frame {
    let name = condition
        .name
        .bytes()
        .fold(0_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let mut chance = Chance::new(seed ^ name ^ ((size.0 as u64) << 32));
    let length = PAYLOAD.0 + chance.below(PAYLOAD.1 - PAYLOAD.0 + 1);
    let bytes: Vec<u8> = (0..length).map(|_| chance.any() as u8).collect();
    let text = format!("FESTIVAL:{}", BASE32_NOPAD.encode(&bytes));
    let level = if chance.below(2) == 0 { EcLevel::L } else { EcLevel::M };
    let code =
        QrCode::with_error_correction_level(&text, level).expect("110 characters fit a code");
    let mut pixels = clutter(size, &mut chance);
    let scene = Scene::new(condition, size, &code, &mut chance);
    scene.paint(&mut pixels);
    effects::apply(condition, size, scene.middle, &mut pixels, &mut chance);
    let gray = effects::encode(condition, size, &pixels);
    Frame { text, width: size.0, height: size.1, gray }
}

/// What lies around: boxes, stripes and lines that look like writing.
fn clutter((width, height): Size, chance: &mut Chance) -> Vec<f32> {
    let mut pixels = vec![chance.between(60.0, 200.0); width * height];
    let mut fill = |left: usize, top: usize, right: usize, bottom: usize, tone: f32| {
        for row in pixels.chunks_exact_mut(width).take(bottom.min(height)).skip(top) {
            row.iter_mut().take(right.min(width)).skip(left).for_each(|px| *px = tone);
        }
    };
    for _ in 0..60 {
        let (x, y) = (chance.below(width), chance.below(height));
        let (w, h) = (4 + chance.below(width / 5), 4 + chance.below(height / 5));
        fill(x, y, x + w, y + h, chance.between(10.0, 245.0));
    }
    for _ in 0..25 {
        let (mut x, y) = (chance.below(width), chance.below(height));
        let (high, tone) = (3 + chance.below(10), chance.between(0.0, 255.0));
        for _ in 0..20 {
            let wide = 1 + chance.below(5);
            fill(x, y, x + wide, y + high, tone);
            x += wide + 1 + chance.below(4);
        }
    }
    pixels
}

/// Where the code is, and how it looks from close.
struct Scene<'a> {
    condition: &'a Condition,
    size: Size,
    modules: Vec<bool>,
    side: usize,
    /// The middle of the code in the picture.
    middle: (f32, f32),
    /// From the camera to the middle of the code, in modules.
    center: [f32; 3],
    /// The directions of columns, rows and of what stands on the code.
    axes: [[f32; 3]; 3],
    /// Where the screen's pixels start.
    phase: (f32, f32),
    blots: Vec<(f32, f32, f32, bool)>,
    /// The middle of the finder pattern under the thumb.
    thumb: (f32, f32),
}

impl<'a> Scene<'a> {
    fn new(condition: &'a Condition, size: Size, code: &QrCode, chance: &mut Chance) -> Self {
        let side = code.width();
        let focal = size.0 as f32;
        let distance = focal / condition.ppm;
        let extent = (side as f32 / 2.0 + condition.quiet + BEZEL) * condition.ppm;
        let free = |length: usize| (length as f32 / 2.0 - extent * 1.15).max(0.0);
        let shift = (
            chance.between(-1.0, 1.0) * free(size.0).min(focal * 0.2),
            chance.between(-1.0, 1.0) * free(size.1),
        );
        let center = [shift.0 / focal * distance, shift.1 / focal * distance, distance];
        let roll =
            if condition.turned { chance.between(0.0, 360.0) } else { chance.between(-8.0, 8.0) };
        let tilt_axis = chance.between(0.0, std::f32::consts::TAU);
        let far = side as f32 - 3.5;
        let thumb = [(3.5, 3.5), (far, 3.5), (3.5, far)][chance.below(3)];
        let blots = (0..6)
            .map(|_| {
                let place = chance.between(9.0, side as f32 - 2.0);
                let other = chance.between(9.0, side as f32 - 9.0);
                // Six round blots that cover that share together.
                let radius = side as f32 * (condition.blots / 6.0 / std::f32::consts::PI).sqrt();
                (place, other, radius, chance.below(2) == 0)
            })
            .collect();
        Self {
            condition,
            size,
            modules: code.to_colors().iter().map(|color| *color == Color::Dark).collect(),
            side,
            middle: (size.0 as f32 / 2.0 + shift.0, size.1 as f32 / 2.0 + shift.1),
            center,
            axes: axes(roll.to_radians(), tilt_axis, condition.skew.to_radians()),
            phase: (chance.unit(), chance.unit()),
            blots,
            thumb,
        }
    }

    fn paint(&self, pixels: &mut [f32]) {
        let (width, _) = self.size;
        for (y, row) in pixels.chunks_exact_mut(width).enumerate() {
            for (x, px) in row.iter_mut().enumerate() {
                let mut sum = 0.0;
                for ray in 0..RAYS * RAYS {
                    let (i, j) = ((ray % RAYS) as f32, (ray / RAYS) as f32);
                    let step = 1.0 / RAYS as f32;
                    let at = (x as f32 + (i + 0.5) * step, y as f32 + (j + 0.5) * step);
                    sum += self.tone(at).unwrap_or(*px);
                }
                *px = sum / (RAYS * RAYS) as f32;
            }
        }
    }

    /// What a ray through a place in the picture meets, if it meets the thing with the code.
    fn tone(&self, (x, y): (f32, f32)) -> Option<f32> {
        let focal = self.size.0 as f32;
        let ray = [(x - focal / 2.0) / focal, (y - self.size.1 as f32 / 2.0) / focal, 1.0];
        let [column, row, normal] = self.axes;
        let facing = dot(normal, ray);
        if facing.abs() < 1e-4 {
            return None;
        }
        let length = dot(normal, self.center) / facing;
        let hit: [f32; 3] = std::array::from_fn(|i| ray[i] * length - self.center[i]);
        let mut u = dot(column, hit);
        let v = dot(row, hit) + self.side as f32 / 2.0;
        if self.condition.bend > 0.0 {
            u = self.condition.bend * (u / self.condition.bend).clamp(-1.0, 1.0).asin();
        }
        u += self.side as f32 / 2.0;
        let outside = (-u).max(-v).max(u - self.side as f32).max(v - self.side as f32);
        if outside > self.condition.quiet + BEZEL {
            return None;
        }
        Some(if outside > self.condition.quiet { 35.0 } else { self.shine(u, v) })
    }

    /// The brightness of the code at a place on it, in modules.
    fn shine(&self, u: f32, v: f32) -> f32 {
        let (dark, light) = self.condition.tones;
        let inside = u >= 0.0 && v >= 0.0 && u < self.side as f32 && v < self.side as f32;
        let is_dark = inside && self.modules[v as usize * self.side + u as usize];
        let mut tone = if is_dark != self.condition.inverted { dark } else { light };
        if self.condition.blots > 0.0 {
            let hit = self.blots.iter().find(|(x, y, radius, _)| (u - x).hypot(v - y) < *radius);
            tone = hit.map_or(tone, |(_, _, _, is_dark)| if *is_dark { dark } else { light });
        }
        let thumb = (u - self.thumb.0).hypot(v - self.thumb.1);
        if thumb < self.condition.thumb {
            return 120.0;
        }
        let middle = self.side as f32 / 2.0;
        let logo = self.side as f32 * (self.condition.logo / std::f32::consts::PI).sqrt();
        if (u - middle).hypot(v - middle) < logo {
            tone = 90.0;
        }
        let (gap, fineness) = self.condition.screen;
        if gap > 0.0 {
            let lit = |place: f32, phase: f32| (place * fineness + phase).rem_euclid(1.0) < 0.75;
            if !(lit(u, self.phase.0) && lit(v, self.phase.1)) {
                tone *= 1.0 - gap;
            }
        }
        tone
    }
}

/// Columns, rows and normal of a plane turned by `roll` and then tilted around an axis in the picture.
fn axes(roll: f32, tilt_axis: f32, tilt: f32) -> [[f32; 3]; 3] {
    let axis = [tilt_axis.cos(), tilt_axis.sin(), 0.0];
    let (sin, cos) = roll.sin_cos();
    [[cos, sin, 0.0], [-sin, cos, 0.0], [0.0, 0.0, 1.0]].map(|v| {
        // Rodrigues' formula.
        let cross = [
            axis[1] * v[2] - axis[2] * v[1],
            axis[2] * v[0] - axis[0] * v[2],
            axis[0] * v[1] - axis[1] * v[0],
        ];
        let along = dot(axis, v) * (1.0 - tilt.cos());
        std::array::from_fn(|i| v[i] * tilt.cos() + cross[i] * tilt.sin() + axis[i] * along)
    })
}

fn dot(a: [f32; 3], b: [f32; 3]) -> f32 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}
