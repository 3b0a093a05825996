//! Text to modules. The smallest code a text fits in, as strong as that size allows.

use std::fmt::Write as _;

use qrcode::{
    EcLevel, QrCode,
    bits::{Bits, encode_auto},
    types::{Color, QrError, Version},
};

use crate::Luma;

/// Light modules a code needs on each side, by the standard. Readers fail with less.
pub const QUIET_ZONE: usize = 4;

/// The largest version the standard knows.
const MAX_VERSION: i16 = 40;

/// From the strongest to the weakest: the first that costs no larger code is taken.
const LEVELS: [EcLevel; 4] = [EcLevel::H, EcLevel::Q, EcLevel::M, EcLevel::L];

/// Why a text could not be drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DrawError {
    /// No QR code is large enough.
    #[error("the text is too long for a QR code")]
    TooLong,
    /// There is nothing to draw.
    #[error("there is no text to draw")]
    Empty,
}

/// The dark and light squares of a code, without its quiet zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Modules {
    /// Modules on each side: 17 + 4 x version.
    pub width: usize,
    /// Row by row from the top left; true is dark.
    pub dark: Vec<bool>,
}

/// What a terminal shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Black on white by ANSI colors, whatever the terminal's own are. Every reader reads it.
    Colored,
    /// Characters only, for a terminal with light letters on a dark ground.
    DarkTerminal,
    /// Characters only, for a terminal with dark letters on a light ground.
    LightTerminal,
}

/// Draws `text` as the smallest code that holds it, with the strongest error correction that size has room for.
///
/// Upper-case text of the QR alphabet (`A-Z 0-9 $%*+-./:` and space) takes 5.5 bits a character, other text 8 or more.
///
/// # Errors
/// [`DrawError::TooLong`] beyond 2953 bytes (4296 upper-case letters), [`DrawError::Empty`] for no text.
pub fn draw(text: &str) -> Result<Modules, DrawError> {
    if text.is_empty() {
        return Err(DrawError::Empty);
    }
    let version = smallest_version(text)?;
    let code = LEVELS
        .iter()
        .find_map(|level| encode(text, version, *level).ok())
        .ok_or(DrawError::TooLong)?;
    let width = code.width();
    let dark = code.into_colors().into_iter().map(|color| color == Color::Dark).collect();
    Ok(Modules { width, dark })
}

/// The version needed at the weakest error correction.
fn smallest_version(text: &str) -> Result<Version, DrawError> {
    if text.is_ascii() {
        let bits = encode_auto(text.as_bytes(), EcLevel::L).map_err(too_long)?;
        return Ok(bits.version());
    }
    (1..=MAX_VERSION)
        .map(Version::Normal)
        .find(|version| encode(text, *version, EcLevel::L).is_ok())
        .ok_or(DrawError::TooLong)
}

/// Of what the library reports, only too much text can happen here: version and level are always valid.
fn too_long(error: QrError) -> DrawError {
    log::debug!("a text cannot be drawn: {error}");
    DrawError::TooLong
}

fn encode(text: &str, version: Version, level: EcLevel) -> Result<QrCode, QrError> {
    let mut bits = Bits::new(version);
    if text.is_ascii() {
        bits.push_optimal_data(text.as_bytes())?;
    } else {
        // Mixed segments would put pairs of UTF-8 bytes into Shift JIS, which readers then decode as such.
        bits.push_byte_data(text.as_bytes())?;
    }
    bits.push_terminator(level)?;
    QrCode::with_bits(bits, level)
}

impl Modules {
    /// Whether the module at column `x` and row `y` is dark; outside the code all is light.
    #[must_use]
    pub fn is_dark(&self, x: usize, y: usize) -> bool {
        x < self.width
            && self
                .dark
                .get(y.saturating_mul(self.width).saturating_add(x))
                .copied()
                .unwrap_or(false)
    }

    /// A picture of `px_per_module` pixels a module (at least 1) with `quiet` light modules around it.
    #[must_use]
    pub fn luma(&self, px_per_module: usize, quiet: usize) -> Luma {
        let px = px_per_module.max(1);
        let side = (self.width + 2 * quiet) * px;
        let mut data = Vec::with_capacity(side * side);
        for y in 0..side {
            data.extend(
                (0..side)
                    .map(|x| if self.is_dark_padded(x / px, y / px, quiet) { 0_u8 } else { 255 }),
            );
        }
        Luma::square(side, data)
    }

    /// Lines of text that show the code in a terminal, two modules a character, quiet zone included.
    #[must_use]
    pub fn half_blocks(&self, style: Style) -> String {
        let side = self.width + 2 * QUIET_ZONE;
        let mut text = String::new();
        for y in (0..side).step_by(2) {
            if style == Style::Colored {
                // 256-color codes 16 and 231: true black and white, which themes do not change.
                text.push_str("\x1b[38;5;16;48;5;231m");
            }
            for x in 0..side {
                let upper = self.is_dark_padded(x, y, QUIET_ZONE);
                let lower = self.is_dark_padded(x, y + 1, QUIET_ZONE);
                let lit =
                    if style == Style::DarkTerminal { (!upper, !lower) } else { (upper, lower) };
                text.push(half_block(lit));
            }
            let _ = text.write_str(if style == Style::Colored { "\x1b[0m\n" } else { "\n" });
        }
        text
    }

    fn is_dark_padded(&self, x: usize, y: usize, quiet: usize) -> bool {
        x >= quiet && y >= quiet && self.is_dark(x - quiet, y - quiet)
    }
}

/// The character with its (upper, lower) half in the color of letters.
fn half_block(lit: (bool, bool)) -> char {
    match lit {
        (true, true) => '\u{2588}',
        (true, false) => '\u{2580}',
        (false, true) => '\u{2584}',
        (false, false) => ' ',
    }
}
