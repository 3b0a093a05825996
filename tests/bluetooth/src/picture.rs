//! What a camera sees.

use crate::{
    phone::Wrong,
    webcam::descriptors::{FRAME_LEN, SIZE},
};

/// A wall, between dark and light.
const WALL: u8 = 120;

/// No color.
const GRAY: u8 = 128;

/// A wall, and on it a poster with a code of this text; pairs of pixels as cameras send them.
pub(crate) fn of(text: Option<&str>) -> Result<Vec<u8>, Wrong> {
    let (width, height) = SIZE;
    let poster = match text {
        Some(text) => {
            let modules = qr::draw(text)?;
            let side = modules.width + 2 * QUIET;
            Some(modules.luma(height * 3 / 4 / side, QUIET))
        }
        None => None,
    };
    let mut picture = Vec::with_capacity(FRAME_LEN);
    for y in 0..height {
        for x in 0..width {
            let on_poster = poster.as_ref().and_then(|poster| {
                let left = (width - poster.width()) / 2;
                let top = (height - poster.height()) / 2;
                let (x, y) = (x.checked_sub(left)?, y.checked_sub(top)?);
                let row = poster.data().chunks(poster.width()).nth(y)?;
                row.get(x).copied()
            });
            // Neither ink nor paper is as dark or as light as can be.
            let light = on_poster.map_or(WALL, |light| if light > WALL { 215 } else { 40 });
            picture.extend([light, GRAY]);
        }
    }
    Ok(picture)
}

/// Light modules around a code.
const QUIET: usize = 4;
