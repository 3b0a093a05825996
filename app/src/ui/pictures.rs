//! Pictures drawn by a font that comes with the app, and not by the device's: what two people compare
//! must look the same to both.

use std::sync::Arc;

use egui::{
    Context, FontFamily, FontId, Ui,
    epaint::text::{FontInsert, FontPriority, InsertFontFamily},
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
