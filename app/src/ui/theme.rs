//! Colors, distances and type sizes, light and dark: the only place with such numbers.
#![allow(clippy::disallowed_methods, reason = "this is where colors are made")]

use egui::{
    Color32, Context, CornerRadius, FontFamily, FontId, Margin, Shadow, Stroke, Style, TextStyle,
    Theme, Ui, Vec2, Visuals, vec2,
};

/// The smallest thing a finger should have to hit, in points.
pub const TOUCH: f32 = 44.0;
/// A hair's breadth, in points.
pub const SPACE_XS: f32 = 4.0;
/// Between things that belong together, in points.
pub const SPACE_S: f32 = 8.0;
/// Between neighbors, in points.
pub const SPACE_M: f32 = 12.0;
/// Around a page, in points.
pub const SPACE_L: f32 = 16.0;
/// Between sections, in points.
pub const SPACE_XL: f32 = 28.0;
/// The widest column of text or buttons that is pleasant to read, in points.
pub const COLUMN: f32 = 440.0;
/// The height of the bar at the top of a page, in points.
pub const BAR: f32 = 60.0;
/// How round buttons and fields are, in points.
pub const RADIUS: u8 = 12;
/// How round a bubble is, in points.
pub const BUBBLE_RADIUS: u8 = 18;
/// How round a bubble is where it touches the next one of its author, in points.
pub const BUBBLE_JOINT: u8 = 5;

/// Text sizes the person can choose from, in percent.
pub const TEXT_SIZES: [u16; 6] = [85, 100, 115, 130, 160, 200];

const DISPLAY_SIZE: f32 = 30.0;
const TITLE_SIZE: f32 = 19.0;
const BODY_SIZE: f32 = 16.0;
const SMALL_SIZE: f32 = 13.0;
const MONO_SIZE: f32 = 12.5;

/// The colors of one theme.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Palette {
    /// Behind everything.
    pub page: Color32,
    /// Bars, lists and sheets.
    pub surface: Color32,
    /// Fields and quiet buttons.
    pub raised: Color32,
    /// Quiet things under the pointer.
    pub hover: Color32,
    /// Between things.
    pub line: Color32,
    /// The edge of a field, which must be found without its fill.
    pub edge: Color32,
    /// What is to be read.
    pub text: Color32,
    /// What may be read.
    pub muted: Color32,
    /// What invites to be pressed.
    pub accent: Color32,
    /// The same under the pointer.
    pub accent_hover: Color32,
    /// Words on the accent.
    pub on_accent: Color32,
    /// A quiet trace of the accent: the chosen row.
    pub accent_soft: Color32,
    /// My bubbles.
    pub mine: Color32,
    /// Words in my bubbles.
    pub on_mine: Color32,
    /// Lesser words in my bubbles.
    pub on_mine_muted: Color32,
    /// Others' bubbles.
    pub theirs: Color32,
    /// What went wrong.
    pub danger: Color32,
    /// Connected.
    pub connected: Color32,
    /// Connecting.
    pub connecting: Color32,
    /// Nearby only.
    pub nearby: Color32,
    /// Offline.
    pub offline: Color32,
    /// Who is who.
    pub people: [Color32; 8],
    /// Words on a color of [`Self::people`].
    pub on_people: Color32,
    /// Behind a sheet over the page.
    pub shade: Color32,
}

const fn rgb(hex: u32) -> Color32 {
    let [_, r, g, b] = hex.to_be_bytes();
    Color32::from_rgb(r, g, b)
}

/// By day.
pub const LIGHT: Palette = Palette {
    page: rgb(0x00f6_f3f0),
    surface: rgb(0x00ff_fdfb),
    raised: rgb(0x00ef_eae5),
    hover: rgb(0x00e6_dfd8),
    line: rgb(0x00e3_dcd5),
    edge: rgb(0x0094_8a84),
    text: rgb(0x0022_1c21),
    muted: rgb(0x0066_5c64),
    accent: rgb(0x009c_2f5f),
    accent_hover: rgb(0x0085_2450),
    on_accent: rgb(0x00ff_ffff),
    accent_soft: rgb(0x00f6_e3ea),
    mine: rgb(0x00f3_d7e2),
    on_mine: rgb(0x0033_1020),
    on_mine_muted: rgb(0x0072_4157),
    theirs: rgb(0x00ff_fdfb),
    danger: rgb(0x00b3_261e),
    connected: rgb(0x0017_7245),
    connecting: rgb(0x0086_5500),
    nearby: rgb(0x001f_5fb0),
    offline: rgb(0x0066_5c64),
    people: [
        rgb(0x00a8_3a2a),
        rgb(0x008a_5a00),
        rgb(0x004f_6f16),
        rgb(0x0010_7358),
        rgb(0x0012_6a8c),
        rgb(0x003f_5bb5),
        rgb(0x0077_46ad),
        rgb(0x00a0_3a7c),
    ],
    on_people: rgb(0x00ff_ffff),
    shade: Color32::from_black_alpha(110),
};

