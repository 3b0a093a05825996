//! Light, lens, sensor and file: what happens to a picture on its way.

use image::{ExtendedColorType, codecs::jpeg::JpegEncoder};

use crate::{Chance, Condition, Size};

/// Light first, then the lens, then the sensor.
pub(crate) fn apply(
    condition: &Condition,
    size: Size,
    middle: (f32, f32),
    pixels: &mut Vec<f32>,
    chance: &mut Chance,
) {
    light(condition, size, middle, pixels, chance);
    if condition.motion > 0.0 {
        *pixels = smear(pixels, size, condition.motion, chance.between(0.0, std::f32::consts::PI));
    }
    if condition.blur > 0.0 {
        blur(pixels, size, condition.blur);
    }
    for px in pixels {
        *px += chance.normal() * condition.noise;
    }
}

/// Bytes, by way of a JPEG if the condition has one.
///
/// # Panics
/// Never: the sizes are right and memory takes the file.
pub(crate) fn encode(condition: &Condition, (width, height): Size, pixels: &[f32]) -> Vec<u8> {
    let gray: Vec<u8> = pixels.iter().map(|px| px.round().clamp(0.0, 255.0) as u8).collect();
    if condition.jpeg == 0 {
        return gray;
    }
    let mut file = Vec::new();
    JpegEncoder::new_with_quality(&mut file, condition.jpeg)
        .encode(&gray, width as u32, height as u32, ExtendedColorType::L8)
        .expect("memory takes the file");
    let image = image::load_from_memory_with_format(&file, image::ImageFormat::Jpeg);
    image.expect("it was just written").into_luma8().into_raw()
}

fn light(
    condition: &Condition,
    (width, _): Size,
    middle: (f32, f32),
    pixels: &mut [f32],
    chance: &mut Chance,
) {
    let (sin, cos) = chance.between(0.0, std::f32::consts::TAU).sin_cos();
    let reach = width as f32 / 2.0;
    let edge = chance.between(-20.0, 20.0);
    let spot = (middle.0 + chance.between(-60.0, 60.0), middle.1 + chance.between(-60.0, 60.0));
    let (period, phase) = (chance.between(40.0, 90.0), chance.between(0.0, 6.0));
    for (i, px) in pixels.iter_mut().enumerate() {
        let (x, y) = ((i % width) as f32, (i / width) as f32);
        let along = (x - middle.0) * cos + (y - middle.1) * sin;
        let ramp = ((along / reach + 1.0) / 2.0).clamp(0.0, 1.0);
        *px *= 1.0 - condition.gradient * ramp;
        // Half a dozen pixels of half-shadow.
        *px *= 1.0 - condition.shadow * ((along - edge) / 6.0 + 0.5).clamp(0.0, 1.0);
        *px *= 1.0
            - condition.bands * (0.5 + 0.5 * (y / period * std::f32::consts::TAU + phase).sin());
        if condition.glare > 0.0 {
            let far = (x - spot.0).powi(2) + (y - spot.1).powi(2);
            *px += condition.glare * (-far / (2.0 * 28.0 * 28.0)).exp();
        }
    }
}

fn smear(pixels: &[f32], (width, height): Size, length: f32, angle: f32) -> Vec<f32> {
    let steps = (length * 2.0).ceil() as usize + 1;
    let (sin, cos) = angle.sin_cos();
    let offsets: Vec<(isize, isize)> = (0..steps)
        .map(|i| (i as f32 / (steps - 1) as f32 - 0.5) * length)
        .map(|far| ((far * cos).round() as isize, (far * sin).round() as isize))
        .collect();
    let at = |x: isize, y: isize| {
        let (x, y) = (x.clamp(0, width as isize - 1), y.clamp(0, height as isize - 1));
        pixels[y as usize * width + x as usize]
    };
    (0..width * height)
        .map(|i| {
            let (x, y) = ((i % width) as isize, (i / width) as isize);
            offsets.iter().map(|(dx, dy)| at(x + dx, y + dy)).sum::<f32>() / steps as f32
        })
        .collect()
}

fn blur(pixels: &mut Vec<f32>, (width, height): Size, deviation: f32) {
    let radius = (deviation * 3.0).ceil() as isize;
    let weights: Vec<f32> = (-radius..=radius)
        .map(|i| (-(i * i) as f32 / (2.0 * deviation * deviation)).exp())
        .collect();
    let total: f32 = weights.iter().sum();
    for (dx, dy) in [(1, 0), (0, 1)] {
        let source = std::mem::take(pixels);
        let at = |x: isize, y: isize| {
            let (x, y) = (x.clamp(0, width as isize - 1), y.clamp(0, height as isize - 1));
            source[y as usize * width + x as usize]
        };
        let mixed = (0..width * height).map(|i| {
            let (x, y) = ((i % width) as isize, (i / width) as isize);
            let taps = (-radius..=radius).zip(&weights);
            taps.map(|(k, weight)| at(x + k * dx, y + k * dy) * weight).sum::<f32>() / total
        });
        *pixels = mixed.collect();
    }
}
