//! A picture on the clipboard.

use super::{Problem, Source};

/// The picture on the clipboard, as a [`Source::Rgba`]. May wait for the program that owns it: not for the drawing thread
/// (use [`Source::Clipboard`] there).
///
/// # Errors
/// [`Problem::EmptyClipboard`] if there is none.
#[cfg(any(target_os = "linux", target_os = "macos", target_os = "windows"))]
pub fn clipboard_image() -> Result<Source, Problem> {
    let image = arboard::Clipboard::new().and_then(|mut clipboard| clipboard.get_image()).map_err(
        |error| {
            log::debug!("no picture from the clipboard: {error}");
            Problem::EmptyClipboard
        },
    )?;
    Ok(Source::Rgba { width: image.width, height: image.height, data: image.bytes.into_owned() })
}

/// Phones paste through their own screens.
///
/// # Errors
/// Always [`Problem::EmptyClipboard`].
#[cfg(not(any(target_os = "linux", target_os = "macos", target_os = "windows")))]
pub fn clipboard_image() -> Result<Source, Problem> {
    Err(Problem::EmptyClipboard)
}
