//! Words: laid out, elided, centered.

use std::sync::Arc;

use egui::{
    Color32, Galley, Label, Response, RichText, Ui,
    text::{LayoutJob, TextWrapping},
};

use crate::ui::theme::{Type, palette};

/// `text` in lines no wider than `width` points. Words longer than that are broken.
pub fn layout(ui: &Ui, text: &str, kind: Type, color: Color32, width: f32) -> Arc<Galley> {
    let job = LayoutJob::simple(text.to_owned(), kind.font(ui), color, width);
    ui.fonts_mut(|fonts| fonts.layout_job(job))
}

/// `text` in one line no wider than `width` points, with an ellipsis if need be.
pub fn line(ui: &Ui, text: &str, kind: Type, color: Color32, width: f32) -> Arc<Galley> {
    let mut job = LayoutJob::simple_singleline(text.to_owned(), kind.font(ui), color);
    job.wrap = TextWrapping::truncate_at_width(width.max(1.0));
    ui.fonts_mut(|fonts| fonts.layout_job(job))
}

/// The big line of a page.
pub fn display(ui: &mut Ui, text: &str) -> Response {
    ui.add(
        Label::new(RichText::new(text).text_style(Type::Display.style()).color(palette(ui).text))
            .wrap(),
    )
}

/// A heading within a page.
pub fn title(ui: &mut Ui, text: &str) -> Response {
    ui.add(Label::new(RichText::new(text).heading().color(palette(ui).text)).wrap())
}

/// A sentence.
pub fn body(ui: &mut Ui, text: &str) -> Response {
    ui.add(Label::new(RichText::new(text).color(palette(ui).text)).wrap())
}

/// A sentence that may be skipped.
pub fn hint(ui: &mut Ui, text: &str) -> Response {
    ui.add(Label::new(RichText::new(text).color(palette(ui).muted)).wrap())
}

/// A lesser remark.
pub fn small(ui: &mut Ui, text: &str) -> Response {
    ui.add(Label::new(RichText::new(text).small().color(palette(ui).muted)).wrap())
}

/// A sentence about something that went wrong.
pub fn problem(ui: &mut Ui, text: &str) -> Response {
    ui.add(Label::new(RichText::new(text).color(palette(ui).danger)).wrap())
}
