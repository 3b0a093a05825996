//! Still pictures: files and pasted pixels, within limits.

use std::{
    fs::File,
    io::{BufReader, Cursor, Seek},
    path::Path,
};

use image::{ImageError, ImageReader, Limits, RgbaImage};
use qr::Luma;

use super::{Preview, Problem, Shot, frame};

/// The most bytes a decoder may take: a 108 megapixel photo in four bytes a pixel, and some room for its work.
const MAX_DECODER_BYTES: u64 = 1 << 29;

/// A picture file.
pub(super) fn from_file(path: &Path) -> Result<Shot, Problem> {
    let file = File::open(path).map_err(|error| Problem::Unreadable(error.to_string()))?;
    decode(BufReader::new(file))
}

/// The bytes of a picture file.
pub(super) fn from_bytes(bytes: &[u8]) -> Result<Shot, Problem> {
    decode(Cursor::new(bytes))
}

/// Pasted pixels.
pub(super) fn from_rgba(width: usize, height: usize, data: Vec<u8>) -> Result<Shot, Problem> {
    let sides = (u32::try_from(width), u32::try_from(height));
    let (Ok(width), Ok(height)) = sides else { return Err(Problem::TooLarge) };
    shot(&RgbaImage::from_raw(width, height, data).ok_or(Problem::NotAPicture)?)
}

fn decode(bytes: impl std::io::BufRead + Seek) -> Result<Shot, Problem> {
    let mut reader = ImageReader::new(bytes)
        .with_guessed_format()
        .map_err(|error| Problem::Unreadable(error.to_string()))?;
    let side = u32::try_from(qr::MAX_SIDE).unwrap_or(u32::MAX);
    let mut limits = Limits::no_limits();
    limits.max_image_width = Some(side);
    limits.max_image_height = Some(side);
    limits.max_alloc = Some(MAX_DECODER_BYTES);
    reader.limits(limits);
    let image = reader.decode().map_err(|error| match error {
        ImageError::Limits(_) => Problem::TooLarge,
        ImageError::IoError(error) => Problem::Unreadable(error.to_string()),
        other => {
            log::debug!("not a picture: {other}");
            Problem::NotAPicture
        }
    })?;
    shot(&image.into_rgba8())
}

/// A picture with holes is read over white and over black: codes are drawn for either.
fn shot(image: &RgbaImage) -> Result<Shot, Problem> {
    let has_holes = image.pixels().any(|pixel| pixel.0[3] < u8::MAX);
    let grounds: &[u8] = if has_holes { &[255, 0] } else { &[255] };
    let (width, height) = (image.width() as usize, image.height() as usize);
    let luma = |ground: &u8| {
        let gray = image.pixels().map(|pixel| over(pixel.0, *ground)).collect();
        Luma::new(width, height, gray).map_err(|error| {
            log::debug!("{error}");
            Problem::TooLarge
        })
    };
    let lumas = grounds.iter().map(luma).collect::<Result<Vec<_>, _>>()?;
    Ok(Shot { lumas, preview: Some(preview(image)) })
}

/// The brightness of a pixel over a ground of one gray.
fn over([red, green, blue, alpha]: [u8; 4], ground: u8) -> u8 {
    let bright = u32::from(frame::brightness(red, green, blue));
    let alpha = u32::from(alpha);
    ((bright * alpha + u32::from(ground) * (255 - alpha) + 127) / 255).min(255) as u8
}

fn preview(image: &RgbaImage) -> Preview {
    let (width, height) = (image.width() as usize, image.height() as usize);
    frame::preview(width, height, |x, y| {
        let [red, green, blue, alpha] = image.get_pixel(x as u32, y as u32).0;
        [red, green, blue].map(|channel| {
            let alpha = u32::from(alpha);
            ((u32::from(channel) * alpha + 255 * (255 - alpha) + 127) / 255).min(255) as u8
        })
    })
}