/// By night.
pub const DARK: Palette = Palette {
    page: rgb(0x0014_1114),
    surface: rgb(0x001c_181c),
    raised: rgb(0x002a_242a),
    hover: rgb(0x0036_2f36),
    line: rgb(0x0032_2b32),
    edge: rgb(0x0082_7682),
    text: rgb(0x00f2_ecf0),
    muted: rgb(0x00b0_a5ad),
    accent: rgb(0x00f2_8fb5),
    accent_hover: rgb(0x00f7_aac8),
    on_accent: rgb(0x003a_0f22),
    accent_soft: rgb(0x0040_2230),
    mine: rgb(0x0061_2843),
    on_mine: rgb(0x00fd_edf3),
    on_mine_muted: rgb(0x00e6_bccd),
    theirs: rgb(0x002a_242a),
    danger: rgb(0x00ff_8f85),
    connected: rgb(0x0066_d39b),
    connecting: rgb(0x00ef_b64a),
    nearby: rgb(0x0086_b6ff),
    offline: rgb(0x00b0_a5ad),
    people: [
        rgb(0x00f0_9484),
        rgb(0x00e4_b35c),
        rgb(0x00a9_c96f),
        rgb(0x0067_cfae),
        rgb(0x006f_c4e4),
        rgb(0x0098_aef5),
        rgb(0x00c3_a0f0),
        rgb(0x00ee_97cd),
    ],
    on_people: rgb(0x001c_1218),
    shade: Color32::from_black_alpha(160),
};

/// The colors in force where `ui` draws.
pub fn palette(ui: &Ui) -> &'static Palette {
    if ui.visuals().dark_mode { &DARK } else { &LIGHT }
}

/// Paper and ink of a QR, whatever the theme: readers want dark on light.
pub const QR_LIGHT: Color32 = Color32::WHITE;
/// Under the corners of the finder, so that they are seen on bright pictures.
pub const FRAME_SHADOW: Color32 = Color32::from_black_alpha(120);
/// The ink.
pub const QR_DARK: Color32 = Color32::BLACK;

/// The type sizes by what they are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// The one big line of a page.
    Display,
    /// The name of a page or a room.
    Title,
    /// Everything.
    Body,
    /// Times, states and hints.
    Small,
}

impl Type {
    /// The style of egui that carries it.
    pub fn style(self) -> TextStyle {
        match self {
            Self::Display => TextStyle::Name("Display".into()),
            Self::Title => TextStyle::Heading,
            Self::Body => TextStyle::Body,
            Self::Small => TextStyle::Small,
        }
    }

    /// The font where `ui` draws.
    pub fn font(self, ui: &Ui) -> FontId {
        self.style().resolve(ui.style())
    }
}

/// Puts both themes in force, with text at `percent` of its size.
pub fn install(ctx: &Context, percent: u16) {
    ctx.set_style_of(Theme::Light, style(Visuals::light(), &LIGHT, percent));
    ctx.set_style_of(Theme::Dark, style(Visuals::dark(), &DARK, percent));
}

fn style(visuals: Visuals, palette: &Palette, percent: u16) -> Style {
    let scale = f32::from(percent) / 100.0;
    let font = |size: f32, family| FontId::new(size * scale, family);
    let mut style = Style {
        text_styles: [
            (Type::Display.style(), font(DISPLAY_SIZE, FontFamily::Proportional)),
            (TextStyle::Heading, font(TITLE_SIZE, FontFamily::Proportional)),
            (TextStyle::Body, font(BODY_SIZE, FontFamily::Proportional)),
            (TextStyle::Button, font(BODY_SIZE, FontFamily::Proportional)),
            (TextStyle::Small, font(SMALL_SIZE, FontFamily::Proportional)),
            (TextStyle::Monospace, font(MONO_SIZE, FontFamily::Monospace)),
        ]
        .into(),
        visuals: colored(visuals, palette),
        animation_time: 0.12,
        ..Style::default()
    };
    style.spacing.item_spacing = vec2(SPACE_S, SPACE_S);
    style.spacing.button_padding = vec2(SPACE_L, SPACE_S);
    style.spacing.interact_size = Vec2::splat(TOUCH);
    style.spacing.window_margin = Margin::same(16);
    style.spacing.menu_margin = Margin::same(8);
    style.spacing.scroll.floating_allocated_width = 0.0;
    style.spacing.scroll.bar_width = 8.0;
    style.spacing.scroll.floating_width = 4.0;
    style.spacing.scroll.handle_min_length = 36.0;
    style.spacing.scroll.fade.strength = 0.0;
    style.spacing.tooltip_width = 320.0;
    style.interaction.selectable_labels = false;
    style
}

