//! Words: laid out, elided, centered.

use std::sync::Arc;

use egui::{
    Align, Color32, Galley, Label, Response, RichText, Ui,
    text::{LayoutJob, TextWrapping},
};

use crate::ui::theme::{Type, palette};

/// `text` in lines no wider than `width` points. Words longer than that are broken.
pub fn layout(ui: &Ui, text: &str, kind: Type, color: Color32, width: f32) -> Arc<Galley> {
    let job = LayoutJob::simple(text.to_owned(), kind.font(ui), color, width);
    ui.fonts_mut(|fonts| fonts.layout_job(job))
}

/// The same, each line in the middle.
pub fn layout_centered(ui: &Ui, text: &str, kind: Type, color: Color32, width: f32) -> Arc<Galley> {
    let mut job = LayoutJob::simple(text.to_owned(), kind.font(ui), color, width);
    job.halign = Align::Center;
    ui.fonts_mut(|fonts| fonts.layout_job(job))
}

/// `text` in one line no wider than `width` points, with an ellipsis if need be.
pub fn line(ui: &Ui, text: &str, kind: Type, color: Color32, width: f32) -> Arc<Galley> {
    let mut job = LayoutJob::simple_singleline(text.to_owned(), kind.font(ui), color);
    job.wrap = TextWrapping::truncate_at_width(width.max(1.0));
    ui.fonts_mut(|fonts| fonts.layout_job(job))
}

/// The same, where the words that `end` it are never cut off.
pub fn line_with_end(
    ui: &Ui,
    text: &str,
    end: &str,
    kind: Type,
    color: Color32,
    width: f32,
) -> Arc<Galley> {
    let whole = line(ui, text, kind, color, f32::INFINITY);
    let Some(start) = text.strip_suffix(end).filter(|start| !start.is_empty() && !end.is_empty())
    else {
        return line(ui, text, kind, color, width);
    };
    if whole.size().x <= width {
        return whole;
    }
    let chars: Vec<char> = start.chars().collect();
    let cut = |len: usize| {
        let start: String = chars.iter().take(len).collect();
        line(ui, &format!("{}\u{2026}{end}", start.trim_end()), kind, color, f32::INFINITY)
    };
    let lens: Vec<usize> = (1..chars.len()).collect();
    let fitting = lens.partition_point(|len| cut(*len).size().x <= width);
    line(ui, cut(fitting.max(1)).text(), kind, color, width)
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
