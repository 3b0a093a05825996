//! A face for those who have none: initials on a color of their own.

use egui::{Align2, Color32, FontId, Painter, Pos2, Sense, Ui, Vec2};

use crate::ui::theme::{Palette, palette};

/// The color of whoever or whatever has `seed`.
pub fn color(palette: &Palette, seed: &[u8]) -> Color32 {
    // FNV-1a: the same face on every device and after every restart.
    let hash = seed
        .iter()
        .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193));
    let index = usize::try_from(hash >> 8).unwrap_or(0) % palette.people.len();
    palette.people.get(index).copied().unwrap_or(palette.accent)
}

/// One or two letters that stand for `name`.
pub fn initials(name: &str) -> String {
    let mut words = name.split_whitespace().filter_map(|word| word.chars().next());
    let letters: String = words.next().into_iter().chain(words.next_back()).collect();
    if letters.is_empty() { "?".to_owned() } else { letters.to_uppercase() }
}

/// Draws a face around `center`.
pub fn paint(
    painter: &Painter,
    palette: &Palette,
    center: Pos2,
    size: f32,
    name: &str,
    seed: &[u8],
) {
    painter.circle_filled(center, size / 2.0, color(palette, seed));
    let font = FontId::proportional(size * 0.4);
    painter.text(center, Align2::CENTER_CENTER, initials(name), font, palette.on_people);
}

/// A face, `size` points across.
pub fn avatar(ui: &mut Ui, size: f32, name: &str, seed: &[u8]) {
    let (rect, _response) = ui.allocate_exact_size(Vec2::splat(size), Sense::hover());
    paint(ui.painter(), palette(ui), rect.center(), size, name, seed);
}

#[cfg(test)]
mod tests {
    use super::initials;

    #[test]
    fn initials_are_of_the_first_and_the_last_word() {
        assert_eq!(initials("Ana"), "A");
        assert_eq!(initials("ana maria lopez"), "AL");
        assert_eq!(initials("  "), "?");
        assert_eq!(initials("日本 語"), "日語");
    }
}
