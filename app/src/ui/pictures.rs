//! Pictures drawn by a font that comes with the app, and not by the device's: what two people compare
//! must look the same to both.

use std::sync::Arc;

use egui::{
    Align2, Context, FontFamily, FontId, Rect, Sense, Ui, WidgetInfo,
    accesskit::Role,
    epaint::text::{FontInsert, FontPriority, InsertFontFamily},
    pos2, vec2,
};

use super::{
    theme::{SPACE_M, SPACE_S, Type, palette},
    widgets::text,
};

const NAME: &str = "pictures";

/// Makes the pictures known; at the start of a pass, or they are there from the next one on.
pub fn install(ctx: &Context) {
    let data = egui::FontData::from_static(epaint_default_fonts::NOTO_EMOJI_REGULAR);
    let family = InsertFontFamily { family: family(), priority: FontPriority::Highest };
    ctx.add_font(FontInsert::new(NAME, data, vec![family]));
}

fn family() -> FontFamily {
    FontFamily::Name(Arc::from(NAME))
}

/// The font of pictures so many points high; `None` if it is not there yet.
pub fn font(ui: &Ui, size: f32) -> Option<FontId> {
    let is_there = ui.fonts(|fonts| fonts.definitions().families.contains_key(&family()));
    is_there.then(|| FontId::new(size, family()))
}

/// How pictures that are compared stand.
#[derive(Debug, Clone, Copy)]
pub struct Grid {
    /// How many stand beside each other, if their names fit.
    pub columns: usize,
    /// The height of one, in lines of text.
    pub share: f32,
}

/// The pictures, each with its name beneath, so that they can be compared by voice.
pub fn grid_ui<const N: usize>(ui: &mut Ui, all: [(char, &str); N], grid: Grid) {
    let colors = palette(ui);
    let width = ui.available_width();
    let words =
        all.map(|(_, name)| text::layout(ui, name, Type::Small, colors.text, f32::INFINITY));
    let widest = words.iter().map(|words| words.size().x).fold(0.0, f32::max) + SPACE_S;
    let fitting = (1..=grid.columns).rev().find(|columns| width / *columns as f32 >= widest);
    let columns = fitting.unwrap_or(1);
    let side = (ui.text_style_height(&Type::Body.style()) * grid.share).round();
    let line = ui.text_style_height(&Type::Small.style());
    let cell = vec2(width / columns as f32, side + line + SPACE_M);
    let rows = all.len().div_ceil(columns);
    let size = vec2(width, cell.y * rows as f32 - SPACE_M);
    let (area, _response) = ui.allocate_exact_size(size, Sense::hover());
    let Some(font) = font(ui, side * 0.82) else { return };
    for (nth, ((picture, name), words)) in all.into_iter().zip(words).enumerate() {
        let at = vec2((nth % columns) as f32 * cell.x, (nth / columns) as f32 * cell.y);
        let rect = Rect::from_min_size(area.min + at, cell);
        let response = ui.interact(rect, ui.scope_id().with(("picture", nth)), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, name));
        let center = pos2(rect.center().x, rect.top() + side / 2.0);
        ui.painter().text(center, Align2::CENTER_CENTER, picture, font.clone(), colors.text);
        let below = pos2(rect.center().x - words.size().x / 2.0, rect.top() + side);
        ui.painter().galley(below, words, colors.text);
    }
}

#[cfg(test)]
mod tests {
    use egui::{FontId, RawInput};
    use engine::SAFETY_EMOJIS;

    use super::{family, font, install};
    use crate::ui::widgets::badge::TICK;

    /// On a device without any font of its own, too.
    #[test]
    fn every_picture_that_is_compared_comes_with_the_app() {
        let ctx = egui::Context::default();
        install(&ctx);
        let signs = SAFETY_EMOJIS.iter().map(|(picture, _)| *picture).chain([TICK]);
        let mut missing = Vec::new();
        let mut output = ctx.run_ui(RawInput::default(), |ui| {
            assert!(font(ui, 30.0).is_some());
            let font = FontId::new(30.0, family());
            let lacks = |sign: &char| !ui.fonts_mut(|fonts| fonts.has_glyph(&font, *sign));
            missing = signs.clone().filter(lacks).collect();
            assert!(lacks(&'\u{1f981}'), "it would say so: there is no lion");
        });

        output.textures_delta.clear();
        assert_eq!(missing, [' '; 0]);
    }
}
