//! Raw pixels of cameras and screens to gray, and to something small to look at.

use qr::{Luma, LumaView};

use super::{Preview, Shot};

/// The larger side of a preview, in pixels: a phone's width, and quick to upload.
const PREVIEW_SIDE: usize = 800;

/// How the bytes of a frame make pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pixels {
    /// Brightness only.
    Gray,
    /// Two pixels in four bytes: Y0 U Y1 V.
    Yuyv,
    /// A plane of brightness, then one of color at half the size.
    Nv12,
    /// Three bytes a pixel.
    Rgb,
    /// Three bytes a pixel, blue first.
    Bgr,
    /// A JPEG file.
    Jpeg,
}

/// Gray and preview of a frame; `None` if its bytes do not fit its size.
pub(super) fn shot(pixels: Pixels, width: usize, height: usize, data: &[u8]) -> Option<Shot> {
    match pixels {
        Pixels::Jpeg => jpeg(data),
        Pixels::Gray => {
            let luma = LumaView::new(width, height, data).ok()?.to_luma();
            Some(with_color(luma, |x, y| [at(data, y * width + x); 3]))
        }
        Pixels::Nv12 => {
            let luma = LumaView::new(width, height, data).ok()?.to_luma();
            let chroma = data.get(width * height..)?;
            Some(with_color(luma, |x, y| {
                let pair = (y / 2) * width + (x & !1);
                yuv(at(data, y * width + x), at(chroma, pair), at(chroma, pair + 1))
            }))
        }
        Pixels::Yuyv => {
            let luma = gray(width, height, data, 2, |pixel| at(pixel, 0))?;
            Some(with_color(luma, |x, y| {
                let pair = (y * width + (x & !1)) * 2;
                yuv(at(data, (y * width + x) * 2), at(data, pair + 1), at(data, pair + 3))
            }))
        }
        Pixels::Rgb => rgb(width, height, data, |pixel| [at(pixel, 0), at(pixel, 1), at(pixel, 2)]),
        Pixels::Bgr => rgb(width, height, data, |pixel| [at(pixel, 2), at(pixel, 1), at(pixel, 0)]),
    }
}

/// How bright a color is (BT.601, as JPEG and video have it).
pub(super) fn brightness(red: u8, green: u8, blue: u8) -> u8 {
    let sum = u32::from(red) * 77 + u32::from(green) * 150 + u32::from(blue) * 29;
    ((sum + 128) / 256).min(255) as u8
}

/// A small copy of a picture, from single pixels of it.
pub(super) fn preview(
    width: usize,
    height: usize,
    color: impl Fn(usize, usize) -> [u8; 3],
) -> Preview {
    let step = width.max(height).div_ceil(PREVIEW_SIDE).max(1);
    let (columns, rows) = (width / step, height / step);
    let mut rgba = Vec::with_capacity(columns * rows * 4);
    for y in 0..rows {
        for x in 0..columns {
            rgba.extend_from_slice(&color(x * step, y * step));
            rgba.push(u8::MAX);
        }
    }
    Preview { width: columns, height: rows, rgba }
}

fn with_color(luma: Luma, color: impl Fn(usize, usize) -> [u8; 3]) -> Shot {
    let preview = preview(luma.width(), luma.height(), color);
    Shot { lumas: vec![luma], preview: Some(preview) }
}

/// Gray out of pixels of `size` bytes each.
fn gray(
    width: usize,
    height: usize,
    data: &[u8],
    size: usize,
    bright: impl Fn(&[u8]) -> u8,
) -> Option<Luma> {
    let bytes = width.checked_mul(height)?.checked_mul(size)?;
    let data = data.get(..bytes)?;
    Luma::new(width, height, data.chunks_exact(size).map(bright).collect()).ok()
}

fn rgb(width: usize, height: usize, data: &[u8], color: impl Fn(&[u8]) -> [u8; 3]) -> Option<Shot> {
    let luma = gray(width, height, data, 3, |pixel| {
        let [red, green, blue] = color(pixel);
        brightness(red, green, blue)
    })?;
    Some(with_color(luma, |x, y| {
        let start = (y * width + x) * 3;
        color(data.get(start..start + 3).unwrap_or(&[]))
    }))
}

fn jpeg(data: &[u8]) -> Option<Shot> {
    let image = image::load_from_memory_with_format(data, image::ImageFormat::Jpeg).ok()?;
    let (width, height) = (image.width() as usize, image.height() as usize);
    match image {
        image::DynamicImage::ImageLuma8(gray) => shot(Pixels::Gray, width, height, &gray),
        other => shot(Pixels::Rgb, width, height, &other.into_rgb8()),
    }
}

/// Video color to screen color (BT.601, limited range, in 1/256).
fn yuv(bright: u8, blue: u8, red: u8) -> [u8; 3] {
    let y = (i32::from(bright) - 16) * 298;
    let (u, v) = (i32::from(blue) - 128, i32::from(red) - 128);
    let channel = |value: i32| ((value + 128) / 256).clamp(0, 255) as u8;
    [channel(y + 409 * v), channel(y - 100 * u - 208 * v), channel(y + 516 * u)]
}

fn at(data: &[u8], index: usize) -> u8 {
    data.get(index).copied().unwrap_or(0)
}