fn colored(mut visuals: Visuals, palette: &Palette) -> Visuals {
    let radius = CornerRadius::same(RADIUS);
    let edge = |color| Stroke::new(1.0, color);
    visuals.override_text_color = None;
    visuals.weak_text_color = Some(palette.muted);
    visuals.panel_fill = palette.page;
    visuals.window_fill = palette.surface;
    visuals.window_stroke = edge(palette.line);
    visuals.window_corner_radius = CornerRadius::same(16);
    visuals.menu_corner_radius = radius;
    visuals.extreme_bg_color = palette.surface;
    visuals.text_edit_bg_color = Some(palette.surface);
    visuals.faint_bg_color = palette.raised;
    visuals.code_bg_color = palette.raised;
    visuals.hyperlink_color = palette.accent;
    visuals.error_fg_color = palette.danger;
    visuals.warn_fg_color = palette.connecting;
    visuals.selection.bg_fill = palette.accent_soft;
    visuals.selection.stroke = Stroke::new(1.5, palette.accent);
    visuals.popup_shadow =
        Shadow { offset: [0, 4], blur: 16, spread: 0, color: Color32::from_black_alpha(50) };
    // A blinking cursor would draw twice a second for as long as the window has the focus.
    visuals.text_cursor.blink = false;
    visuals.text_cursor.stroke = Stroke::new(2.0, palette.accent);
    visuals.disabled_alpha = 0.55;
    let states = &mut visuals.widgets;
    for (state, fill, stroke, text) in [
        (&mut states.noninteractive, palette.surface, edge(palette.line), palette.text),
        (&mut states.inactive, palette.raised, Stroke::NONE, palette.text),
        (&mut states.hovered, palette.hover, Stroke::NONE, palette.text),
        (&mut states.active, palette.hover, edge(palette.accent), palette.text),
        (&mut states.open, palette.hover, Stroke::NONE, palette.text),
    ] {
        state.bg_fill = fill;
        state.weak_bg_fill = fill;
        state.bg_stroke = stroke;
        state.fg_stroke = edge(text);
        state.corner_radius = radius;
        state.expansion = 0.0;
    }
    visuals
}

#[cfg(test)]
mod tests {
    use egui::Color32;

    use super::{DARK, LIGHT, Palette};

    /// What WCAG 2 asks for ordinary text (AA).
    const AA_TEXT: f32 = 4.5;
    /// What it asks for the parts of controls that must be seen.
    const AA_SHAPE: f32 = 3.0;

    fn luminance(color: Color32) -> f32 {
        let linear = |byte: u8| {
            let c = f32::from(byte) / 255.0;
            if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(color.r()) + 0.7152 * linear(color.g()) + 0.0722 * linear(color.b())
    }

    fn contrast(a: Color32, b: Color32) -> f32 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    fn texts(p: &Palette) -> Vec<(&'static str, Color32, Color32)> {
        let mut pairs = vec![
            ("words on accent", p.on_accent, p.accent),
            ("words on accent under the pointer", p.on_accent, p.accent_hover),
            ("words in my bubble", p.on_mine, p.mine),
            ("lesser words in my bubble", p.on_mine_muted, p.mine),
            ("words in their bubble", p.text, p.theirs),
            ("lesser words in their bubble", p.muted, p.theirs),
            ("words on the chosen row", p.text, p.accent_soft),
            ("lesser words on the chosen row", p.muted, p.accent_soft),
        ];
        for ground in [p.page, p.surface, p.raised] {
            pairs.extend([
                ("text", p.text, ground),
                ("muted", p.muted, ground),
                ("accent", p.accent, ground),
                ("danger", p.danger, ground),
            ]);
        }
        for ground in [p.page, p.surface] {
            pairs.extend([
                ("connected", p.connected, ground),
                ("connecting", p.connecting, ground),
                ("nearby", p.nearby, ground),
                ("offline", p.offline, ground),
            ]);
        }
        for person in p.people {
            pairs.push(("initials", p.on_people, person));
            pairs.push(("a name on the page", person, p.page));
        }
        pairs
    }

    #[test]
    fn every_text_has_the_contrast_wcag_aa_asks_for() {
        for palette in [LIGHT, DARK] {
            for (what, text, ground) in texts(&palette) {
                let seen = contrast(text, ground);
                assert!(seen >= AA_TEXT, "{what}: {seen:.2} for {text:?} on {ground:?}");
            }
        }
    }

    #[test]
    fn edges_of_fields_can_be_seen() {
        for palette in [LIGHT, DARK] {
            for ground in [palette.page, palette.surface] {
                assert!(contrast(palette.edge, ground) >= AA_SHAPE, "{ground:?}");
            }
        }
    }
}
